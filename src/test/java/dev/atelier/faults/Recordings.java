package dev.atelier.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.faults.Workload.Told;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/**
 * Runs that are recorded through MLflow's protocol: batches with points, a param and a tag, batches
 * of points alone, and artifacts.
 */
final class Recordings {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String API = "/api/2.0/mlflow/runs/";
    private static final int POINTS = 10;
    private static final int BATCHES = 3;

    /**
     * @param whole whether it has a param and a tag too
     */
    record Batch(String run, String key, boolean whole, Told told) {}

    record Artifact(String run, String path, String sha256, Told told) {}

    /** Keeps count of an answer. */
    interface Notes {
        void note(HttpResponse<String> answer);
    }

    final Queue<Batch> batches = new ConcurrentLinkedQueue<>();
    final Queue<Artifact> artifacts = new ConcurrentLinkedQueue<>();
    private final Notes notes;

    Recordings(Notes notes) {
        this.notes = notes;
    }

    /** A run with three batches and an artifact. */
    void record(PortalProcess portal, Random random) {
        String run;
        try {
            var answer =
                    send(
                            portal,
                            "POST",
                            API + "create",
                            JSON.writeValueAsBytes(Map.of("experiment_id", "0")));
            if (answer.statusCode() != 200) {
                return;
            }
            run = JSON.readTree(answer.body()).at("/run/info/run_id").asText();
        } catch (IOException e) {
            PortalProcess.pause(20);
            return;
        }
        for (int i = 0; i < BATCHES; i++) {
            batches.add(batch(portal, run, "k" + i, i == 0));
        }
        var content = new byte[100 + random.nextInt(20_000)];
        random.nextBytes(content);
        var path = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/weights.bin";
        var told = Told.UNKNOWN;
        try {
            told = Workload.told(send(portal, "PUT", path, content));
        } catch (IOException e) {
            PortalProcess.pause(20);
        }
        artifacts.add(new Artifact(run, path, Workload.sha256(content), told));
    }

    private Batch batch(PortalProcess portal, String run, String key, boolean whole) {
        var body = new HashMap<String, Object>();
        body.put("run_id", run);
        body.put(
                "metrics",
                IntStream.range(0, POINTS)
                        .mapToObj(
                                i -> Map.of("key", key, "value", i, "timestamp", 1_000, "step", i))
                        .toList());
        if (whole) {
            body.put("params", List.of(Map.of("key", key, "value", "set")));
            body.put("tags", List.of(Map.of("key", key, "value", "set")));
        }
        var told = Told.UNKNOWN;
        try {
            told =
                    Workload.told(
                            send(portal, "POST", API + "log-batch", JSON.writeValueAsBytes(body)));
        } catch (IOException e) {
            PortalProcess.pause(20);
        }
        return new Batch(run, key, whole, told);
    }

    private HttpResponse<String> send(PortalProcess portal, String method, String path, byte[] body)
            throws IOException {
        var answer =
                portal.send(
                        HttpRequest.newBuilder(portal.address(path))
                                .timeout(Duration.ofSeconds(30))
                                .header("Content-Type", "application/json")
                                .method(method, HttpRequest.BodyPublishers.ofByteArray(body)),
                        BodyHandlers.ofString());
        notes.note(answer);
        return answer;
    }

    /** I9: a batch is there whole or not at all; every confirmed one is, no denied one. */
    void batchesAreWhole(Connection connection) throws SQLException {
        var points = new HashMap<String, String>();
        for (var row :
                Invariants.strings(
                        connection,
                        """
                        select replace(m.run::text, '-', '') || '|' || m.key || '|' || m.value::int
                               || '|' || (select count(*) from metric_point p
                                          where p.series = m.id)
                                         + (select coalesce(sum(cardinality(c.steps)), 0)
                                            from metric_chunk c where c.series = m.id)
                        from run_metric m
                        """)) {
            var parts = row.split("\\|");
            points.put(parts[0] + "|" + parts[1], parts[2] + "|" + parts[3]);
        }
        var params = keys(connection, "run_param");
        var tags = keys(connection, "run_tag");
        var whole = (POINTS - 1) + "|" + POINTS;
        for (var batch : batches) {
            var name = batch.run + "|" + batch.key;
            var there = points.get(name);
            if (there != null) {
                assertThat(there).as("I9: half of " + batch).isEqualTo(whole);
            }
            if (batch.whole) {
                assertThat(List.of(params.contains(name), tags.contains(name)))
                        .as("I9: half of " + batch)
                        .containsOnly(there != null);
            }
            switch (batch.told) {
                case OK -> assertThat(there).as("I9: confirmed and lost: " + batch).isNotNull();
                case FAILED -> assertThat(there).as("I9: denied and there: " + batch).isNull();
                case UNKNOWN -> {}
            }
        }
    }

    private static HashSet<String> keys(Connection connection, String table) throws SQLException {
        return new HashSet<>(
                Invariants.strings(
                        connection,
                        "select replace(run::text, '-', '') || '|' || key from " + table));
    }

    /** I1. */
    void artifactsReadBack(PortalProcess portal) throws IOException {
        for (var artifact : artifacts) {
            var answer = portal.get(artifact.path, BodyHandlers.ofByteArray());
            switch (artifact.told) {
                case OK -> assertThat(answer.statusCode()).as("I1: " + artifact).isEqualTo(200);
                case FAILED -> assertThat(answer.statusCode()).as("I1: " + artifact).isEqualTo(404);
                case UNKNOWN ->
                        assertThat(answer.statusCode()).as("I1: " + artifact).isIn(200, 404);
            }
            if (answer.statusCode() == 200) {
                assertThat(Workload.sha256(answer.body()))
                        .as("I1: " + artifact)
                        .isEqualTo(artifact.sha256);
            }
        }
    }

    long count(Told told) {
        return batches.stream().filter(batch -> batch.told == told).count()
                + artifacts.stream().filter(artifact -> artifact.told == told).count();
    }
}
