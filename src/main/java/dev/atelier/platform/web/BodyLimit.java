package dev.atelier.platform.web;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.RouteConstants;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Bodies are small, but for the few addresses that stream theirs and count by themselves. The
 * server's own limit is the largest that any address takes.
 */
@ApplicationScoped
class BodyLimit {

    /** After the server's own limit has been set for the request, before anything reads. */
    private static final int ORDER = RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT + 1;

    private final Pattern streams;
    private final long most;

    BodyLimit(
            @ConfigProperty(name = "atelier.web.streams") String streams,
            @ConfigProperty(name = "atelier.web.max-body") MemorySize most) {
        this.streams = Pattern.compile(streams);
        this.most = most.asLongValue();
    }

    void install(@Observes Router router) {
        router.route().order(ORDER).handler(this::limit);
    }

    private void limit(RoutingContext context) {
        if (!streams.matcher(context.normalizedPath()).matches()) {
            if (length(context) > most) {
                context.response()
                        .setStatusCode(413)
                        .putHeader(HttpHeaderNames.CONNECTION, "close")
                        .putHeader(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                        .end(
                                "A body has at most %d bytes here (atelier.web.max-body)."
                                        .formatted(most));
                return;
            }
            // Also for bodies whose length is not announced: whoever reads them stops there.
            context.put(VertxHttpRecorder.MAX_REQUEST_SIZE_KEY, most);
        }
        context.next();
    }

    private static long length(RoutingContext context) {
        var header = context.request().getHeader(HttpHeaderNames.CONTENT_LENGTH);
        try {
            return header == null ? -1 : Long.parseLong(header);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
