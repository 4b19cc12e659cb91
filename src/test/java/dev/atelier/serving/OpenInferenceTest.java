package dev.atelier.serving;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.config.EncoderConfig;
import io.restassured.config.RestAssuredConfig;
import jakarta.inject.Inject;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The Open Inference Protocol")
class OpenInferenceTest {

    @Inject Sql sql;

    private static final String REQUEST =
            """
            {"id": "a-1", "inputs": [
              {"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3.5]}]}
            """;

    private static boolean registered;

    @BeforeEach
    void register() {
        // Not before all: the port is not known yet then.
        if (!registered) {
            register("oip-doubling", Models.doubling());
            registered = true;
        }
    }

    static void register(String name, byte[] onnx) {
        given().multiPart("file", "model.onnx", onnx)
                .post("/api/v1/models/{name}/versions", name)
                .then()
                .statusCode(201)
                .body("state", equalTo("READY"));
    }

    @Test
    void answers_at_its_root_with_and_without_a_slash() {
        for (var path : List.of("/v2", "/v2/")) {
            given().get(path)
                    .then()
                    .statusCode(200)
                    .body("name", equalTo("atelier"))
                    .body("extensions", hasItem("binary_tensor_data"));
        }
    }

    @Test
    void infers_from_json() {
        given().body(REQUEST)
                .contentType("application/json")
                .post("/v2/models/oip-doubling/infer")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .header("Server-Timing", matchesPattern("queue;dur=\\d.*run;dur=\\d.*"))
                .body("model_name", equalTo("oip-doubling"))
                .body("model_version", equalTo("1"))
                .body("id", equalTo("a-1"))
                .body("outputs[0].shape", equalTo(List.of(1, 3)))
                .body("outputs[0].data", equalTo(List.of(2.0f, 4.0f, 7.0f)));
    }

