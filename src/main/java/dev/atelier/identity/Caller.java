package dev.atelier.identity;

import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.RequestScoped;
import org.jspecify.annotations.Nullable;

/**
 * Who makes this request.
 *
 * <p>Nobody signs in yet: the portal listens on loopback, and whoever reaches it is the local
 * administrator. Features ask this class, so that sign-in changes nothing but this class.
 */
@RequestScoped
public class Caller {

    private final RoutingContext context;

    Caller(RoutingContext context) {
        this.context = context;
    }

    /** Entity reference, say {@code user:default/local}. */
    public String entityRef() {
        return "user:default/local";
    }

    /** The network address the request came from. */
    public @Nullable String origin() {
        var remote = context.request().remoteAddress();
        return remote == null ? null : remote.hostAddress();
    }
}
