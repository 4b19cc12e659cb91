package dev.atelier.experiments;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("MLflow's tracking API")
class TrackingTest {

    private static final String API = "/api/2.0/mlflow/";
    private static final String FILES = "/api/2.0/mlflow-artifacts/artifacts/";

    @TestHTTPResource("/")
    URI portal;

    @Inject Sql sql;
    @Inject Purge purge;
    @Inject Blobs blobs;

    private String experiment;
    private String run;

    @BeforeEach
    void begins_with_a_run() {
        experiment =
                post("experiments/create", Map.of("name", "tracking-" + UUID.randomUUID()))
                        .statusCode(200)
                        .extract()
                        .path("experiment_id");
        run = run();
    }

    private String run() {
        return post("runs/create", Map.of("experiment_id", experiment, "start_time", 1))
                .statusCode(200)
                .extract()
                .path("run.info.run_id");
    }

    private static ValidatableResponse post(String call, Object body) {
        return given().contentType("application/json").body(body).post(API + call).then();
    }

    private static ValidatableResponse get(String call, Object... parameters) {
        var request = given();
        for (int i = 0; i < parameters.length; i += 2) {
            request.queryParam((String) parameters[i], parameters[i + 1]);
        }
        return request.get(API + call).then();
    }

    private ValidatableResponse batch(Map<String, ?> more) {
        var body = new HashMap<String, Object>(more);
        body.put("run_id", run);
        return post("runs/log-batch", body);
    }

    private static Map<String, Object> metric(String key, Object value, long step) {
        return Map.of("key", key, "value", value, "timestamp", 1, "step", step);
    }

    private void refused(ValidatableResponse answer, String words) {
        answer.statusCode(400)
                .body("error_code", equalTo("INVALID_PARAMETER_VALUE"))
                .body("message", containsString(words));
    }

    @Test
    void takes_numbers_as_numbers_and_as_texts() {
        post(
                        "runs/log-metric",
                        Map.of(
                                "run_uuid",
                                run,
                                "key",
                                "a",
                                "value",
                                "1.5",
                                "timestamp",
                                "17",
                                "step",
                                "3"))
                .statusCode(200);
        post("runs/log-metric", Map.of("run_id", run, "key", "b", "value", "NaN", "timestamp", 1))
                .statusCode(200);
        post(
                        "runs/log-metric",
                        Map.of("run_id", run, "key", "c", "value", "-Infinity", "timestamp", 1))
                .statusCode(200);

        get("runs/get", "run_id", run)
                .statusCode(200)
                .body("run.data.metrics.find { it.key == 'a' }.value", equalTo(1.5f))
                .body("run.data.metrics.find { it.key == 'a' }.step", equalTo(3))
                .body("run.data.metrics.find { it.key == 'b' }.value", equalTo("NaN"))
                .body("run.data.metrics.find { it.key == 'c' }.value", equalTo("-Infinity"));
    }

    @Test
    void shows_the_latest_point_by_step_then_time_then_value_whatever_came_last() {
        batch(Map.of("metrics", List.of(metric("m", 5, 2), metric("m", 1, 1), metric("m", 7, 2))))
                .statusCode(200);
        batch(Map.of("metrics", List.of(metric("m", 9, 0), metric("m", 5, 2)))).statusCode(200);

        get("runs/get", "run_id", run).body("run.data.metrics[0].value", equalTo(7.0f));
        get("metrics/get-history", "run_id", run, "metric_key", "m")
                .body("metrics.value", equalTo(List.of(9.0f, 1.0f, 5.0f, 7.0f)));
    }

