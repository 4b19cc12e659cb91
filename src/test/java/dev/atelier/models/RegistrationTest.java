package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A registration")
class RegistrationTest {

    static final String VERSIONS = "/api/v1/models/{name}/versions";

    @Test
    void answers_name_number_state_digest_and_signature() {
        given().multiPart("file", "model.onnx", Onnx.identity("a"))
                .post(VERSIONS, "reg-first")
                .then()
                .statusCode(201)
                .header("Location", containsString("/api/v1/models/reg-first/versions/1"))
                .body("name", equalTo("reg-first"))
                .body("version", equalTo(1))
                .body("state", equalTo("READY"))
                .body("digest", startsWith("sha256:"))
                .body("signature.inputs[0].name", equalTo("x"))
                .body("signature.inputs[0].datatype", equalTo("FP32"))
                .body("signature.inputs[0].shape", equalTo(java.util.List.of(-1, 2)))
                .body("signature.outputs", hasSize(1));
        given().get(VERSIONS + "/1", "reg-first")
                .then()
                .statusCode(200)
                .body("state", equalTo("READY"))
                .body("files[0].path", equalTo("model.onnx"));
    }

    @Test
    void keeps_the_bytes_of_every_file() {
        var model = Onnx.identity("bytes");
        Bundle.of("model.onnx", model)
                .file("examples/schön ☂.txt", "Grüße".getBytes(StandardCharsets.UTF_8))
                .post("reg-bytes");
        var answer =
                given().get(VERSIONS + "/1/files/model.onnx", "reg-bytes")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asByteArray();
        assertThat(answer).isEqualTo(model);
        given().get(VERSIONS + "/1/files/{path}", "reg-bytes", "examples/schön ☂.txt")
                .then()
                .statusCode(200)
                .header(
                        "Content-Disposition",
                        equalTo(
                                "attachment; filename=\"sch_n__.txt\";"
                                        + " filename*=UTF-8''sch%C3%B6n%20%E2%98%82.txt"));
    }

    @Test
    void gives_fifty_versions_at_once_fifty_numbers_without_a_gap() throws Exception {
        var numbers = new ArrayList<Integer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls =
                    IntStream.range(0, 50)
                            .mapToObj(
                                    i ->
                                            (Callable<Integer>)
                                                    () ->
                                                            given().multiPart(
                                                                            "file",
                                                                            "model.onnx",
                                                                            Onnx.identity("n" + i))
                                                                    .post(VERSIONS, "reg-parallel")
                                                                    .then()
                                                                    .statusCode(201)
                                                                    .extract()
                                                                    .path("version"))
                            .toList();
            for (var answer : threads.invokeAll(calls)) {
                numbers.add(answer.get());
            }
        }
        assertThat(numbers)
                .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 50).boxed().toList());
    }
}
