package dev.atelier.identity;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
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
                    java.util.stream.IntStream.range(0, browsers)
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
        try (var browser =
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.ALWAYS)
                        .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
                        .build()) {
            var form =
                    browser.send(
                            HttpRequest.newBuilder(portal.resolve("/login/sso?next=/account"))
                                    .header("Accept", "text/html")
                                    .build(),
                            BodyHandlers.ofString());
            var action = Jsoup.parse(form.body()).selectFirst("form#kc-form-login");
            if (action == null) {
                throw new IOException("no form of Keycloak: " + form.statusCode());
            }
            var account =
                    browser.send(
                            HttpRequest.newBuilder(URI.create(action.attr("action")))
                                    .header("Accept", "text/html")
                                    .header("Content-Type", "application/x-www-form-urlencoded")
                                    .POST(
                                            BodyPublishers.ofString(
                                                    "username="
                                                            + name
                                                            + "&password="
                                                            + URLEncoder.encode(
                                                                    Keycloak.PASSWORD,
                                                                    StandardCharsets.UTF_8)))
                                    .build(),
                            BodyHandlers.ofString());
            if (account.statusCode() != 200 || !account.body().contains("user:default/" + name)) {
                throw new IOException(
                        "%s is not signed in: %d at %s"
                                .formatted(name, account.statusCode(), account.uri()));
            }
        }
    }
}
