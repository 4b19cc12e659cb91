package dev.atelier.catalog;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A file of YAML documents")
class YamlDocumentsTest {

    @Test
    void is_cut_into_documents_that_know_their_line() {
        var documents = YamlDocuments.read("a: 1\n---\n# nothing\n---\nb: 2\n---\nc: 3\n");

        assertThat(documents).extracting(YamlDocuments.Document::index).containsExactly(0, 1, 2);
        assertThat(documents).extracting(YamlDocuments.Document::line).containsExactly(1, 4, 6);
    }

    @Test
    void hides_no_good_document_behind_a_broken_one() {
        var documents = YamlDocuments.read("a: 1\n---\nb: [1\nc: }\n---\nd: 4\n");

        assertThat(documents).hasSize(3);
        assertThat(documents.get(0).value()).isNotNull();
        assertThat(requireNonNull(documents.get(1).fault()).field()).startsWith("line 4");
        assertThat(requireNonNull(documents.get(2).value()).path("d").asInt()).isEqualTo(4);
    }

    @Test
    void keeps_markers_inside_block_scalars() {
        var documents = YamlDocuments.read("a: |\n  x\n  ---\n  y\n---\nb: 2\n");

        assertThat(documents).hasSize(2);
        assertThat(requireNonNull(documents.getFirst().value()).path("a").asText())
                .isEqualTo("x\n---\ny\n");
    }

    @Test
    void reads_directives_end_marks_and_windows_lines() {
        var documents = YamlDocuments.read("%YAML 1.2\r\n---\r\na: 1\r\n...\r\n--- {b: 2}\r\n");

        assertThat(documents).allSatisfy(document -> assertThat(document.fault()).isNull());
        assertThat(requireNonNull(documents.get(1).value()).path("b").asInt()).isEqualTo(2);
    }

    @Test
    void follows_the_core_schema_of_yaml_1_2() {
        var value =
                requireNonNull(
                        YamlDocuments.read(
                                        "a: yes\nb: 2026-01-31\nc: 010\nd: 1.5\ne: ~\nf: 0x10\n"
                                                + "g: true\n<<: {x: 1}\nh: 1e999999999\ni: '1'\n")
                                .getFirst()
                                .value());

        assertThat(value.toString())
                .isEqualTo(
                        "{\"a\":\"yes\",\"b\":\"2026-01-31\",\"c\":10,\"d\":1.5,\"e\":null,\"f\":16,"
                                + "\"g\":true,\"<<\":{\"x\":1},\"h\":\"1e999999999\",\"i\":\"1\"}");
    }

    @Test
    void refuses_a_key_that_is_there_twice() {
        var fault = requireNonNull(YamlDocuments.read("a: 1\nb: 2\na: 3\n").getFirst().fault());

        assertThat(fault.reason()).isEqualTo("The key \"a\" is there twice");
        assertThat(fault.line()).isEqualTo(3);
    }

    @Test
    void says_in_plain_words_that_a_tab_indents() {
        var fault = requireNonNull(YamlDocuments.read("a:\n\tb: 1\n").getFirst().fault());

        assertThat(fault.reason()).contains("tab");
        assertThat(fault.field()).isEqualTo("line 2, column 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: !!javax.script.ScriptEngineManager [x]",
                "a: &a [*a]",
                "? [1, 2]\n: x",
                "a: \"\\0\"",
                "a: \"\\uD800\"",
                "a: *missing",
                "a: \u0007",
                "{",
                "@",
                "- - - [",
            })
    void refuses_what_is_hostile_or_broken_without_failing(String text) {
        assertThat(YamlDocuments.read(text).getFirst().fault()).isNotNull();
    }

    @Test
    void is_bounded_in_depth_aliases_and_size() {
        Assertions.assertThat(
                        YamlDocuments.read("a: " + "[".repeat(5000) + "]".repeat(5000))
                                .getFirst()
                                .fault())
                .isNotNull();
        var laughs = new StringBuilder("a0: &a0 [" + "lol,".repeat(1000) + "]\n");
        for (int i = 1; i < 10; i++) {
            laughs.append("a%d: &a%d [*a%d,*a%d,*a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
        }
        assertThat(YamlDocuments.read(laughs.toString()).getFirst().fault()).isNotNull();
        var texts = "t: &t " + "x".repeat(1_000_000) + "\nl: [" + "*t, ".repeat(5000) + "]";
        assertThat(YamlDocuments.read(texts).getFirst().fault()).isNotNull();
        assertThat(YamlDocuments.read("a: " + "x".repeat(2_000_000)).getFirst().fault())
                .isNotNull();
    }

    @Test
    void with_thousands_of_documents_is_read_at_once() {
        var file = "apiVersion: backstage.io/v1alpha1\nkind: Component\n---\n".repeat(10_000);

        Assertions.assertThatCode(
                        () ->
                                org.junit.jupiter.api.Assertions.assertTimeout(
                                        Duration.ofSeconds(10),
                                        () -> assertThat(YamlDocuments.read(file)).hasSize(10_000)))
                .doesNotThrowAnyException();
    }
}
