package dev.atelier.identity;

import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * What a request shows of itself. A token in {@code Authorization} goes before the session cookie;
 * a token that is wrong never falls back on the cookie.
 */
final class Credentials {

    private Credentials() {}

    static Optional<Subject> of(RoutingContext context, Subjects subjects) {
        var authorization = context.request().getHeader("Authorization");
        return authorization != null
                ? token(authorization).flatMap(subjects::ofToken)
                : SessionCookie.read(context).flatMap(subjects::ofSession);
    }

    /** Whom the same credentials stand for by now; nothing that was kept is asked. */
    static Optional<Subject> now(RoutingContext context, Subjects subjects, Subject before) {
        var authorization = context.request().getHeader("Authorization");
        return authorization != null
                ? token(authorization).flatMap(token -> subjects.ofTokenNow(token, before))
                : SessionCookie.read(context).flatMap(subjects::ofSessionNow);
    }

    /** Bearer, or the password of Basic: clients that know only user and password send it so. */
    private static Optional<String> token(String authorization) {
        if (authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.of(authorization.substring(7).strip());
        }
        if (authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            try {
                var pair =
                        new String(
                                Base64.getDecoder().decode(authorization.substring(6).strip()),
                                StandardCharsets.UTF_8);
                return Optional.of(pair.substring(pair.indexOf(':') + 1));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }
}
