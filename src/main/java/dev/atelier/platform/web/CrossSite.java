package dev.atelier.platform.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what another site makes a browser send.
 *
 * <p>Unsafe methods need {@code Sec-Fetch-Site: same-origin} or {@code none}; browsers that send no
 * such header need an {@code Origin} that equals the host; programs send neither and pass. And as
 * long as nobody signs in, the host itself must be one of ours: otherwise a page of another site
 * whose name resolves to 127.0.0.1 (DNS rebinding) would be the same origin.
 */
@ApplicationScoped
public class CrossSite {

    private static final Set<HttpMethod> SAFE =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
    private static final Set<String> LOOPBACK =
            Set.of("localhost", "127.0.0.1", "[::1]", "0:0:0:0:0:0:0:1");

    private final Set<String> hosts;

    CrossSite(@ConfigProperty(name = "atelier.hosts") Set<String> hosts) {
        this.hosts = hosts;
    }

    void install(@Observes Filters filters) {
        filters.register(this::refuse, 1000);
    }

    private void refuse(RoutingContext context) {
        var request = context.request();
        var authority = request.authority();
        var host = authority == null ? "" : authority.host();
        if (!LOOPBACK.contains(host) && !host.endsWith(".localhost") && !hosts.contains(host)) {
            end(
                    context,
                    421,
                    "This portal does not serve the host \"%s\". Add it to ATELIER_HOSTS."
                            .formatted(host));
            return;
        }
        if (!SAFE.contains(request.method())
                && !sameSite(
                        request.getHeader("Sec-Fetch-Site"),
                        request.getHeader("Origin"),
                        authority == null ? "" : authority.toString())) {
            end(context, 403, "This request came from another site and was refused.");
            return;
        }
        context.next();
    }

    static boolean sameSite(@Nullable String fetchSite, @Nullable String origin, String authority) {
        if (fetchSite != null) {
            return fetchSite.equals("same-origin") || fetchSite.equals("none");
        }
        if (origin == null) {
            return true;
        }
        try {
            return authority.equals(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void end(RoutingContext context, int status, String detail) {
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end(detail + "\n");
    }
}
