package dev.atelier.identity;

import dev.atelier.platform.problems.Unavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The line to the sign-in provider. When it does not answer, the next two seconds do not ask again,
 * so that requests do not queue behind a dead host.
 */
@ApplicationScoped
class ProviderConnection {

    private static final Logger LOG = Logger.getLogger(ProviderConnection.class);

    private static final Duration CONNECT = Duration.ofMillis(1_500);
    private static final Duration ANSWER = Duration.ofSeconds(3);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final int MOST_BYTES = 1_000_000;

    record Reply(int status, String type, String body) {}

    private final OidcConfig config;
    private volatile long lastAnswer;
    private volatile long lastFailure;
    private volatile boolean away;
    private volatile @Nullable HttpClient http;

    ProviderConnection(OidcConfig config) {
        this.config = config;
    }

    /** Changes with each answer. */
    long lastAnswer() {
        return lastAnswer;
    }

    boolean answeredJustNow() {
        return lastAnswer != 0 && since(lastAnswer) < FRESH.toNanos() && !away;
    }

    static long since(long nanos) {
        return System.nanoTime() - nanos;
    }

    Unavailable unavailable() {
        return new Unavailable(
                "The sign-in provider (%s) does not answer. It is asked again by itself; nothing was changed."
                        .formatted(config.host()));
    }

    private HttpClient http() {
        var client = http;
        if (client == null) {
            // Redirects are not followed: the provider is where the configuration says.
            client = HttpClient.newBuilder().connectTimeout(CONNECT).build();
            http = client;
        }
        return client;
    }

    /**
     * @throws Unavailable when nothing comes in time, or the provider says that it is broken
     */
    Reply ask(HttpRequest request) {
        if (lastFailure != 0 && away && since(lastFailure) < QUIET.toNanos()) {
            throw unavailable();
        }
        var sent = http().sendAsync(request, BodyHandlers.ofByteArray());
        try {
            // For the whole answer; the client's own limit ends with the headers.
            var answer = sent.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.statusCode() >= 500 || answer.body().length > MOST_BYTES) {
                throw new IOException("status " + answer.statusCode());
            }
            if (away) {
                LOG.infof("The sign-in provider %s answers again", config.url().orElseThrow());
            }
            away = false;
            lastAnswer = System.nanoTime();
            return new Reply(
                    answer.statusCode(),
                    answer.headers().firstValue("Content-Type").orElse("application/json"),
                    new String(answer.body(), StandardCharsets.UTF_8));
        } catch (IOException | ExecutionException | TimeoutException e) {
            sent.cancel(true);
            throw failed(request.uri(), e);
        } catch (InterruptedException e) {
            sent.cancel(true);
            Thread.currentThread().interrupt();
            throw unavailable();
        }
    }

    Unavailable failed(URI address, Exception e) {
        if (!away) {
            LOG.warnf(
                    "The sign-in provider does not answer at %s: %s. People who are signed in go on.",
                    address, e);
        }
        away = true;
        lastFailure = System.nanoTime();
        return unavailable();
    }
}