    @Test
    void pages_a_history_without_gaps() {
        for (int begin = 0; begin < 2_500; begin += 500) {
            int from = begin;
            batch(
                            Map.of(
                                    "metrics",
                                    IntStream.range(from, from + 500)
                                            .mapToObj(i -> metric("long", i, i))
                                            .toList()))
                    .statusCode(200);
        }
        var steps = new ArrayList<Integer>();
        String token = "";
        do {
            var page =
                    get(
                                    "metrics/get-history",
                                    "run_id",
                                    run,
                                    "metric_key",
                                    "long",
                                    "max_results",
                                    700,
                                    "page_token",
                                    token)
                            .statusCode(200)
                            .extract();
            steps.addAll(page.jsonPath().getList("metrics.step"));
            token = page.path("next_page_token");
        } while (token != null);

        assertThat(steps).isEqualTo(IntStream.range(0, 2_500).boxed().toList());
        assertThat(
                        given().queryParam("run_ids", run)
                                .queryParam("metric_key", "long")
                                .queryParam("max_results", 100)
                                .get("/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval")
                                .then()
                                .statusCode(200)
                                .extract()
                                .jsonPath()
                                .getList("metrics.step", Integer.class))
                .hasSizeBetween(90, 101)
                .contains(0, 2_499);
    }

    @Test
    void keeps_all_of_a_batch_or_nothing() {
        post("runs/log-parameter", Map.of("run_id", run, "key", "p", "value", "1"));

        refused(
                batch(
                        Map.of(
                                "metrics",
                                List.of(metric("m", 1, 1)),
                                "params",
                                List.of(
                                        Map.of("key", "p", "value", "2"),
                                        Map.of("key", "q", "value", "1")),
                                "tags",
                                List.of(Map.of("key", "t", "value", "1")))),
                "already logged with value='1'");

        get("runs/get", "run_id", run)
                .body("run.data.metrics", hasSize(0))
                .body("run.data.params", hasSize(1))
                .body("run.data.tags.findAll { it.key == 't' }", hasSize(0));
    }