    @Test
    void infers_from_binary_tensors() {
        var message =
                RequestCodec.encode(
                        new InferRequest(
                                List.of(Tensor.floats("x", new long[] {2, 3}, 1, 2, 3, 4, 5, 6))));

        var answer =
                given().config(
                                RestAssuredConfig.config()
                                        .encoderConfig(
                                                EncoderConfig.encoderConfig()
                                                        .appendDefaultContentCharsetToContentTypeIfUndefined(
                                                                false)))
                        .header("Inference-Header-Content-Length", message.headerLength())
                        .contentType("application/octet-stream")
                        .body(message.body())
                        .post("/v2/models/oip-doubling/versions/1/infer");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.contentType()).isEqualTo("application/octet-stream");
        var response =
                ResponseCodec.decode(
                        new Message(
                                answer.asByteArray(),
                                Integer.parseInt(
                                        answer.header("Inference-Header-Content-Length"))));
        assertThat(response.output("y").numbers()).containsExactly(2, 4, 6, 8, 10, 12);
    }

    @Test
    void describes_a_model() {
        given().get("/v2/models/oip-doubling")
                .then()
                .statusCode(200)
                .body("versions", equalTo(List.of("1")))
                .body("platform", equalTo("onnx_onnxv1"))
                .body("inputs[0].datatype", equalTo("FP32"))
                .body("inputs[0].shape", equalTo(List.of(-1, 3)));
        given().get("/v2/models/oip-doubling/versions/1/ready")
                .then()
                .statusCode(200)
                .body("ready", is(true));
    }

    @Test
    void says_which_input_is_wrong_and_how() {
        given().body(REQUEST.replace("[1, 3]", "[3, 1]"))
                .contentType("application/json")
                .post("/v2/models/oip-doubling/infer")
                .then()
                .statusCode(400)
                .body("error", equalTo("input \"x\": expected FP32 [-1, 3], came FP32 [3, 1]"));
    }

    @Test
    void answers_every_failure_in_its_own_form() {
        given().body(REQUEST)
                .post("/v2/models/oip-missing/infer")
                .then()
                .statusCode(404)
                .body("error", containsString("oip-missing"));
        given().get("/v2/models/oip-doubling/versions/9")
                .then()
                .statusCode(404)
                .body("error", containsString("9"));
        given().get("/v2/models/oip-doubling/no/such/thing")
                .then()
                .statusCode(404)
                .body("error", containsString("nothing at this address"));
        given().header("Inference-Header-Content-Length", "99999")
                .body(REQUEST)
                .post("/v2/models/oip-doubling/infer")
                .then()
                .statusCode(400)
                .body("error", containsString("Inference-Header-Content-Length"));
    }

    @Test
    void follows_the_champion_and_else_the_newest() {
        register("oip-moving", Models.doubling());
        register("oip-moving", Models.identity(Onnx.FLOAT, "N", 3));
        given().body(REQUEST)
                .post("/v2/models/oip-moving/infer")
                .then()
                .statusCode(200)
                .body("model_version", equalTo("2"));

        // Loaded before, so that only the name's new meaning is waited for.
        given().body(REQUEST).post("/v2/models/oip-moving/versions/1/infer").then().statusCode(200);

        given().contentType("application/json")
                .body("{\"version\": 1}")
                .put("/api/v1/models/oip-moving/aliases/champion")
                .then()
                .statusCode(200);

        // Less than one second by itself; the rest is for a busy machine.
        await().atMost(Duration.ofSeconds(3))
                .untilAsserted(
                        () ->
                                given().body(REQUEST)
                                        .post("/v2/models/oip-moving/infer")
                                        .then()
                                        .body("model_version", equalTo("1")));
        given().body(REQUEST)
                .post("/v2/models/oip-moving/versions/champion/infer")
                .then()
                .statusCode(200)
                .body("model_version", equalTo("1"));
    }

    @Test
    void refuses_a_body_that_is_too_large_before_reading_it() throws Exception {
        var url = URI.create(RestAssured.baseURI + ":" + RestAssured.port);
        try (var socket = new Socket(url.getHost(), RestAssured.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            """
                            POST /v2/models/oip-doubling/infer HTTP/1.1\r
                            Host: localhost:%d\r
                            Authorization: %s\r
                            Content-Length: 1999999999\r
                            \r
                            {"""
                                    .formatted(RestAssured.port, Administrator.AUTHORIZATION)
                                    .getBytes(StandardCharsets.US_ASCII));

            var answer =
                    new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);

            assertThat(answer).isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void is_told_in_time_when_a_model_never_ends() {
        register("oip-endless", Models.loop());

        var answer =
                given().body(
                                """
                                {"inputs": [{"name": "trips", "datatype": "INT64", "shape": [],
                                             "data": [9223372036854775807]}]}
                                """)
                        .post("/v2/models/oip-endless/infer");

        answer.then().statusCode(504).body("error", containsString("time limit"));
        assertThat(answer.time()).isLessThan(11_000 + 4_000);
    }

    @Test
    void describes_its_call_as_openapi_whose_example_works() {
        var document = given().get("/v2/models/oip-doubling/openapi.json");

        document.then()
                .statusCode(200)
                .body("openapi", equalTo("3.1.0"))
                .body(
                        "components.schemas.Request.properties.inputs.items.oneOf[0].properties.name.const",
                        equalTo("x"));
        var paths = document.jsonPath().getMap("paths");
        assertThat(paths).containsOnlyKeys("/v2/models/oip-doubling/infer");
        Object example =
                document.jsonPath()
                        .get(
                                "paths.'/v2/models/oip-doubling/infer'.post.requestBody.content.'application/json'.example");
        given().contentType("application/json")
                .body(example)
                .post("/v2/models/oip-doubling/infer")
                .then()
                .statusCode(200);
    }

    @Test
    void lists_loads_and_unloads() {
        given().contentType("application/json")
                .body("{}")
                .post("/v2/repository/index")
                .then()
                .statusCode(200)
                .body("name", hasItem("oip-doubling"));
        given().post("/v2/repository/models/oip-doubling/unload").then().statusCode(200);
        given().post("/v2/repository/models/oip-doubling/load").then().statusCode(200);
    }

    @Test
    void writes_down_who_loaded_and_unloaded() {
        var before = audited();

        given().post("/v2/repository/models/oip-doubling/unload").then().statusCode(200);
        given().post("/v2/repository/models/oip-doubling/load").then().statusCode(200);
        given().post("/v2/repository/models/nobody-knows/load").then().statusCode(404);

        assertThat(audited().subList(before.size(), before.size() + 2))
                .containsExactly("model-version.unload 1", "model-version.load 1");
        assertThat(audited()).hasSize(before.size() + 2);
    }

    private List<String> audited() {
        return sql.list(
                """
                select action || ' ' || (detail::jsonb ->> 'version') from audit_event
                where resource = 'model:default/oip-doubling' and action like '%load'
                order by id
                """,
                row -> row.getString(1));
    }

    @Test
    void counts_what_it_served() {
        given().body(REQUEST).post("/v2/models/oip-doubling/infer").then().statusCode(200);

        given().get("/q/metrics")
                .then()
                .body(
                        containsString(
                                "atelier_inference_requests_seconds_count{code=\"200\",model=\"oip-doubling\",version=\"1\"}"))
                .body(containsString("atelier_sandbox_level"));
    }
}
