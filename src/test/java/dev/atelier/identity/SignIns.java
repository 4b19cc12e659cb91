package dev.atelier.identity;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jsoup.Jsoup;

/** Sign-ins as browsers make them: portal, Keycloak's form, and back into a session. */
public final class SignIns {

    private static final String[] PEOPLE = {
        "ines", "paul", "rosa", "vera", "olga", "emil", "tom", "kurt"
    };

    private SignIns() {}

    /** Starts Keycloak; what a portal needs to know of it, as its environment. */
    public static Map<String, String> keycloak() {
        var config = new Keycloak().start();
        return Map.of(
                "ATELIER_PORT", config.get("quarkus.http.test-port"),
                "ATELIER_OIDC_URL", config.get("atelier.oidc.url"),
                "ATELIER_OIDC_CLIENT_ID", config.get("atelier.oidc.client-id"),
                "ATELIER_OIDC_CLIENT_SECRET", config.get("atelier.oidc.client-secret"));
    }

    /** Whole sign-ins, several people at once, for a time; how many there were. */
    public static int measure(URI portal, int browsers, long nanos) throws Exception {
        var done = new AtomicInteger();
        long until = System.nanoTime() + nanos;
        try (var pool = Executors.newFixedThreadPool(browsers)) {
            var all =
                    IntStream.range(0, browsers)
                            .mapToObj(
                                    i ->
                                            pool.submit(
                                                    () -> {
                                                        while (System.nanoTime() < until) {
                                                            signIn(
                                                                    portal,
                                                                    PEOPLE[i % PEOPLE.length]);
                                                            done.incrementAndGet();
                                                        }
                                                        return null;
                                                    }))
                            .toList();
            for (var one : all) {
                one.get();
            }
        }
        return done.get();
    }

    private static void signIn(URI portal, String name) throws Exception {
        try (var browser = new Browser()) {
            var form = browser.open(portal.resolve("/login/sso?next=/account"));
            var action = Jsoup.parse(form.body()).selectFirst("form#kc-form-login");
            if (action == null) {
                throw new IOException("no form of Keycloak: " + form.statusCode());
            }
            var account =
                    browser.send(
                            URI.create(action.attr("action")),
                            "username="
                                    + name
                                    + "&password="
                                    + URLEncoder.encode(Keycloak.PASSWORD, StandardCharsets.UTF_8));
            if (account.statusCode() != 200 || !account.body().contains("user:default/" + name)) {
                throw new IOException(
                        "%s is not signed in: %d at %s"
                                .formatted(name, account.statusCode(), account.uri()));
            }
        }
    }

    /**
     * Follows redirects and keeps cookies by host and port. The JDK's own keeper sends none that is
     * for TLS only to localhost, as browsers do.
     */
    private static final class Browser implements AutoCloseable {

        private final HttpClient client =
                HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
        private final Map<String, Map<String, String>> cookies = new HashMap<>();

        HttpResponse<String> open(URI address) throws Exception {
            return follow(HttpRequest.newBuilder(address));
        }

        HttpResponse<String> send(URI address, String form) throws Exception {
            return follow(
                    HttpRequest.newBuilder(address)
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(BodyPublishers.ofString(form)));
        }

        private HttpResponse<String> follow(HttpRequest.Builder first) throws Exception {
            var request = first;
            for (int i = 0; i < 10; i++) {
                var address = request.copy().build().uri();
                var own = cookies.computeIfAbsent(address.getAuthority(), _ -> new HashMap<>());
                var sent =
                        own.entrySet().stream()
                                .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                                .collect(Collectors.joining("; "));
                if (!sent.isEmpty()) {
                    request.setHeader("Cookie", sent);
                }
                var answer =
                        client.send(
                                request.setHeader("Accept", "text/html").build(),
                                BodyHandlers.ofString());
                for (var set : answer.headers().allValues("Set-Cookie")) {
                    var pair = set.split(";", 2)[0].split("=", 2);
                    own.put(pair[0], pair[1]);
                }
                if (answer.statusCode() / 100 != 3) {
                    return answer;
                }
                var next = answer.headers().firstValue("Location").orElseThrow();
                request = HttpRequest.newBuilder(address.resolve(next));
            }
            throw new IOException("redirected without end");
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
