package dev.atelier.goldenpaths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Expressions of golden paths")
class RenderingTest {

    private static final String PARAMETERS =
            """
            {"parameters": {"name": "abc", "n": 5, "b": true, "fx": false, "list": ["x", "y"],
             "obj": {"k": "v", "z": "w"}, "nul": null, "s": "a-b c",
             "repoUrl": "github.com?owner=own&repo=rep", "evil": "${{ 7 * 7 }}"}}
            """;

    @Inject Rendering rendering;
    @Inject ObjectMapper json;

    private JsonNode rendered(String value) throws Exception {
        return rendering.value(context(), json.readTree(value), Rendering.Manner.STRICT).value();
    }

    private ObjectNode context() throws Exception {
        return (ObjectNode) json.readTree(PARAMETERS);
    }

    private JsonNode expression(String text) throws Exception {
        return rendered(json.writeValueAsString(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    ${{ parameters.n }}                   | 5
                    ${{ parameters.b }}                   | true
                    ${{ parameters.list }}                | ["x","y"]
                    ${{ parameters.obj }}                 | {"k":"v","z":"w"}
                    v${{ parameters.n }}                  | "v5"
                    ${{ parameters.nul }}                 | null
                    ${{ parameters.n + 1 }}               | 6
                    ${{ parameters.n > 3 }}               | true
                    ${{ "x" in parameters.list }}         | true
                    ${{ not parameters.fx }}              | true
                    ${{ parameters.b and parameters.fx }} | false
                    ${{ parameters.name === "abc" }}      | true
                    ${{ "a" if parameters.b else "b" }}   | "a"
                    ${{ parameters.list[1] }}             | "y"
                    ${{ parameters.nope or "d" }}         | "d"
                    `${{ parameters.nope | default("zz") }}` | "zz"
                    `${{ parameters.repoUrl | parseRepoUrl }}` | {"host":"github.com","owner":"own","repo":"rep"}
                    `${{ parameters.repoUrl | parseRepoUrl | pick("owner") }}` | "own"
                    `${{ parameters.repoUrl | projectSlug }}` | "own/rep"
                    `${{ "foo" | parseEntityRef({defaultKind:"group"}) | pick("kind") }}` | "group"
                    `${{ parameters.name | upper }}`      | "ABC"
                    `${{ parameters.name | title }}`      | "Abc"
                    `${{ parameters.s | replace("-", "_") }}` | "a_b c"
                    `${{ parameters.list | join("+") }}`  | "x+y"
                    `${{ parameters.list | length }}`     | 2
                    `${{ parameters.obj | dump }}`        | `"{\\"k\\":\\"v\\",\\"z\\":\\"w\\"}"`
                    {{ parameters.name }}                 | "{{ parameters.name }}"
                    {% if parameters.b %}yes{% endif %}   | "yes"
                    ${{ "5" }}                            | "5"
                    ${{ "{}" }}                           | "{}"
                    """)
    void are_rendered_as_backstage_renders_them(String text, String expected) throws Exception {
        assertThat(expression(text)).isEqualTo(json.readTree(expected.replace("\\\\", "\\")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${{ parameters.nope }}",
                "${{ parameters.nope.deeper.still }}",
                "${{ parameters.name.length.nope.x }}",
                "{% if parameters.fx %}yes{% endif %}"
            })
    void leave_out_what_is_undefined(String text) throws Exception {
        assertThat(rendered("{\"k\":%s,\"j\":1}".formatted(json.writeValueAsString(text))))
                .isEqualTo(json.readTree("{\"j\":1}"));
    }

    @Test
    void say_where_and_why_they_are_wrong() {
        assertThatThrownBy(
                        () ->
                                rendered(
                                        "{\"a\":[\"x\",{\"b/c\":\"${{ parameters.name | nofilter }}\"}]}"))
                .isInstanceOfSatisfying(
                        WrongExpression.class,
                        e -> {
                            assertThat(e.at()).isEqualTo("/a/1/b~1c");
                            assertThat(e.reason()).contains("filter not found: nofilter");
                        });
        assertThatThrownBy(() -> expression("line one\n${{ parameters.name + }}"))
                .isInstanceOfSatisfying(
                        WrongExpression.class,
                        e -> {
                            assertThat(e.line()).isEqualTo(2);
                            assertThat(e.reason()).contains("unexpected token");
                        });
        assertThatThrownBy(() -> expression("${{ 'https://github.com/o/r' | parseRepoUrl }}"))
                .hasMessageContaining("not the address of a repository");
    }

    @Test
    void stay_as_they_are_when_backstage_is_to_be_followed() throws Exception {
        var lenient =
                rendering.value(
                        context(),
                        json.readTree(
                                "[\"${{ parameters.name | nofilter }}\", \"${{ parameters.n }}\"]"),
                        new Rendering.Manner(false, true, false));

        assertThat(lenient.value())
                .isEqualTo(json.readTree("[\"${{ parameters.name | nofilter }}\", 5]"));
        assertThat(lenient.passed()).singleElement().asString().contains("/0", "nofilter");
    }

    @Test
    void never_render_what_a_value_holds() throws Exception {
        assertThat(expression("${{ parameters.evil }}").asText()).isEqualTo("${{ 7 * 7 }}");
        assertThat(expression("x${{ parameters.evil }}").asText()).isEqualTo("x${{ 7 * 7 }}");
    }

    @Test
    void know_whether_a_step_failed() throws Exception {
        var value = json.readTree("[\"${{ always() }}\", \"${{ failure() }}\"]");

        assertThat(rendering.value(context(), value, Rendering.Manner.STRICT).value())
                .isEqualTo(json.readTree("[true,false]"));
        assertThat(
                        rendering
                                .value(context(), value, new Rendering.Manner(true, false, false))
                                .value())
                .isEqualTo(json.readTree("[true,true]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${{ \"\".constructor.constructor(\"return java.lang.System.getProperty('user.dir')\")() }}",
                "${{ \"\".constructor.constructor(\"return Packages.java.io.File('/')\")() }}",
                "${{ \"\".constructor.constructor(\"return new java.net.Socket('127.0.0.1', 1)\")() }}",
                "${{ \"\".constructor.constructor(\"return load('/etc/passwd')\")() }}",
                "${{ \"\".constructor.constructor(\"return process.env\")() }}",
                "${{ parameters.name.getClass().forName('java.lang.Runtime') }}",
                "{% include '/etc/passwd' %}",
                "{% import '/etc/passwd' as x %}${{ x }}",
                "{% extends '/etc/passwd' %}"
            })
    void reach_no_java_no_file_and_no_network(String text) {
        assertThatThrownBy(() -> expression(text)).isInstanceOf(WrongExpression.class);
    }

    @Test
    void leave_nothing_behind_for_the_next() throws Exception {
        expression(
                "${{ \"\".constructor.constructor(\"String.prototype.toUpperCase = function() { return 'taken' }; JSON.stringify = function() { return '{}' }; return 1\")() }}");

        assertThat(expression("${{ parameters.name | upper }}").asText()).isEqualTo("ABC");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "${{ \"\".constructor.constructor(\"while(true){}\")() }}",
                "{% set s = 'aaaaaaaaaaaaaaaa' %}{% for i in range(60) %}{% set s = s + s %}{% endfor %}${{ s }}"
            })
    void are_stopped_when_they_do_not_end_or_take_all_memory(String text) throws Exception {
        assertThatThrownBy(() -> expression(text))
                .isInstanceOf(WrongExpression.class)
                .hasMessageMatching(
                        "(?s).*(longer than|broke off|more than|memory|Invalid|length).*");

        assertThat(expression("${{ parameters.n }}").asInt()).isEqualTo(5);
    }

    @Test
    void are_not_brought_down_by_nesting() throws Exception {
        var brackets = "${{ " + "(".repeat(20_000) + "1" + ")".repeat(20_000) + " }}";
        var ifs = "{% if true %}".repeat(5_000) + "x" + "{% endif %}".repeat(5_000);

        assertThatThrownBy(() -> expression(brackets)).isInstanceOf(WrongExpression.class);
        assertThatThrownBy(() -> expression(ifs)).isInstanceOf(WrongExpression.class);
        assertThat(expression("${{ parameters.n }}").asInt()).isEqualTo(5);
    }

    @Test
    void render_files_with_their_names() throws Exception {
        var files =
                rendering.texts(
                        (ObjectNode) json.readTree("{\"values\":{\"name\":\"abc\"}}"),
                        List.of(
                                new Rendering.Text(
                                        "src/${{ values.name }}/main.py",
                                        "{%- if values.name %}\nname = '${{ values.name }}' {{ kept }}\n{%- endif %}\n"),
                                new Rendering.Text("${{values.name}}.bin", null)),
                        new Rendering.Blocks(false, false, false));

        assertThat(files)
                .containsExactly(
                        new Rendering.Text("src/abc/main.py", "\nname = 'abc' {{ kept }}\n"),
                        new Rendering.Text("abc.bin", null));
    }

    @Test
    void name_the_file_and_line_that_is_wrong() {
        assertThatThrownBy(
                        () ->
                                rendering.texts(
                                        context(),
                                        List.of(
                                                new Rendering.Text(
                                                        "a.txt", "one\ntwo ${{ x | y }}")),
                                        new Rendering.Blocks(false, false, false)))
                .isInstanceOfSatisfying(
                        WrongExpression.class,
                        e -> {
                            assertThat(e.at()).isEqualTo("a.txt");
                            assertThat(e.reason()).contains("filter not found: y");
                        });
    }
}
