package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A registration")
class RegistrationTest {

    @Inject Sql sql;

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

    @Test
    void refuses_names_that_no_catalog_entry_can_have() {
        for (var name :
                new String[] {"a%20b", "%C3%BCber", "-x", "a--b", "x".repeat(64), "a%2Fb", ".."}) {
            assertThat(Bundle.of("model.onnx", Onnx.identity("n")).post(name).status())
                    .as(name)
                    .isIn(400, 404, 405);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../model.onnx",
                "/etc/passwd",
                "C:\\x.onnx",
                "a/../../b",
                "a//b",
                "con.onnx",
                "x. ",
                "tab\u0001.onnx",
                "\u202Ecod.onnx",
                "a/b/c/d/e/f/g/h/i/j/k"
            })
    void refuses_files_whose_names_could_harm(String path) {
        var answer = Bundle.of(path, Onnx.identity("n")).post("reg-paths");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("errors").path(0).path("name").asText()).isEqualTo("file");
        given().get("/api/v1/models/reg-paths").then().statusCode(404);
    }

    @Test
    void refuses_two_files_that_are_one_on_some_systems() {
        var answer =
                Bundle.of("Model.onnx", Onnx.identity("a"))
                        .file("model.onnx", Onnx.identity("b"))
                        .post("reg-twice");

        assertThat(answer.status()).isEqualTo(400);
    }

    @Test
    void tells_that_an_upload_was_cut_off_and_keeps_nothing() throws Exception {
        var body =
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\nhalf";
        given().contentType("multipart/form-data; boundary=x")
                .body(body.getBytes(StandardCharsets.UTF_8))
                .post(VERSIONS, "reg-cut")
                .then()
                .statusCode(400)
                .body("detail", containsString("ends in the middle"));
        given().get("/api/v1/models/reg-cut").then().statusCode(404);
    }

    @Test
    void explains_what_it_wants_when_something_else_comes() {
        given().contentType("application/json")
                .body("{}")
                .post(VERSIONS, "reg-json")
                .then()
                .statusCode(415);
        assertThat(new Bundle().text("card", "# Only a card").post("reg-card").status())
                .isEqualTo(400);
        var answer =
                Bundle.of("model.onnx", Onnx.identity("p"))
                        .text("parameters", "{\"aliases\": 3")
                        .post("reg-parameters");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("errors").path(0).path("name").asText())
                .isEqualTo("parameters");
    }

    @Test
    void refuses_the_files_of_the_newest_version_unless_forced() {
        var model = Onnx.identity("same");
        assertThat(Bundle.of("model.onnx", model).post("reg-same").status()).isEqualTo(201);
        var again = Bundle.of("model.onnx", model).post("reg-same");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.body().path("detail").asText()).contains("/models/reg-same/versions/1");

        var forced =
                Bundle.of("model.onnx", model)
                        .text("parameters", "{\"force\":true}")
                        .post("reg-same");

        assertThat(forced.body().path("version").asInt()).isEqualTo(2);
    }

    @Test
    void answers_the_same_version_when_it_comes_again_with_its_key() {
        var first =
                Bundle.of("model.onnx", Onnx.identity("k"))
                        .header("Idempotency-Key", "one")
                        .post("reg-key");
        var again =
                Bundle.of("model.onnx", Onnx.identity("k"))
                        .header("Idempotency-Key", "one")
                        .post("reg-key");
        var other =
                Bundle.of("model.onnx", Onnx.identity("other"))
                        .header("Idempotency-Key", "one")
                        .post("reg-key");

        assertThat(first.status()).isEqualTo(201);
        assertThat(again.body().path("version").asInt()).isEqualTo(1);
        assertThat(other.status()).isEqualTo(409);
        given().get(VERSIONS, "reg-key").then().body("$", hasSize(1));
    }

    @Test
    void keeps_a_refused_version_visible_with_its_reason() {
        var answer =
                Bundle.of("model.onnx", "no model".getBytes(StandardCharsets.UTF_8))
                        .post("reg-refused");

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.state()).isEqualTo("REFUSED");
        assertThat(answer.reason()).contains("model.onnx");
        assertThat(Bundle.get("/api/v1/models/reg-refused/versions/1").reason())
                .isEqualTo(answer.reason());
        given().accept("text/html")
                .get("/models/reg-refused/versions/1")
                .then()
                .statusCode(200)
                .body(containsString("was refused and cannot be used"));
    }

    @Test
    void lets_exactly_one_of_fifty_movers_of_an_alias_win() throws Exception {
        for (int i = 0; i < 2; i++) {
            Bundle.of("model.onnx", Onnx.identity("cas" + i)).post("reg-cas");
        }
        var address = "/api/v1/models/reg-cas/aliases/champion";
        assertThat(Bundle.put(address, "{\"version\":1,\"expected\":0}").status()).isEqualTo(200);
        var won = new java.util.concurrent.atomic.AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls =
                    IntStream.range(0, 50)
                            .mapToObj(
                                    i ->
                                            (Callable<Integer>)
                                                    () ->
                                                            Bundle.put(
                                                                            address,
                                                                            "{\"version\":2,\"expected\":1}")
                                                                    .status())
                            .toList();
            for (var answer : threads.invokeAll(calls)) {
                var status = answer.get();
                assertThat(status).isIn(200, 409);
                won.addAndGet(status == 200 ? 1 : 0);
            }
        }
        assertThat(won).hasValue(1);
        var moves = Bundle.get("/api/v1/models/reg-cas/aliases/history").body();
        assertThat(moves).hasSize(2);
        assertThat(moves.path(0).path("from").asInt()).isEqualTo(1);
        assertThat(moves.path(0).path("to").asInt()).isEqualTo(2);
    }

    @Test
    void gives_no_alias_to_a_version_that_is_not_ready() {
        Bundle.of("model.onnx", new byte[] {1, 2, 3}).post("reg-noalias");

        assertThat(
                        Bundle.put("/api/v1/models/reg-noalias/aliases/champion", "{\"version\":1}")
                                .status())
                .isEqualTo(409);
    }

    @Test
    void hands_out_ranges_and_tells_unchanged_files_by_their_tag() {
        var bytes = new byte[3_000_000];
        new java.util.Random(1).nextBytes(bytes);
        Bundle.of("data.bin", bytes).post("reg-range");
        var address = "/api/v1/models/reg-range/versions/1/files/data.bin";

        var whole = given().get(address).then().statusCode(200).extract();
        assertThat(whole.asByteArray()).isEqualTo(bytes);
        given().header("If-None-Match", whole.header("ETag")).get(address).then().statusCode(304);
        var part =
                given().header("Range", "bytes=1048570-2097160")
                        .get(address)
                        .then()
                        .statusCode(206)
                        .header("Content-Range", "bytes 1048570-2097160/3000000")
                        .extract()
                        .asByteArray();
        assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(bytes, 1048570, 2097161));
        var last =
                given().header("Range", "bytes=-5")
                        .get(address)
                        .then()
                        .statusCode(206)
                        .extract()
                        .asByteArray();
        assertThat(last).isEqualTo(java.util.Arrays.copyOfRange(bytes, 2999995, 3000000));
        given().header("Range", "bytes=3000000-")
                .get(address)
                .then()
                .statusCode(416)
                .header("Content-Range", "bytes */3000000");
        given().head(address).then().statusCode(200).header("Content-Length", "3000000");
    }

    @Test
    void shows_a_card_without_what_could_harm() {
        var card =
                """
                ---
                license: mit
                ---
                # X
                <script>alert(1)</script> [a](javascript:alert(2)) <img src=x onerror=alert(3)>
                """;
        Bundle.of("model.onnx", Onnx.identity("xss")).text("card", card).post("reg-xss");

        var page =
                given().accept("text/html")
                        .get("/models/reg-xss")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString();

        var shown = org.jsoup.Jsoup.parse(page).select(".prose.card");
        assertThat(shown).hasSize(1);
        assertThat(shown.select("script, img[onerror], a[href^=javascript]")).isEmpty();
        assertThat(shown.text()).contains("<script>alert(1)</script>");
    }

    /** What is still referred to: garbage of earlier tests would hide or fake a leak. */
    private static long reachableBytes() {
        System.gc();
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void keeps_nothing_of_a_large_file_in_memory() {
        var size = 300L << 20;
        var before = reachableBytes();

        var answer = new Bundle().file("weights.bin", new Zeros(size)).post("reg-large");

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.body().path("size").asLong()).isEqualTo(size);
        assertThat(reachableBytes() - before).isLessThan(100L << 20);
        given().header("Range", "bytes=314572799-")
                .get("/api/v1/models/reg-large/versions/1/files/weights.bin")
                .then()
                .statusCode(206);
    }

    /** A stream of zero bytes, as long as one likes. */
    private static final class Zeros extends java.io.InputStream {
        private long left;

        Zeros(long size) {
            left = size;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int n = (int) Math.min(length, left);
            java.util.Arrays.fill(buffer, offset, offset + n, (byte) 0);
            left -= n;
            return n;
        }
    }

    @Test
    void registers_by_the_plain_form_too() {
        given().redirects()
                .follow(false)
                .multiPart("name", "reg-form")
                .multiPart("card", "# A card")
                .multiPart("alias", "champion")
                .multiPart("file", "model.onnx", Onnx.identity("form"))
                .post("/models/new")
                .then()
                .statusCode(303)
                .header("Location", containsString("/models/reg-form/versions/1"));
        given().get("/api/v1/models/reg-form").then().body("aliases.champion", equalTo(1));
    }

    @Test
    void writes_every_change_to_the_audit_log() {
        Bundle.of("model.onnx", Onnx.identity("audit")).post("reg-audit");
        Bundle.put("/api/v1/models/reg-audit/aliases/champion", "{\"version\":1}");

        assertThat(
                        sql.list(
                                "select action from audit_event where resource = 'model:default/reg-audit' order by id",
                                row -> row.getString(1)))
                .containsExactly(
                        "model-version.register", "model-version.ready", "model-alias.move");
    }

    @Test
    void keeps_how_many_rows_a_run_may_merge() {
        given().multiPart("file", "model.onnx", Onnx.identity("batch"))
                .multiPart("parameters", "{\"batch\": 1}")
                .post(VERSIONS, "reg-batch")
                .then()
                .statusCode(201)
                .body("batch", equalTo(1));
        given().multiPart("file", "model.onnx", Onnx.identity("batch-0"))
                .multiPart("parameters", "{\"batch\": 0}")
                .post(VERSIONS, "reg-batch")
                .then()
                .statusCode(400)
                .body("errors[0].name", equalTo("parameters.batch"));
    }

    @Test
    void takes_names_and_an_example_from_what_mlflow_saved() throws IOException {
        given().multiPart("file", "MLmodel", resource("onnx-columns.MLmodel"))
                .multiPart("file", "model.onnx", resource("iris.onnx"))
                .multiPart("file", "input_example.json", resource("input_example.json"))
                .post(VERSIONS, "reg-mlflow")
                .then()
                .statusCode(201)
                .body("state", equalTo("READY"))
                .body("signature.inputs[0].shape", equalTo(java.util.List.of(-1, 4)))
                .body("stated.inputs.name", hasItem("petal width (cm)"))
                .body("warnings", hasSize(0));
        var form =
                given().get("/models/reg-mlflow/try").then().statusCode(200).extract().asString();
        assertThat(Jsoup.parse(form).text())
                .contains("sepal length (cm)")
                .contains("petal width (cm)")
                .contains("Example row 1");
        var page = given().get("/models/reg-mlflow/versions/1").asString();
        assertThat(Jsoup.parse(page).select("h3").eachText())
                .anyMatch(title -> title.startsWith("What MLflow states"));
    }

    @Test
    void says_what_a_model_without_a_graph_takes_if_mlflow_says_it() throws IOException {
        given().multiPart("file", "MLmodel", resource("sklearn-typed.MLmodel"))
                .multiPart("file", "weights.bin", new byte[] {1, 2, 3})
                .post(VERSIONS, "reg-pickled")
                .then()
                .statusCode(201)
                .body("servable", equalTo(false))
                .body("signature.inputs[1].datatype", equalTo("INT64"))
                .body("stated.inputs[3].required", equalTo(false))
                .body("stated.params[0].preset", equalTo(0.5f));
        given().get("/v2/models/reg-pickled/openapi.json").then().statusCode(409);
        assertThat(given().get("/models/reg-pickled/versions/1").asString())
                .contains("not checked")
                .contains("optional");
    }

    private static byte[] resource(String name) throws IOException {
        try (var in = RegistrationTest.class.getResourceAsStream("/mlflow/" + name)) {
            return in.readAllBytes();
        }
    }
}
