package dev.atelier.sandbox;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.serving.Onnx;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Element types that ONNX Runtime for Java knows in part")
class ElementTypesTest {

    @Test
    void as_inputs_are_explained_by_one_sentence_wherever_it_is_asked_for() {
        var model =
                new Onnx()
                        .input("ticks", Onnx.UINT16, "N", 1)
                        .output("y", Onnx.FLOAT, "N", 1)
                        .node("Cast", List.of("ticks"), List.of("y"), Onnx.attribute("to", 1))
                        .model();
        var sentence =
                "Input \"ticks\" takes uint16, which ONNX Runtime for Java cannot be given."
                        + " Let the graph take int32 and cast it to uint16 inside.";

        var registered = register("ticks-in", model);

        assertThat(registered.getString("state")).isEqualTo("READY");
        assertThat(registered.getString("unservable")).isEqualTo(sentence);
        var call =
                given().contentType("application/json")
                        .body("{\"inputs\":[]}")
                        .post("/v2/models/ticks-in/infer");
        assertThat(call.statusCode()).isEqualTo(409);
        assertThat(call.jsonPath().getString("error")).contains(sentence);
        assertThat(given().accept("text/html").get("/models/ticks-in/versions/1").asString())
                .contains(sentence.replace("\"", "&quot;"));
        assertThat(given().accept("text/html").get("/models/ticks-in/try").asString())
                .contains(sentence.replace("\"", "&quot;"));
    }

    @Test
    void as_outputs_are_given_back() {
        var model =
                new Onnx()
                        .input("x", Onnx.FLOAT, "N", 1)
                        .output("ticks", Onnx.UINT16, "N", 1)
                        .node("Cast", List.of("x"), List.of("ticks"), Onnx.attribute("to", 4))
                        .model();
        register("ticks-out", model);

        var answer =
                given().contentType("application/json")
                        .body(
                                """
                                {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 1],
                                             "data": [7, 65535]}]}""")
                        .post("/v2/models/ticks-out/infer");

        assertThat(answer.jsonPath().getString("outputs[0].datatype")).isEqualTo("UINT16");
        assertThat(answer.jsonPath().<Integer>getList("outputs[0].data")).containsExactly(7, 65535);
    }

    private static io.restassured.path.json.JsonPath register(String name, byte[] model) {
        return given().multiPart("file", "model.onnx", model)
                .post("/api/v1/models/" + name + "/versions")
                .jsonPath();
    }
}
