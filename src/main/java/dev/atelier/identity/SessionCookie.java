package dev.atelier.identity;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * The cookie of a browser session. Over TLS it has the {@code __Host-} prefix, so that no other
 * host of the domain can set it; on plain HTTP (loopback) browsers refuse that prefix.
 */
final class SessionCookie {

    private static final String PLAIN = "atelier-session";
    private static final String SECURE = "__Host-" + PLAIN;

    /** A proxy in front speaks TLS for us. */
    private static final boolean BEHIND_TLS =
            ConfigProvider.getConfig()
                    .getOptionalValue("atelier.public-url", String.class)
                    .map(url -> url.startsWith("https://"))
                    .orElse(false);

    private SessionCookie() {}

    /** Whether browsers speak TLS with the portal, or with a proxy in front of it. */
    static boolean secure(RoutingContext context) {
        return BEHIND_TLS || context.request().isSSL();
    }

    static Optional<String> read(RoutingContext context) {
        var cookie = context.request().getCookie(name(context));
        return cookie == null || cookie.getValue().length() > 100
                ? Optional.empty()
                : Optional.of(cookie.getValue());
    }

    static void set(RoutingContext context, String value) {
        context.response().addCookie(cookie(context, value, Sessions.LONGEST.toSeconds()));
    }

    static void remove(RoutingContext context) {
        context.response().addCookie(cookie(context, "", 0));
    }

    private static Cookie cookie(RoutingContext context, String value, long seconds) {
        return Cookie.cookie(name(context), value)
                .setPath("/")
                .setHttpOnly(true)
                .setSecure(secure(context))
                .setSameSite(CookieSameSite.LAX)
                .setMaxAge(seconds);
    }

    private static String name(RoutingContext context) {
        return secure(context) ? SECURE : PLAIN;
    }
}
