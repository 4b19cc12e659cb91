package dev.atelier.notifications;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Open;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.concurrent.Flow;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** The bell as it changes: server-sent events. A class of its own, because it does not block. */
@Path("/notifications/stream")
@Open(value = Open.To.SIGNED_IN, because = "one's own notifications")
public class NewsStream {

    private final LiveNews live;
    private final Caller caller;

    NewsStream(LiveNews live, Caller caller) {
        this.live = live;
        this.caller = caller;
    }

    /**
     * Events {@code news} ({@code {"unread": 3, "news": [{…}]}}) and, so that nobody takes the
     * connection for dead, {@code beat}.
     *
     * @param last id of the last event an interrupted stream brought
     * @param after the same, for a window that opens a new stream itself
     */
    @GET
    @Blocking
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.TEXT_PLAIN)
    // A proxy that gathers answers before it passes them on would keep the bell still.
    @ResponseHeader(name = "X-Accel-Buffering", value = "no")
    @Operation(hidden = true)
    public Flow.Publisher<OutboundSseEvent> stream(
            @HeaderParam("Last-Event-ID") @Nullable String last,
            @QueryParam("after") @Nullable String after,
            @Context Sse sse) {
        var subject = caller.signedIn();
        if (!subject.person()) {
            return NewsStream::endAtOnce;
        }
        return live.open(subject, number(last == null ? after : last), sse);
    }

    /** A service account has no bell. */
    private static void endAtOnce(Flow.Subscriber<? super OutboundSseEvent> program) {
        program.onSubscribe(
                new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        // There is nothing to come.
                    }

                    @Override
                    public void cancel() {
                        // There is nothing to end.
                    }
                });
        program.onComplete();
    }

    /** Whatever else a client sends as an id means: from now on. */
    private static @Nullable Long number(@Nullable String id) {
        return id != null && id.matches("[0-9]{1,18}") ? Long.valueOf(id) : null;
    }
}
