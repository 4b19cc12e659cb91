package dev.atelier.platform.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Headers of every answer. Strict: no inline script or style, nothing from elsewhere, no framing.
 */
@ApplicationScoped
public class SecurityHeaders {

    static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
                    + " media-src 'self' blob:; font-src 'self'; connect-src 'self'; form-action 'self';"
                    + " manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

    void install(@Observes Filters filters) {
        // Before the cross-site check, so that its refusals carry them too.
        filters.register(this::add, 1100);
    }

    private void add(RoutingContext context) {
        var headers = context.response().headers();
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "same-origin");
        headers.set("Cross-Origin-Opener-Policy", "same-origin");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)");
        context.next();
    }
}
