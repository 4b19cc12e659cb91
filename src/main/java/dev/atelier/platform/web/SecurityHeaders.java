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

    /**
     * What a signed-in person sees lies in no cache. An answer with a tag may be kept by its own
     * client, who must ask before using it again; files that everybody gets say so themselves.
     */
    private static void keepPrivate(RoutingContext context) {
        var headers = context.response().headers();
        if (!headers.contains("Cache-Control")) {
            headers.set(
                    "Cache-Control", headers.contains("ETag") ? "private, no-cache" : "no-store");
        }
    }

    private void add(RoutingContext context) {
        var headers = context.response().headers();
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "same-origin");
        headers.set("Cross-Origin-Opener-Policy", "same-origin");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)");
        if (context.request().isSSL()) {
            headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
        }
        context.addHeadersEndHandler(sent -> keepPrivate(context));
        context.next();
    }
}
