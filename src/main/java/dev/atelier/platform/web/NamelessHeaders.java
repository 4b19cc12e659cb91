package dev.atelier.platform.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Refuses a header without a name, which the server lets pass and a proxy may join to the line
 * before: what two read differently, one of them reads wrongly.
 */
@ApplicationScoped
class NamelessHeaders {

    void install(@Observes Filters filters) {
        filters.register(NamelessHeaders::refuse, 1200);
    }

    private static void refuse(RoutingContext context) {
        if (!context.request().headers().contains("")) {
            context.next();
            return;
        }
        context.response()
                .setStatusCode(400)
                .putHeader("Connection", "close")
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end("A header has no name.\n");
    }
}