    @Test
    void lets_one_of_two_writers_of_a_param_win() throws Exception {
        var wins = new ArrayList<Integer>();
        try (var pool = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 5; round++) {
                var key = "contested-" + round;
                var tasks =
                        IntStream.range(0, 8)
                                .<Callable<Integer>>mapToObj(
                                        i ->
                                                () ->
                                                        post(
                                                                        "runs/log-parameter",
                                                                        Map.of(
                                                                                "run_id", run,
                                                                                "key", key, "value",
                                                                                "v" + i))
                                                                .extract()
                                                                .statusCode())
                                .toList();
                var answers = new ArrayList<Integer>();
                for (var done : pool.invokeAll(tasks)) {
                    answers.add(done.get());
                }
                assertThat(answers).containsOnly(200, 400);
                wins.add((int) answers.stream().filter(status -> status == 200).count());
            }
        }
        assertThat(wins).containsOnly(1);
    }

    @Test
    void has_the_limits_of_mlflow() {
        var metrics = IntStream.range(0, 1_001).mapToObj(i -> metric("m", i, i)).toList();
        refused(batch(Map.of("metrics", metrics)), "at most 1000 metrics");
        var params =
                IntStream.range(0, 101)
                        .mapToObj(i -> Map.of("key", "p" + i, "value", "1"))
                        .toList();
        refused(batch(Map.of("params", params)), "at most 100 params");
        refused(batch(Map.of("tags", params)), "at most 100 tags");
        refused(
                batch(Map.of("metrics", metrics.subList(0, 950), "params", params.subList(0, 60))),
                "at most 1000");
        refused(
                batch(
                        Map.of(
                                "params",
                                List.of(
                                        Map.of("key", "d", "value", "1"),
                                        Map.of("key", "d", "value", "1")))),
                "Duplicate");
        refused(
                batch(Map.of("tags", List.of(Map.of("key", "t", "value", "x".repeat(1_000_000))))),
                "1000000 bytes");
        refused(
                post(
                        "runs/log-parameter",
                        Map.of("run_id", run, "key", "p", "value", "x".repeat(6_001))),
                "6000");
        refused(
                post("runs/set-tag", Map.of("run_id", run, "key", "p", "value", "x".repeat(8_001))),
                "8000");
        refused(post("experiments/create", Map.of("name", "x".repeat(501))), "500");
        refused(
                post(
                        "runs/search",
                        Map.of("experiment_ids", List.of(experiment), "max_results", 50_001)),
                "50000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "\"x\"",
                "{\"run_id\":7}",
                "{\"run_id\":\"x\"}",
                "{\"run_id\":{}}",
                "{\"run_id\":null}",
                "{\"a\":1,}",
                "\u0000",
                "{\"run_id\":\"00000000000000000000000000000000\"}"
            })
    void answers_nonsense_with_4xx_and_its_own_form_of_errors(String body) {
        for (var call :
                List.of(
                        "log-metric",
                        "log-parameter",
                        "set-tag",
                        "log-batch",
                        "update",
                        "delete",
                        "log-inputs",
                        "outputs",
                        "log-model")) {
            given().contentType("application/json")
                    .body(body)
                    .post(API + "runs/" + call)
                    .then()
                    .statusCode(org.hamcrest.Matchers.is(org.hamcrest.Matchers.oneOf(400, 404)))
                    .body(
                            "error_code",
                            org.hamcrest.Matchers.oneOf(
                                    "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"))
                    .body(
                            "message",
                            org.hamcrest.Matchers.not(org.hamcrest.Matchers.emptyString()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/2.0/mlflow/nothing",
                "/api/2.0/mlflow/traces/search",
                "/api/3.0/mlflow/server-info",
                "/api/2.0/mlflow/runs/create",
                "/ajax-api/2.0/mlflow/gateway"
            })
    void says_what_it_does_not_offer(String address) {
        given().get(address)
                .then()
                .statusCode(404)
                .body("error_code", equalTo("ENDPOINT_NOT_FOUND"));
    }

    @Test
    void ignores_fields_that_it_does_not_know() {
        post(
                        "runs/set-tag",
                        Map.of("run_id", run, "key", "k", "value", "v", "future", Map.of("a", 1)))
                .statusCode(200);
    }

    @Test
    void refuses_a_body_of_a_gigabyte_before_it_comes() throws IOException {
        try (var socket = new Socket(portal.getHost(), portal.getPort())) {
            socket.getOutputStream()
                    .write(
                            ("POST /api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{"
                                            .formatted(
                                                    portal.getPort(), Administrator.AUTHORIZATION))
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(
                            new String(
                                    socket.getInputStream().readNBytes(12),
                                    StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void keeps_nothing_of_an_upload_that_is_cut() throws IOException {
        var path = FILES + experiment + "/" + run + "/artifacts/cut.bin";
        try (var socket = new Socket(portal.getHost(), portal.getPort())) {
            socket.getOutputStream()
                    .write(
                            ("PUT %s HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: %s\r\nContent-Length: 1000\r\n\r\nonly this"
                                            .formatted(
                                                    path,
                                                    portal.getPort(),
                                                    Administrator.AUTHORIZATION))
                                    .getBytes(StandardCharsets.US_ASCII));
            // Cut when it has begun, not before.
            Awaitility.await().until(() -> uploads() == 1);
        }
        // The row of an upload goes together with what came of its bytes.
        Awaitility.await().until(() -> uploads() == 0);
        given().get(path)
                .then()
                .statusCode(404)
                .body("error_code", equalTo("RESOURCE_DOES_NOT_EXIST"));
    }

    private int uploads() {
        return sql.one("select count(*) from blob_upload", row -> row.getInt(1));
    }

    @Test
    void serves_ranges_of_an_artifact() {
        var path = FILES + experiment + "/" + run + "/artifacts/some/file name+%25.txt";
        given().urlEncodingEnabled(false)
                .body("0123456789".getBytes(StandardCharsets.UTF_8))
                .put(path.replace(" ", "%20"))
                .then()
                .statusCode(200);

        given().urlEncodingEnabled(false)
                .header("Range", "bytes=3-5")
                .get(path.replace(" ", "%20"))
                .then()
                .statusCode(206)
                .header("Content-Range", "bytes 3-5/10")
                .header("Content-Disposition", startsWith("attachment"))
                .body(equalTo("345"));
        get("artifacts/list", "run_id", run, "path", "some")
                .body("files[0].path", equalTo("some/file name+%.txt"))
                .body("files[0].file_size", equalTo(10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..%2f..%2fx",
                "a%2f..%2f..%2fx",
                "%2e%2e%2fx",
                "a%5c..%5cx",
                "%252e%252e%252fx",
                "C%3a%5cx",
                "a%00b",
                "a%23b"
            })
    void takes_no_artifact_out_of_its_place(String path) {
        for (var prefix : List.of("", "/mlflow", "/mlflow/vision")) {
            given().urlEncodingEnabled(false)
                    .body("x".getBytes(StandardCharsets.UTF_8))
                    .put(prefix + FILES + experiment + "/" + run + "/artifacts/" + path)
                    .then()
                    .statusCode(400);
        }
    }

    @Test
    void has_no_file_where_a_folder_is() {
        put("a/b", "1").statusCode(200);
        refused(put("a", "2"), "cannot both be there");
        refused(put("a/b/c", "3"), "cannot both be there");
    }

    private ValidatableResponse put(String path, String text) {
        return given().body(text.getBytes(StandardCharsets.UTF_8))
                .put(FILES + experiment + "/" + run + "/artifacts/" + path)
                .then();
    }

    @ParameterizedTest
    @CsvSource({
        "metrics.q ASC, '-Infinity 1 2 2 3 Infinity NaN none none'",
        "metrics.q DESC, 'Infinity 3 2 2 1 -Infinity NaN none none'",
        "'metrics.q DESC, params.p ASC', 'Infinity 3 2 2 1 -Infinity NaN none none'",
    })
    void orders_by_a_metric_page_by_page_as_all_at_once(String order, String expected) {
        var values = new HashMap<String, String>();
        values.put(run, "none");
        for (var value : List.of("3", "NaN", "2", "Infinity", "1", "none", "-Infinity", "2")) {
            var one = run();
            values.put(one, value);
            if (!value.equals("none")) {
                post(
                                "runs/log-metric",
                                Map.of("run_id", one, "key", "q", "value", value, "timestamp", 1))
                        .statusCode(200);
            }
        }
        var whole = found(order, 100);

        assertThat(whole.stream().map(values::get).collect(Collectors.joining(" ")))
                .isEqualTo(expected);
        for (int size = 1; size <= 9; size++) {
            assertThat(found(order, size)).as("pages of %d", size).isEqualTo(whole);
        }
    }

    private List<String> found(String order, int size) {
        var all = new ArrayList<String>();
        String token = null;
        do {
            var body = new HashMap<String, Object>();
            body.put("experiment_ids", List.of(experiment));
            body.put("order_by", List.of(order.split(", ")));
            body.put("max_results", size);
            if (token != null) {
                body.put("page_token", token);
            }
            var page = post("runs/search", body).statusCode(200).extract();
            all.addAll(page.<List<String>>path("runs.info.run_id"));
            token = page.path("next_page_token");
        } while (token != null && !token.isEmpty());
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/mlflow", "/mlflow/vision"})
    void keeps_an_artifacts_name_as_it_was_sent_below_every_prefix(String prefix) {
        var path = FILES + experiment + "/" + run + "/artifacts/a/100%25%20%C3%BC&+.txt";
        given().urlEncodingEnabled(false)
                .body("x".getBytes(StandardCharsets.UTF_8))
                .put(prefix + path)
                .then()
                .statusCode(200);

        get("artifacts/list", "run_id", run, "path", "a")
                .body("files.path", equalTo(List.of("a/100% ü&+.txt")));
        given().urlEncodingEnabled(false).get(prefix + path).then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mlflow", "/mlflow/", "/mlflow/vision", "/mlflow/vision/"})
    void leads_browsers_home_from_the_address_that_clients_print(String address) {
        given().redirects()
                .follow(false)
                .get(address)
                .then()
                .statusCode(303)
                .header("Location", "/");
    }

    @Test
    void makes_what_a_team_address_creates_that_teams() {
        String id =
                given().contentType("application/json")
                        .body(Map.of("name", "of-a-team-" + UUID.randomUUID()))
                        .post("/mlflow/vision/api/2.0/mlflow/experiments/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .path("experiment_id");

        String owner =
                sql.one(
                        "select owner from experiment where id = ?",
                        row -> row.getString(1),
                        Long.parseLong(id));
        assertThat(owner).isEqualTo("group:default/vision");
    }

    @Test
    void purges_what_was_deleted_with_its_points_and_frees_its_name_at_once() {
        batch(Map.of("metrics", IntStream.range(0, 10).mapToObj(i -> metric("m", i, i)).toList()))
                .statusCode(200);
        batch(Map.of("metrics", List.of(metric("m", 1, 11)))).statusCode(200);
        put("x.txt", "purged").statusCode(200);
        String name =
                get("experiments/get", "experiment_id", experiment)
                        .extract()
                        .path("experiment.name");
        post("experiments/delete", Map.of("experiment_id", experiment)).statusCode(200);
        post("experiments/create", Map.of("name", name)).statusCode(200);
        post("experiments/restore", Map.of("experiment_id", experiment))
                .statusCode(400)
                .body("error_code", equalTo("RESOURCE_ALREADY_EXISTS"));
        var series =
                sql.one(
                        "select id from run_metric where run = ?",
                        row -> row.getLong(1),
                        Ids.of(run).orElseThrow());

        purge.before(Instant.now().minusSeconds(3_600));
        get("runs/get", "run_id", run).statusCode(200);
        for (var table : List.of("metric_point", "metric_chunk")) {
            assertThat(
                            sql.list(
                                    "select 1 from %s where series = ?".formatted(table),
                                    row -> 1,
                                    series))
                    .as(table)
                    .hasSize(1);
        }
        purge.before(Instant.now().plusSeconds(1));

        get("runs/get", "run_id", run).statusCode(404);
        get("experiments/get", "experiment_id", experiment).statusCode(404);
        for (var table : List.of("metric_point", "metric_chunk")) {
            assertThat(
                            sql.list(
                                    "select 1 from %s where series = ?".formatted(table),
                                    row -> 1,
                                    series))
                    .as(table)
                    .isEmpty();
        }
        assertThat(
                        sql.list(
                                "select 1 from run_artifact where run = ?",
                                row -> 1,
                                Ids.of(run).orElseThrow()))
                .isEmpty();
    }

    @Test
    void lets_nobody_reach_a_logged_model_of_others_by_naming_it_in_a_run_of_theirs() {
        String model =
                post("logged-models", Map.of("experiment_id", experiment, "name", "secret"))
                        .statusCode(200)
                        .extract()
                        .path("model.info.model_id");
        given().body("secret".getBytes(StandardCharsets.UTF_8))
                .put(FILES + experiment + "/models/" + model + "/artifacts/weights.bin")
                .then()
                .statusCode(200);
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        "insert into resource_policy (resource, visibility, changed_by) values (?, 'restricted', 'x')",
                                        "experiment:default/" + experiment));
        var stranger = Person.named("tracking-stranger").with("data-scientist");
        var hers =
                stranger.asks()
                        .contentType("application/json")
                        .body(Map.of("name", "hers-" + UUID.randomUUID()))
                        .post(API + "experiments/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .<String>path("experiment_id");
        var herRun =
                stranger.asks()
                        .contentType("application/json")
                        .body(Map.of("experiment_id", hers))
                        .post(API + "runs/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .<String>path("run.info.run_id");

        for (var call : List.of("outputs", "log-inputs")) {
            // What a policy written past the portal says counts a second later.
            Awaitility.await()
                    .untilAsserted(
                            () ->
                                    stranger.asks()
                                            .contentType("application/json")
                                            .body(
                                                    Map.of(
                                                            "run_id",
                                                            herRun,
                                                            "models",
                                                            List.of(Map.of("model_id", model))))
                                            .post(API + "runs/" + call)
                                            .then()
                                            .statusCode(404));
        }
        stranger.asks()
                .contentType("application/json")
                .body(
                        Map.of(
                                "run_id",
                                herRun,
                                "key",
                                "m",
                                "value",
                                1,
                                "timestamp",
                                1,
                                "model_id",
                                model))
                .post(API + "runs/log-metric")
                .then()
                .statusCode(404);
        stranger.asks()
                .get(FILES + experiment + "/models/" + model + "/artifacts/weights.bin")
                .then()
                .statusCode(404);
    }
}
