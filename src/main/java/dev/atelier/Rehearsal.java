package dev.atelier;

import dev.atelier.platform.CannotStart;
import io.quarkus.logging.Log;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullMarked;

/**
 * A short run from which the JVM's start-up cache is recorded: the portal starts on a scratch
 * folder, asks itself for its main pages, records a run as MLflow's clients do, and ends. What is
 * asked often enough leaves its profiles in the cache too, so the first people after a start wait
 * less for the JVM's compiler.
 */
@NullMarked
final class Rehearsal {

    private static final List<String> ADDRESSES =
            List.of(
                    "/q/health/ready",
                    "/q/metrics",
                    "/",
                    "/catalog",
                    "/catalog/problems",
                    "/api/catalog/entities/by-query?limit=20&filter=kind=model",
                    "/api/v1/catalog/problems",
                    "/api/v1/models",
                    "/v2",
                    "/golden-paths",
                    "/tasks",
                    "/experiments",
                    "/no/such/page");

    private static final String MLFLOW = "/api/2.0/mlflow/";

    /** The JVM makes profiles of what was called some hundred times. */
    private static final Duration TIME = Duration.ofSeconds(12);

    /** Of the scratch folder's portal, which ends with this run. */
    private static final String TOKEN = UUID.randomUUID().toString();

    private Rehearsal() {}

    static boolean isWanted() {
        return Boolean.getBoolean("atelier.rehearsal");
    }

    static void prepareIfWanted() {
        if (!isWanted()) {
            return;
        }
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            System.setProperty("quarkus.http.port", Integer.toString(free.getLocalPort()));
            System.setProperty("atelier.bootstrap-token", TOKEN);
        } catch (IOException e) {
            throw new CannotStart("No free port: " + e.getMessage(), e);
        }
    }

    static int run() {
        var base = "http://127.0.0.1:" + System.getProperty("quarkus.http.port");
        Map<String, Integer> answers = new TreeMap<>();
        try (var client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
            var experiment =
                    id(
                            send(
                                    client,
                                    base,
                                    MLFLOW + "experiments/create",
                                    "{\"name\":\"rehearsal\"}"),
                            "experiment_id");
            var until = System.nanoTime() + TIME.toNanos();
            for (int round = 0; System.nanoTime() < until; round++) {
                for (var address : ADDRESSES) {
                    answers.put(address, send(client, base, address, "").statusCode());
                }
                record(client, base, experiment, round, answers);
            }
        } catch (IOException e) {
            Log.error("The rehearsal came to no end", e);
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
        Log.infof("Rehearsed: %s", answers);
        return 0;
    }

    /** A run with some metrics, as training code leaves it, and a look for it. */
    private static void record(
            HttpClient client,
            String base,
            String experiment,
            int round,
            Map<String, Integer> answers)
            throws IOException, InterruptedException {
        var run =
                id(
                        send(
                                client,
                                base,
                                MLFLOW + "runs/create",
                                "{\"experiment_id\":\"%s\",\"start_time\":%d}"
                                        .formatted(experiment, round)),
                        "run_id");
        for (int step = 0; step < 5; step++) {
            answers.put(
                    "log-metric",
                    send(
                                    client,
                                    base,
                                    MLFLOW + "runs/log-metric",
                                    "{\"run_id\":\"%s\",\"key\":\"loss\",\"value\":0.5,\"timestamp\":%d,\"step\":%d}"
                                            .formatted(run, round, step))
                            .statusCode());
        }
        var points =
                IntStream.range(0, 50)
                        .mapToObj(
                                i ->
                                        "{\"key\":\"m%d\",\"value\":%d,\"timestamp\":%d,\"step\":%d}"
                                                .formatted(i % 5, i, i, i / 5))
                        .collect(Collectors.joining(","));
        answers.put(
                "log-batch",
                send(
                                client,
                                base,
                                MLFLOW + "runs/log-batch",
                                "{\"run_id\":\"%s\",\"metrics\":[%s],\"params\":[{\"key\":\"depth\",\"value\":\"3\"}],\"tags\":[{\"key\":\"by\",\"value\":\"rehearsal\"}]}"
                                        .formatted(run, points))
                        .statusCode());
        answers.put(
                "search",
                send(
                                client,
                                base,
                                MLFLOW + "runs/search",
                                "{\"experiment_ids\":[\"%s\"],\"filter\":\"metrics.loss < 1\",\"max_results\":20}"
                                        .formatted(experiment))
                        .statusCode());
    }

    /**
     * @param body empty for a GET
     */
    private static HttpResponse<String> send(
            HttpClient client, String base, String address, String body)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(base + address))
                        .timeout(Duration.ofSeconds(20))
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Accept", "text/html,application/json;q=0.9,*/*;q=0.8");
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** The identifier of what was made. */
    private static String id(HttpResponse<String> answer, String field) throws IOException {
        var found = Pattern.compile("\"%s\": ?\"([^\"]+)\"".formatted(field)).matcher(answer.body());
        if (!found.find()) {
            throw new IOException("%d: %s".formatted(answer.statusCode(), answer.body()));
        }
        return found.group(1);
    }
}
