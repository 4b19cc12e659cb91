package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
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

/** A task as it goes on, for its page. */
@Path("/tasks/{id}/stream")
@Needs(Permission.CATALOG_READ)
public class TaskStream {

    private final Tasks tasks;
    private final LiveTasks live;
    private final ObjectMapper json;

    TaskStream(Tasks tasks, LiveTasks live, ObjectMapper json) {
        this.tasks = tasks;
        this.live = live;
        this.json = json;
    }

    /**
     * Events {@code line} ({@code {"level", "time", "message"}}, with its id) and {@code changed},
     * which says that state, steps or outputs may be other ones.
     *
     * @param last id of the last event an interrupted stream brought
     * @param after the same, for a page that knows some lines already
     */
    @GET
    @Blocking
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.TEXT_PLAIN)
    // A proxy that gathers answers before it passes them on would keep the page still.
    @ResponseHeader(name = "X-Accel-Buffering", value = "no")
    @Operation(hidden = true)
    public Flow.Publisher<OutboundSseEvent> stream(
            @PathParam("id") String id,
            @HeaderParam("Last-Event-ID") @Nullable String last,
            @QueryParam("after") @Nullable String after,
            @Context Sse sse) {
        var task = tasks.get(id);
        return live.open(task.id(), number(last == null ? after : last), sse, new Lines());
    }

    static long number(@Nullable String id) {
        return id != null && id.matches("[0-9]{1,18}") ? Long.parseLong(id) : 0;
    }

    private final class Lines implements LiveTasks.Telling {
        @Override
        public OutboundSseEvent event(Sse sse, TaskEvent event) {
            try {
                return sse.newEventBuilder()
                        .id(Long.toString(event.id()))
                        .name("line")
                        .data(json.writeValueAsString(TaskViews.LogLine.of(event)))
                        .build();
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public OutboundSseEvent changed(Sse sse) {
            return sse.newEventBuilder().name("changed").data("").build();
        }
    }
}
