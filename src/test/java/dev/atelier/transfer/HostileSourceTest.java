package dev.atelier.transfer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(ImportsNearby.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An import from a source that nobody can trust")
class HostileSourceTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Answers by path; a path that is not there is 404. */
    private final Map<String, String> answers = new ConcurrentHashMap<>();

    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean away;
    private volatile String broken = "";
    private volatile String redirect = "";
    private HttpServer server;

    @Inject Sql sql;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange call) throws IOException {
        asked.incrementAndGet();
        call.getRequestBody().readAllBytes();
        var path = call.getRequestURI().getPath();
        var answer = answers.get(path);
        if (away || path.equals(broken)) {
            call.sendResponseHeaders(503, -1);
        } else if (!redirect.isEmpty()) {
            call.getResponseHeaders().add("Location", redirect);
            call.sendResponseHeaders(302, -1);
        } else if (answer == null) {
            call.sendResponseHeaders(404, -1);
        } else {
            var bytes = answer.getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
            call.getResponseBody().write(bytes);
        }
        call.close();
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void experiment(String name) {
        answers.put(
                "/api/2.0/mlflow/experiments/search",
                """
                {"experiments": [{"experiment_id": "1", "name": "%s", "lifecycle_stage": "active",
                  "creation_time": %d}]}
                """
                        .formatted(name, System.nanoTime()));
    }

    private void runs(String... runs) {
        answers.put("/api/2.0/mlflow/runs/search", "{\"runs\": [" + String.join(",", runs) + "]}");
    }

    private static String run(String id, String data) {
        return """
        {"info": {"run_id": "%s", "run_name": "run", "status": "FINISHED", "start_time": 1,
          "end_time": 2, "lifecycle_stage": "active", "experiment_id": "1",
          "artifact_uri": "mlflow-artifacts:/1/%1$s/artifacts"}, "data": %s}
        """
                .formatted(id, data);
    }

    private static String id() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private Object begin() {
        return given().contentType(ContentType.JSON)
                .body(
                        Map.of(
                                "server",
                                address(),
                                "owner",
                                "group:default/vision",
                                "token",
                                "s3cret"))
                .post("/api/v1/imports")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static Map<String, String> reasons(Object id) {
        var reasons = new LinkedHashMap<String, String>();
        Ended.left(id)
                .forEach(
                        line ->
                                reasons.put(
                                        line.get("kind") + " " + line.get("part"),
                                        String.valueOf(line.get("reason"))));
        return reasons;
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>", "[]", "", "{\"experiments\": [{}]}", "{\"experiments\":"})
    void says_what_is_wrong_with_a_server_that_answers_garbage(String garbage) {
        answers.put("/api/2.0/mlflow/experiments/search", garbage);

        var done = Ended.await(begin());

        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("fault")).contains("does not look like an MLflow server");
    }

    @Test
    void follows_no_redirect_with_its_credentials() {
        redirect = "http://localhost:1/";

        var done = Ended.await(begin());

        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("fault")).contains("redirect");
        assertThat(asked).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://10.0.0.1/",
                "http://169.254.169.254/latest",
                "ftp://mlflow.example",
                "http://u:p@127.0.0.1/",
                "https://mlflow.example/?x=1",
                "nonsense"
            })
    void goes_to_no_address_that_may_not_be_reached(String address) {
        given().contentType(ContentType.JSON)
                .body(Map.of("server", address, "owner", "group:default/vision"))
                .post("/api/v1/imports")
                .then()
                .statusCode(400)
                .body("errors.name", org.hamcrest.Matchers.hasItem("address"));
    }

    @Test
    void names_each_part_that_cannot_be_kept() {
        experiment("parts " + id());
        var run = id();
        runs(
                run(
                        run,
                        """
                        {"params": [{"key": "../up", "value": "1"}, {"key": "long", "value": "%s"},
                                    {"key": "good", "value": "1"}],
                         "tags": [{"key": "bad<key>", "value": "1"}],
                         "metrics": [{"key": "loss", "value": "NaN"}, {"key": "/m", "value": 1},
                                     {"key": "gone", "value": 1}]}
                        """
                                .formatted("x".repeat(7_000))));
        answers.put(
                "/api/2.0/mlflow/metrics/get-history",
                """
                {"metrics": [{"key": "loss", "value": "NaN", "timestamp": 1, "step": 0},
                             {"key": "loss", "value": "Infinity", "timestamp": 2, "step": 1},
                             {"key": "loss", "value": 0.5, "timestamp": 3, "step": 2}]}
                """);
        answers.put(
                "/api/2.0/mlflow/artifacts/list",
                """
                {"files": [{"path": "../../etc/passwd", "is_dir": false, "file_size": 3},
                           {"path": "con", "is_dir": false, "file_size": 3},
                           {"path": "short", "is_dir": false, "file_size": 99},
                           {"path": "missing", "is_dir": false, "file_size": 1},
                           {"path": "fine", "is_dir": false, "file_size": 3}]}
                """);
        for (var file : List.of("con", "fine", "short", "../../etc/passwd")) {
            answers.put(
                    "/api/2.0/mlflow-artifacts/artifacts/1/" + run + "/artifacts/" + file, "abc");
        }

        var id = begin();
        var done = Ended.await(id);

        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(reasons(id).keySet())
                .containsExactlyInAnyOrder(
                        "run param ../up",
                        "run param long",
                        "run tag bad<key>",
                        "run metric /m",
                        "run artifact ../../etc/passwd",
                        "run artifact con",
                        "run artifact short",
                        "run artifact missing");
        var kept = taken(run);
        assertThat(kept.getList("run.data.params.key")).containsExactly("good");
        assertThat(kept.getString("run.data.metrics.find { it.key == 'loss' }.value"))
                .isEqualTo("0.5");
        given().get("/api/2.0/mlflow/artifacts/list?run_id=" + run)
                .then()
                .body("files.path", org.hamcrest.Matchers.contains("fine"));
        given().get("/imports/" + id)
                .then()
                .statusCode(200)
                .body(containsString("8 things were left out"))
                .body(containsString("artifact con"));
        given().get("/imports/" + id + "/report.csv")
                .then()
                .statusCode(200)
                .body(containsString("artifact missing"));
    }

    private static JsonPath taken(String run) {
        return given().get("/api/2.0/mlflow/runs/get?run_id=" + run)
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath();
    }

    @Test
    void takes_runs_that_are_each_others_parents() {
        experiment("cycle " + id());
        var one = id();
        var two = id();
        runs(
                run(
                        one,
                        "{\"tags\": [{\"key\": \"mlflow.parentRunId\", \"value\": \""
                                + two
                                + "\"}]}"),
                run(
                        two,
                        "{\"tags\": [{\"key\": \"mlflow.parentRunId\", \"value\": \""
                                + one
                                + "\"}]}"));

        var done = Ended.await(begin());

        assertThat(done.getString("state")).isEqualTo("done");
        var experiment = taken(one).getString("run.info.experiment_id");
        given().get("/experiments/" + experiment).then().statusCode(200);
        given().get("/experiments/" + experiment + "/runs/" + one).then().statusCode(200);
    }

    @Test
    void leaves_runs_of_others_alone() {
        var made =
                given().contentType(ContentType.JSON)
                        .body(Map.of("experiment_id", "0", "run_name", "mine"))
                        .post("/api/2.0/mlflow/runs/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .<String>path("run.info.run_id");
        experiment("same identifier " + id());
        runs(run(made, "{\"params\": [{\"key\": \"p\", \"value\": \"1\"}]}"));

        var id = begin();
        Ended.await(id);

        assertThat(taken(made).getString("run.info.run_name")).isEqualTo("mine");
        var target =
                given().get("/api/v1/imports/" + id + "/report?kind=run")
                        .then()
                        .extract()
                        .<String>path("lines.find { it.part == '' }.target");
        assertThat(target).doesNotContain(made);
        given().get(target).then().statusCode(200);
    }

    @Test
    void goes_on_when_the_server_is_back() {
        experiment("away " + id());
        var run = id();
        runs(run(run, "{}"));
        away = true;
        var id = begin();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> Ended.get(id).getString("fault") != null);
        assertThat(Ended.get(id).getString("fault")).contains("503");

        away = false;

        assertThat(Ended.await(id).getString("state")).isEqualTo("done");
        assertThat(taken(run).getString("run.info.status")).isEqualTo("FINISHED");
    }

    @Test
    void waits_for_somebody_when_the_server_stays_away() {
        away = true;
        experiment("stays away " + id());
        var id = begin();

        assertThat(Ended.await(id).getString("state")).isEqualTo("failed");
        given().get("/imports/" + id)
                .then()
                .statusCode(200)
                .body(containsString("What it took is kept"))
                .body(org.hamcrest.Matchers.not(containsString("s3cret")));
        away = false;
        runs();

        given().redirects()
                .follow(false)
                .post("/imports/" + id + "/continuation")
                .then()
                .statusCode(303);

        assertThat(Ended.await(id).getString("state")).isEqualTo("done");
    }

    @Test
    void is_taken_up_again_where_a_portal_died() {
        experiment("dead " + id());
        var run = id();
        runs(run(run, "{}"));
        away = true;
        var id = begin();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> Ended.get(id).getString("fault") != null);
        // As a process leaves it that was killed in the middle.
        sql.update(
                """
                update data_import set state = 'running', lease = gen_random_uuid(),
                    leased_until = clock_timestamp() - interval '1 second',
                    due_at = clock_timestamp() - interval '1 minute'
                where id = ?
                """,
                Long.valueOf(id.toString()));

        away = false;

        assertThat(Ended.await(id).getString("state")).isEqualTo("done");
        assertThat(taken(run).getString("run.info.status")).isEqualTo("FINISHED");
    }

    @Test
    void takes_the_next_time_what_could_not_be_had_the_first_time() {
        experiment("half " + id());
        var run = id();
        runs(run(run, "{\"metrics\": [{\"key\": \"loss\", \"value\": 1}]}"));
        answers.put("/api/2.0/mlflow/artifacts/list", "{}");
        answers.put(
                "/api/2.0/mlflow/metrics/get-history",
                "{\"metrics\": [{\"key\": \"loss\", \"value\": 1, \"timestamp\": 1, \"step\": 0}]}");
        broken = "/api/2.0/mlflow/metrics/get-history";
        var first = begin();
        Ended.await(first);
        assertThat(reasons(first)).containsKey("run metric loss");

        broken = "";
        var second = begin();

        assertThat(Ended.await(second).getString("state")).isEqualTo("done");
        assertThat(reasons(second)).isEmpty();
        assertThat(taken(run).getString("run.data.metrics[0].key")).isEqualTo("loss");
        var third = begin();
        assertThat(Ended.await(third).getList("counts.taken", Integer.class)).containsOnly(0);
    }

    @Test
    void can_be_cancelled() {
        away = true;
        var id = begin();

        given().post("/api/v1/imports/" + id + "/cancellation").then().statusCode(200);

        assertThat(Ended.await(id).getString("state")).isEqualTo("cancelled");
    }

    // Archives -----------------------------------------------------------------------------------

    private static byte[] zip(Map<String, String> entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static Object upload(byte[] archive) {
        return given().contentType("application/octet-stream")
                .queryParam("owner", "group:default/vision")
                .queryParam("name", "x.zip")
                .body(archive)
                .post("/api/v1/imports/archives")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static Map<String, String> store(String name, String... more) {
        var entries = new LinkedHashMap<String, String>();
        entries.put(
                "mlruns/7/meta.yaml",
                "experiment_id: '7'\nname: %s\nartifact_location: file:///x/7\nlifecycle_stage: active\ncreation_time: %d\n"
                        .formatted(name, System.nanoTime()));
        for (int i = 0; i < more.length; i += 2) {
            entries.put(more[i], more[i + 1]);
        }
        return entries;
    }

    private static String meta(String run) {
        return "run_id: %s\nstatus: 3\nstart_time: 1\nend_time: 2\nlifecycle_stage: active\nuser_id: me\n"
                .formatted(run);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../out", "/etc/out", "a/../../out", "a\\..\\out"})
    void unpacks_nothing_outside_its_folder(String path) throws Exception {
        var done = Ended.await(upload(zip(store("traversal", path, "x"))));

        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("fault")).contains("outside its folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"not an archive at all, but long enough to be read as one", "PK"})
    void says_that_something_is_no_archive(String text) {
        var done = Ended.await(upload(text.getBytes(StandardCharsets.UTF_8)));

        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("fault")).contains("archive");
    }

    @Test
    void names_what_it_cannot_read_and_takes_the_rest() throws Exception {
        var good = id();
        var broken = id();
        var bombed = id();
        var done =
                upload(
                        zip(
                                store(
                                        "store " + good,
                                        "mlruns/7/" + good + "/meta.yaml",
                                        meta(good),
                                        "mlruns/7/" + good + "/metrics/deep/er",
                                        "1 nan 0\n2 inf 1\n3 -inf 2\n4 0.25 3\n",
                                        "mlruns/7/" + good + "/metrics/torn",
                                        "1 0.5 0\n2 half",
                                        "mlruns/7/" + good + "/params/p",
                                        "v",
                                        "mlruns/7/" + broken + "/meta.yaml",
                                        "run_id: [",
                                        "mlruns/7/" + bombed + "/meta.yaml",
                                        "a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n",
                                        "mlruns/8/nothing",
                                        "x")));

        assertThat(Ended.await(done).getString("state")).isEqualTo("done");
        assertThat(reasons(done).get("run metric torn"))
                .startsWith("1 points were taken, then: A line is no point");
        assertThat(Ended.left(done).stream().map(line -> line.get("name")))
                .contains("7/" + broken, "7/" + bombed, "8");
        var points =
                given()
                        .get(
                                "/api/2.0/mlflow/metrics/get-history?run_id="
                                        + good
                                        + "&metric_key=deep/er")
                        .then()
                        .extract()
                        .body()
                        .jsonPath()
                        .getList("metrics.value")
                        .stream()
                        .map(String::valueOf)
                        .toList();
        assertThat(points).containsExactly("NaN", "Infinity", "-Infinity", "0.25");
    }

    @Test
    void takes_a_hundred_thousand_points() throws Exception {
        var run = id();
        var lines = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            lines.append(i).append(' ').append(i / 7.0).append(' ').append(i).append('\n');
        }

        var id =
                upload(
                        zip(
                                store(
                                        "many " + run,
                                        "mlruns/7/" + run + "/meta.yaml",
                                        meta(run),
                                        "mlruns/7/" + run + "/metrics/loss",
                                        lines.toString())));

        assertThat(Ended.await(id).getInt("counts.find { it.kind == 'run' }.points"))
                .isEqualTo(100_000);
        assertThat(taken(run).getInt("run.data.metrics[0].step")).isEqualTo(99_999);
    }

    @Test
    void opens_no_sqlite_file_that_is_something_else() throws Exception {
        var done =
                Ended.await(
                        upload(zip(Map.of("mlflow.db", "SQLite format 3\0" + "x".repeat(5_000)))));

        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("fault")).contains("SQLite");
        assertThat(JSON.readTree(done.prettify()).path("counts")).isEmpty();
    }

    @Test
    void registers_each_folder_of_hugging_face_once() throws Exception {
        var name = "hf-" + id();
        var entries =
                Map.of(
                        "hub/" + name + "/README.md",
                        "---\nlicense: mit\nbase_model: org/base\nlanguage: [en, de]\n---\n# Card\n",
                        "hub/" + name + "/config.json",
                        "{\"id2label\": {\"0\": \"no\"}}",
                        "hub/" + name + "/tokenizer/words.txt",
                        "a b",
                        "hub/" + name + "/.git/HEAD",
                        "ref");
        var first = Ended.await(upload(zip(entries)));
        var second = Ended.await(upload(zip(entries)));
        var changed = new LinkedHashMap<>(entries);
        changed.put("hub/" + name + "/tokenizer/words.txt", "a b c");
        var third = Ended.await(upload(zip(changed)));

        assertThat(first.getString("state")).as(first.prettify()).isEqualTo("done");
        assertThat(second.getInt("counts.find { it.kind == 'version' }.there")).isEqualTo(1);
        assertThat(third.getInt("counts.find { it.kind == 'version' }.taken")).isEqualTo(1);
        given().get("/api/v1/models/" + name + "/versions/2")
                .then()
                .statusCode(200)
                .body("license", org.hamcrest.Matchers.is("mit"))
                .body("tags.base_model", org.hamcrest.Matchers.is("org/base"))
                .body("tags.language", org.hamcrest.Matchers.is("en, de"))
                .body(
                        "files.path",
                        org.hamcrest.Matchers.contains(
                                "README.md", "config.json", "tokenizer/words.txt"));
    }

    @Test
    void is_not_seen_by_others() {
        experiment("private " + id());
        runs();
        var id = begin();
        Ended.await(id);

        given().noFilters().get("/api/v1/imports/" + id).then().statusCode(401);
    }
}
