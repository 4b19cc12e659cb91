package dev.atelier.goldenpaths;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Figures;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Tasks for people: what runs, how far it is, what it says and what it made. */
@Path("/tasks")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class TaskPages {

    private static final int SHOWN = 50;

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance tasks(Listing page);

        static native TemplateInstance task(TaskViews.View page);

        static native TemplateInstance task$state(TaskViews.View page);
    }

    /** The list. */
    public record Listing(
            List<GoldenPathPages.TaskRow> rows,
            String state,
            boolean mine,
            long total,
            @Nullable String more) {}

    private final Tasks tasks;
    private final TaskViews views;
    private final TaskLog log;
    private final Caller caller;

    TaskPages(Tasks tasks, TaskViews views, TaskLog log, Caller caller) {
        this.tasks = tasks;
        this.views = views;
        this.log = log;
        this.caller = caller;
    }

    static GoldenPathPages.TaskRow row(Task task) {
        return new GoldenPathPages.TaskRow(
                task.address(),
                task.title(),
                task.about(),
                task.state().mark(),
                task.state().word(),
                Figures.actor(task.createdBy()),
                Figures.minute(task.createdAt()));
    }

    @GET
    public TemplateInstance list(
            @RestQuery @Nullable String state,
            @RestQuery @Nullable String whose,
            @RestQuery @Nullable Long from) {
        var states =
                List.of(Task.State.values()).stream()
                        .filter(one -> one.id().equals(state))
                        .toList();
        boolean mine = !"all".equals(whose);
        long offset = from == null ? 0 : Math.max(0, from);
        var found =
                tasks.list(
                        new Tasks.Question(
                                mine ? caller.entityRef() : null, states, null, SHOWN, offset));
        var next = offset + SHOWN;
        return Html.tasks(
                new Listing(
                        found.tasks().stream().map(TaskPages::row).toList(),
                        states.isEmpty() ? "" : states.getFirst().id(),
                        mine,
                        found.total(),
                        next < found.total()
                                ? "/tasks?whose=%s&state=%s&from=%d"
                                        .formatted(
                                                mine ? "mine" : "all",
                                                states.isEmpty() ? "" : states.getFirst().id(),
                                                next)
                                : null));
    }

    @GET
    @Path("{id}")
    public TemplateInstance task(@PathParam("id") String id) {
        return Html.task(views.of(tasks.get(id), TaskViews.LINES));
    }

    /** State, steps and outputs alone, for a page that is open. */
    @GET
    @Path("{id}/state")
    public TemplateInstance state(@PathParam("id") String id) {
        return Html.task$state(views.of(tasks.get(id), 0));
    }

    /** The whole log, in portions, so that no length of it matters. */
    @GET
    @Path("{id}/log")
    @Produces(MediaType.TEXT_PLAIN)
    public Response text(@PathParam("id") String id) {
        var task = tasks.get(id);
        StreamingOutput stream =
                out -> {
                    long after = 0;
                    while (true) {
                        var portion = log.after(task.id(), after, 5_000);
                        if (portion.isEmpty()) {
                            break;
                        }
                        var text = new StringBuilder();
                        for (var event : portion) {
                            text.append(event.createdAt())
                                    .append(' ')
                                    .append(event.step() == null ? "-" : event.step())
                                    .append(' ')
                                    .append(event.message().replaceAll("[\\p{Cntrl}&&[^\t]]", "?"))
                                    .append('\n');
                        }
                        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
                        after = portion.getLast().id();
                    }
                };
        return Response.ok(stream)
                .type("text/plain; charset=utf-8")
                .header(
                        "Content-Disposition",
                        "attachment; filename=\"task-%s.log\"".formatted(task.id()))
                .build();
    }

    @POST
    @Path("{id}/cancellation")
    public Response cancel(@PathParam("id") String id) {
        var task = tasks.get(id);
        tasks.cancel(task);
        return to(task);
    }

    @POST
    @Path("{id}/retry")
    public Response retry(@PathParam("id") String id) {
        var task = tasks.get(id);
        caller.require(Permission.TEMPLATE_RUN, task.template().toString());
        tasks.retry(task, Map.of());
        return to(task);
    }

    private static Response to(Task task) {
        return Response.seeOther(URI.create(task.address())).build();
    }
}
