package dev.atelier.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("An interface file")
class ModelInterfaceTest {

    static Stream<Path> seeds() throws IOException {
        try (var files = Files.walk(Path.of("catalog/models"), 2)) {
            return files.filter(f -> f.endsWith("interface.json")).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void of_a_seed_model_is_read_with_fields_outputs_and_examples(Path file) throws Exception {
        var read = ModelInterface.parse(Files.readString(file));

        assertThat(read.fields()).isNotEmpty();
        assertThat(read.outputs()).isNotEmpty();
        assertThat(read.examples()).isNotEmpty();
        assertThat(read.examples()).allSatisfy(e -> assertThat(e.values()).isNotEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {                                                                    | line 1
                    {"fields": 3}                                                        | fields
                    {"fields": [{"input": "x", "type": "number"}]}                       | fields[0].name
                    {"fields": [{"name": "a", "type": "number"}]}                        | fields[0].input
                    {"fields": [{"name": "a", "input": "x"}]}                            | fields[0].type
                    {"fields": [{"name": "a", "input": "x", "type": "category"}]}        | fields[0].values
                    {"fields": [{"name": "a", "input": "x", "minimum": "low"}]}          | fields[0].minimum
                    {"fields": [{"name":"a","input":"x","type":"number"},{"name":"a","input":"x","type":"number"}]} | fields[1].name
                    {"outputs": [{"kind": "value"}]}                                     | outputs[0]
                    """)
    void that_is_wrong_is_refused_with_the_place(String json, String at) {
        assertThatThrownBy(() -> ModelInterface.parse(json))
                .isInstanceOfSatisfying(
                        ModelInterface.Malformed.class, e -> assertThat(e.at()).isEqualTo(at));
    }

    @Test
    void that_contradicts_the_graph_says_where() throws Exception {
        var signature =
                new Signature(
                        List.of(new TensorSpec("x", DataType.FP32, List.of(-1L, 2L))),
                        List.of(new TensorSpec("y", DataType.FP32, List.of(-1L, 1L))));
        var read =
                ModelInterface.parse(
                        """
                        {"fields": [{"name": "a", "input": "x", "index": 2, "type": "number"},
                                    {"name": "b", "input": "z", "type": "number"},
                                    {"name": "c", "input": "x", "index": 1, "type": "number"}],
                         "outputs": [{"name": "p", "kind": "value"}]}
                        """);

        assertThat(read.contradictions(signature))
                .extracting(ModelInterface.Contradiction::at)
                .containsExactly("fields[0].index", "fields[1].input", "outputs[0].name");
    }

    @Test
    void names_a_category_by_its_label() throws Exception {
        var read =
                ModelInterface.parse(
                        """
                        {"fields": [{"name": "sex", "input": "x", "type": "category",
                          "values": [{"value": 0, "label": "female"}, "male"]}]}
                        """);

        assertThat(read.fields().getFirst().choices())
                .extracting(ModelInterface.Choice::label)
                .containsExactly("female", "male");
    }
}
