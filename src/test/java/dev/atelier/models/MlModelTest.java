package dev.atelier.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import dev.atelier.models.StatedSignature.Part;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Reads files that MLflow wrote; resources/mlflow/make.py says how they came about. */
@DisplayName("An MLmodel file")
class MlModelTest {

    private static final Signature MATRIX =
            new Signature(
                    List.of(new TensorSpec("X", DataType.FP32, List.of(-1L, 4L))),
                    List.of(new TensorSpec("label", DataType.INT64, List.of(-1L))));

    private static String resource(String name) throws IOException {
        try (var in = MlModelTest.class.getResourceAsStream("/mlflow/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static MlModel read(String name) throws IOException {
        return MlModel.read(resource(name + ".MLmodel"));
    }

    private static StatedSignature stated(String name) throws IOException {
        return Objects.requireNonNull(read(name).stated());
    }

    @Test
    void gives_columns_with_types_and_tells_the_optional_ones() throws IOException {
        var inputs = stated("sklearn-typed").inputs();
        assertThat(inputs)
                .extracting(Part::type)
                .containsExactly("double", "long", "boolean", "string", "datetime");
        assertThat(inputs)
                .filteredOn(part -> !part.required())
                .extracting(Part::name)
                .containsExactly("colour");
    }

    @Test
    void gives_parameters_with_what_they_are_when_left_out() throws IOException {
        var params = stated("sklearn-typed").params();
        assertThat(params.getFirst().type()).isEqualTo("double");
        assertThat(String.valueOf(params.getFirst().preset())).isEqualTo("0.5");
        assertThat(params.getLast().type()).isEqualTo("array(string)");
        assertThat(String.valueOf(params.getLast().preset())).isEqualTo("[\"a\",\"b\"]");
    }

    @Test
    void gives_a_signature_where_there_is_no_graph() throws IOException {
        var signature = stated("sklearn-tensors").signature().orElseThrow();
        assertThat(signature.inputs())
                .containsExactly(
                        new TensorSpec("image", DataType.FP32, List.of(-1L, 3L, 224L, 224L)),
                        new TensorSpec("caption", DataType.BYTES, List.of(-1L)));
        assertThat(signature.outputs())
                .containsExactly(new TensorSpec("output", DataType.FP32, List.of(-1L, 1000L)));
    }

    @Test
    void tells_lists_and_objects_in_words_and_makes_no_tensors_of_them() throws IOException {
        var stated = stated("nested");
        assertThat(stated.inputs().getFirst().type())
                .isEqualTo("array({content: string, role: string})");
        assertThat(stated.signature()).isEmpty();
    }

    @Test
    void without_a_signature_states_nothing() throws IOException {
        var model = read("bare");
        assertThat(model.stated()).isNull();
        assertThat(model.flavors()).contains("sklearn", "python_function");
        assertThat(model.faults()).isEmpty();
    }

    @Test
    void names_the_columns_of_a_matrix_and_fills_in_its_example() throws Exception {
        var model = read("onnx-columns");
        assertThat(model.contradictions(MATRIX)).isEmpty();
        assertThat(model.example()).isEqualTo("input_example.json");

        var form =
                ModelInterface.parse(
                        Objects.requireNonNull(model.form(MATRIX, resource("input_example.json"))));

        assertThat(form.fields())
                .extracting(ModelInterface.Field::label)
                .containsExactly(
                        "sepal length (cm)",
                        "sepal width (cm)",
                        "petal length (cm)",
                        "petal width (cm)");
        assertThat(form.fields())
                .extracting(ModelInterface.Field::index)
                .containsExactly(0, 1, 2, 3);
        assertThat(form.examples()).hasSize(2);
        assertThat(form.examples().getFirst().values().get("petal_width_cm").asDouble())
                .isEqualTo(0.2);
        assertThat(form.contradictions(MATRIX)).isEmpty();
    }

    @Test
    void names_nothing_when_the_graph_has_another_number_of_columns() throws IOException {
        var three =
                new Signature(
                        List.of(new TensorSpec("X", DataType.FP32, List.of(-1L, 3L))), List.of());
        assertThat(read("onnx-columns").form(three, null)).isNull();
    }

    @Test
    void is_told_where_it_contradicts_the_graph() throws IOException {
        assertThat(read("onnx-tensor").contradictions(MATRIX))
                .as("float32 [-1, 4], as the graph")
                .isEmpty();
        var other =
                new Signature(
                        List.of(new TensorSpec("X", DataType.FP64, List.of(-1L, 5L))), List.of());
        assertThat(read("onnx-tensor").contradictions(other))
                .containsExactly(
                        "MLmodel states float32 [-1, 4] for the input \"X\"; the graph takes FP64 [-1, 5].");
    }

    @Test
    void that_is_broken_is_told_and_not_used() {
        assertThat(MlModel.read("flavors: [").faults()).hasSize(1);
        assertThat(MlModel.read("signature:\n  inputs: '{not json'").stated()).isNull();
        assertThat(MlModel.read("just a text").stated()).isNull();
    }
}
