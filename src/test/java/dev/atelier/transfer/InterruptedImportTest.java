package dev.atelier.transfer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ImportsImpatient.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An import that is interrupted")
class InterruptedImportTest {

    private static final String EXPERIMENTS = "/api/2.0/mlflow/experiments/search";
    private static final String RUNS = "/api/2.0/mlflow/runs/search";
    private static final String FILES = "/api/2.0/mlflow/artifacts/list";
    private static final String HISTORY = "/api/2.0/mlflow/metrics/get-history";

    @FunctionalInterface
    private interface Answer {
        void to(HttpExchange call) throws Exception;
    }

    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final String run = UUID.randomUUID().toString().replace("-", "");
    private HttpServer server;

    @BeforeEach
    void a_server_with_one_run() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
        answers.put(
                EXPERIMENTS,
                text(
                        "{\"experiments\": [{\"experiment_id\": \"1\", \"name\": \"cut %s\", \"creation_time\": 1}]}"
                                .formatted(run)));
        runs();
        answers.put(FILES, text("{}"));
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
    }

    private void answer(HttpExchange call) throws IOException {
        try (call) {
            call.getRequestBody().readAllBytes();
            var answer = answers.get(call.getRequestURI().getPath());
            if (answer == null) {
                call.sendResponseHeaders(404, -1);
            } else {
                answer.to(call);
            }
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static Answer text(String body) {
        return call -> {
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(200, bytes.length);
            call.getResponseBody().write(bytes);
        };
    }

    /** Begins to answer, and goes on as it likes. */
    private static Answer coming(Body body) {
        return call -> {
            call.sendResponseHeaders(200, 0);
            body.to(call.getResponseBody());
        };
    }

    @FunctionalInterface
    private interface Body {
        void to(OutputStream out) throws Exception;
    }

    /** A byte now and then, as long as the test goes on. */
    private void drip(OutputStream out) throws Exception {
        do {
            out.write(' ');
            out.flush();
        } while (!over.await(50, TimeUnit.MILLISECONDS));
    }

    private void runs(String... metrics) {
        answers.put(
                RUNS,
                text(
                        """
                        {"runs": [{"info": {"run_id": "%s", "run_name": "run",
                          "status": "FINISHED", "start_time": 1, "end_time": 2,
                          "experiment_id": "1",
                          "artifact_uri": "mlflow-artifacts:/1/%1$s/artifacts"},
                          "data": {"metrics": [%s]}}]}
                        """
                                .formatted(
                                        run,
                                        String.join(
                                                ", ",
                                                List.of(metrics).stream()
                                                        .map(
                                                                key ->
                                                                        "{\"key\": \"%s\", \"value\": 1}"
                                                                                .formatted(key))
                                                        .toList()))));
    }

    private void file(String path, long size, Answer answer) {
        answers.put(
                FILES,
                text(
                        "{\"files\": [{\"path\": \"%s\", \"is_dir\": false, \"file_size\": %d}]}"
                                .formatted(path, size)));
        answers.put(
                "/api/2.0/mlflow-artifacts/artifacts/1/%s/artifacts/%s".formatted(run, path),
                answer);
    }

    private Object begin() {
        return given().contentType(ContentType.JSON)
                .body(
                        Map.of(
                                "server",
                                "http://127.0.0.1:" + server.getAddress().getPort(),
                                "owner",
                                "group:default/vision"))
                .post("/api/v1/imports")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static String fault(Object id) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> Ended.get(id).getString("fault") != null);
        return Ended.get(id).getString("fault");
    }

    private void assertTaken(Object id) {
        assertThat(Ended.await(id).getString("state")).isEqualTo("done");
        given().get("/api/2.0/mlflow/runs/get?run_id=" + run).then().statusCode(200);
    }

    @Test
    void waits_for_a_server_that_never_answers() {
        var good = answers.put(EXPERIMENTS, _ -> over.await());
        var id = begin();

        assertThat(fault(id)).contains("did not answer within 1 seconds");

        answers.put(EXPERIMENTS, good);
        assertTaken(id);
    }

    @Test
    void waits_for_a_server_whose_answer_hangs_in_the_middle() {
        var good =
                answers.put(
                        EXPERIMENTS,
                        coming(
                                out -> {
                                    out.write("{\"experiments\": [".getBytes());
                                    out.flush();
                                    over.await();
                                }));
        var id = begin();

        assertThat(fault(id)).contains("ended in the middle").contains("Nothing came");

        answers.put(EXPERIMENTS, good);
        assertTaken(id);
    }

    @Test
    void is_not_held_by_an_answer_that_drips() {
        var good = answers.put(EXPERIMENTS, coming(this::drip));
        var id = begin();

        assertThat(fault(id)).contains("ended in the middle").contains("bytes came in");

        answers.put(EXPERIMENTS, good);
        assertTaken(id);
    }

    @Test
    void is_not_held_by_a_file_that_drips_and_takes_it_the_next_time() {
        file("weights.bin", 3, coming(this::drip));
        var first = begin();

        assertTaken(first);
        assertThat(Ended.left(first))
                .extracting(line -> line.get("part") + ": " + line.get("reason"))
                .singleElement()
                .asString()
                .startsWith("artifact weights.bin: ")
                .contains("bytes came in");

        file("weights.bin", 3, text("abc"));
        var second = begin();

        assertTaken(second);
        assertThat(Ended.left(second)).isEmpty();
        given().get("/api/2.0/mlflow/artifacts/list?run_id=" + run)
                .then()
                .body("files.path", org.hamcrest.Matchers.contains("weights.bin"));
    }

    @Test
    void ends_in_the_middle_of_a_file_without_an_end_when_it_is_cancelled() throws Exception {
        var left = new CountDownLatch(1);
        file(
                "endless.bin",
                -1,
                coming(
                        out -> {
                            try {
                                for (var some = new byte[64 << 10]; ; ) {
                                    out.write(some);
                                }
                            } finally {
                                left.countDown();
                            }
                        }));
        var id = begin();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(
                        () ->
                                String.valueOf(Ended.get(id).getString("progress"))
                                        .matches("File endless.bin: [0-9,]+ MB"));

        given().post("/api/v1/imports/" + id + "/cancellation").then().statusCode(200);

        assertThat(Ended.await(id).getString("state")).isEqualTo("cancelled");
        assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void waits_for_room_on_the_disk() {
        file("huge.bin", 1L << 60, text("abc"));
        var id = begin();

        assertThat(fault(id)).startsWith("There is no room.").contains("Free some space");
        given().get("/imports/" + id)
                .then()
                .statusCode(200)
                .body(org.hamcrest.Matchers.containsString("There is no room."));

        file("huge.bin", 3, text("abc"));
        assertTaken(id);
        given().get("/api/2.0/mlflow/artifacts/list?run_id=" + run)
                .then()
                .body("files.path", org.hamcrest.Matchers.contains("huge.bin"));
    }

    @Test
    void asks_for_four_histories_at_once() {
        var keys = IntStream.range(0, 8).mapToObj(i -> "metric-" + i).toArray(String[]::new);
        runs(keys);
        var together = new CyclicBarrier(4);
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        answers.put(
                HISTORY,
                call -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    try {
                        // Answers nobody before four have asked.
                        together.await(10, TimeUnit.SECONDS);
                    } finally {
                        now.decrementAndGet();
                    }
                    var key = call.getRequestURI().getQuery().replaceAll(".*metric_key=", "");
                    text("{\"metrics\": [{\"key\": \"%s\", \"value\": 1, \"timestamp\": 1, \"step\": 0}]}"
                                    .formatted(key.replaceAll("&.*", "")))
                            .to(call);
                });

        var id = begin();

        assertTaken(id);
        assertThat(Ended.left(id)).isEmpty();
        assertThat(most).hasValue(4);
        assertThat(
                        given().get("/api/2.0/mlflow/runs/get?run_id=" + run)
                                .then()
                                .extract()
                                .jsonPath()
                                .getList("run.data.metrics.key", String.class))
                .containsExactlyInAnyOrder(keys);
    }
}
