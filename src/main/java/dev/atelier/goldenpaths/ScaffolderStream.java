package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.UUID;
import java.util.concurrent.Flow;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** The event stream of {@link ScaffolderApi}; it ends with the task. */
@Path("/api/scaffolder/v2/tasks/{id}/eventstream")
@Tag(name = "Backstage scaffolder")
@Needs(Permission.CATALOG_READ)
public class ScaffolderStream {

    private final Tasks tasks;
    private final LiveTasks live;
    private final ObjectMapper json;

    ScaffolderStream(Tasks tasks, LiveTasks live, ObjectMapper json) {
        this.tasks = tasks;
        this.live = live;
        this.json = json;
    }

    @GET
    @Blocking
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.TEXT_PLAIN)
    @ResponseHeader(name = "X-Accel-Buffering", value = "no")
    @Operation(summary = "Events of a task as they come")
    public Flow.Publisher<OutboundSseEvent> stream(
            @PathParam("id") String id,
            @HeaderParam("Last-Event-ID") @Nullable String last,
            @QueryParam("after") @Nullable String after,
            @Context Sse sse) {
        var task = tasks.get(id);
        return live.open(
                task.id(),
                TaskStream.number(last == null ? after : last),
                sse,
                new Told(task.id()));
    }

    /** An event in Backstage's form. */
    static ObjectNode told(ObjectMapper json, UUID task, TaskEvent event) {
        var told = json.createObjectNode();
        told.put("id", event.id());
        told.put("isTaskRecoverable", true);
        told.put("taskId", task.toString());
        var body = told.putObject("body");
        body.put("message", event.message());
        if (event.step() != null) {
            body.put("stepId", event.step());
        }
        if (event.body() instanceof ObjectNode more) {
            body.setAll(more);
        }
        told.put("type", event.type());
        told.put("createdAt", event.createdAt().toString());
        return told;
    }

    private final class Told implements LiveTasks.Telling {
        private final UUID task;

        Told(UUID task) {
            this.task = task;
        }

        @Override
        public OutboundSseEvent event(Sse sse, TaskEvent event) {
            return sse.newEventBuilder()
                    .id(Long.toString(event.id()))
                    .name(event.type())
                    .data(told(json, task, event).toString())
                    .build();
        }

        @Override
        public @Nullable OutboundSseEvent changed(Sse sse) {
            return null;
        }
    }
}
