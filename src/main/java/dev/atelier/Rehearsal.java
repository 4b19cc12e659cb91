package dev.atelier;

import dev.atelier.platform.CannotStart;
import io.quarkus.logging.Log;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.NullMarked;

/**
 * A short run from which the JVM's start-up cache is recorded: the portal starts on a scratch
 * folder, asks itself for its main pages a few times, and ends.
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
                    "/no/such/page");

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
            for (int round = 0; round < 30; round++) {
                for (var address : ADDRESSES) {
                    var request =
                            HttpRequest.newBuilder(URI.create(base + address))
                                    .timeout(Duration.ofSeconds(20))
                                    .header("Authorization", "Bearer " + TOKEN)
                                    .header("Accept", "text/html,application/json;q=0.9,*/*;q=0.8")
                                    .build();
                    var answer = client.send(request, BodyHandlers.discarding());
                    answers.put(address, answer.statusCode());
                }
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
}
