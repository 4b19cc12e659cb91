package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Figures;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.RawString;
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
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Tasks for people: what runs, how far it is, what it says and what it made. */
@Path("/tasks")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class TaskPages {

    private static final int SHOWN = 50;

    /** Lines of the log that the page begins with; earlier ones are asked for. */
    static final int LINES = 500;

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance tasks(Listing page);

        static native TemplateInstance task(TaskView page);

        static native TemplateInstance task$state(TaskView page);
    }

    /** The list. */
    public record Listing(
            List<GoldenPathPages.TaskRow> rows,
            String state,
            boolean mine,
            long total,
            @Nullable String more) {}

    /** A step as the page shows it. */
    public record StepView(TaskStep step, @Nullable String took, boolean current) {}

    /** A link of the output. */
    public record LinkView(String title, String url) {}

    /** A text of the output, as sanitised HTML. */
    public record TextView(String title, RawString html) {}

    /** A line of the log. */
    public record LogLine(long id, @Nullable String level, String time, String message) {
        static LogLine of(TaskEvent event) {
            var level =
                    event.level() != null
                            ? event.level()
                            : event.type().equals("log") ? null : "step";
            return new LogLine(event.id(), level, CLOCK.format(event.createdAt()), event.message());
        }
    }

    /** A word that it waits for, or waited for. */
    public record ApprovalView(
            String before,
            String by,
            RawString shown,
            String until,
            boolean open,
            boolean mine,
            String mark,
            @Nullable String said) {}

    /** A task. */
    public record TaskView(
            String id,
            String address,
            String title,
            String mark,
            String word,
            boolean ended,
            boolean cancellable,
            boolean retryable,
            boolean cancelling,
            String by,
            Instant at,
            String ran,
            @Nullable String likely,
            String template,
            String templateAddress,
            String version,
            @Nullable String fault,
            @Nullable String faultStep,
            List<ApprovalView> approvals,
            List<StepView> steps,
            List<LogLine> lines,
            long allLines,
            long last,
            List<LinkView> links,
            List<TextView> texts) {

        public boolean earlier() {
            return allLines > lines.size();
        }
    }

    private final Tasks tasks;
    private final Approvals approvals;
    private final Durations durations;
    private final TaskLog log;
    private final Caller caller;

    TaskPages(Tasks tasks, Approvals approvals, Durations durations, TaskLog log, Caller caller) {
        this.tasks = tasks;
        this.approvals = approvals;
        this.durations = durations;
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
        return Html.task(view(tasks.get(id), LINES));
    }

    /** State, steps and outputs alone, for a page that is open. */
    @GET
    @Path("{id}/state")
    public TemplateInstance state(@PathParam("id") String id) {
        return Html.task$state(view(tasks.get(id), 0));
    }

    private TaskView view(Task task, int most) {
        var now = Instant.now();
        var steps = new ArrayList<StepView>();
        for (var step : tasks.steps(task.id())) {
            var took = step.took(now);
            steps.add(
                    new StepView(
                            step,
                            took == null ? null : words(took),
                            step.state() == TaskStep.State.PROCESSING));
        }
        var lines =
                most == 0
                        ? List.<LogLine>of()
                        : log.last(task.id(), most).stream().map(LogLine::of).toList();
        var output = task.output();
        var asked = approvals.of(task.id());
        boolean waits = asked.stream().anyMatch(Approval::open) && !task.state().ended();
        boolean ended = task.state().ended();
        var began = task.startedAt();
        var usual = ended ? null : durations.of(task.template()).orElse(null);
        return new TaskView(
                task.id().toString(),
                task.address(),
                task.title(),
                task.state().mark(),
                waits ? "Needs approval" : task.state().word(),
                ended,
                !ended && !task.cancelled(),
                task.state() == Task.State.FAILED || task.state() == Task.State.CANCELLED,
                !ended && task.cancelled(),
                Figures.actor(task.createdBy()),
                task.createdAt(),
                began == null
                        ? "not yet"
                        : words(
                                Duration.between(
                                        began, task.endedAt() == null ? now : task.endedAt())),
                usual == null
                        ? null
                        : "usually takes "
                                + String.valueOf(Abouts.takes(usual)).replace("about ", ""),
                task.template().name(),
                "/golden-paths/%s/%s"
                        .formatted(task.template().namespace(), task.template().name()),
                task.version(),
                task.fault(),
                task.faultStep(),
                asked.stream().map(one -> view(task, one, steps)).toList(),
                steps,
                lines,
                most == 0 ? 0 : log.count(task.id()),
                lines.isEmpty() ? 0 : lines.getLast().id(),
                output == null ? List.of() : links(output),
                output == null ? List.of() : texts(output));
    }

    private ApprovalView view(Task task, Approval approval, List<StepView> steps) {
        var who =
                approval.approvers().isEmpty()
                        ? "whoever runs the portal"
                        : approval.approvers().stream()
                                .map(Figures::actor)
                                .collect(Collectors.joining(", "));
        var by = approval.decidedBy() == null ? "" : Figures.actor(approval.decidedBy());
        var said =
                switch (approval.state()) {
                    case OPEN -> null;
                    case APPROVED -> "Approved by " + by;
                    case DECLINED -> "Declined by " + by;
                    case EXPIRED -> "Nobody decided in time";
                    case WITHDRAWN -> "Nobody decided before the task was cancelled";
                };
        return new ApprovalView(
                approval.position() == Approval.BEFORE_ALL
                        ? "anything is done"
                        : "step “%s”".formatted(steps.get(approval.position()).step().name()),
                who,
                Markdown.html(approval.shown()),
                Figures.minute(approval.until()),
                approval.open() && !task.state().ended(),
                approvals.mayDecide(task, approval),
                switch (approval.state()) {
                    case OPEN -> "wait";
                    case APPROVED -> "ok";
                    case DECLINED, EXPIRED -> "fail";
                    case WITHDRAWN -> "off";
                },
                said == null || approval.answer() == null
                        ? said
                        : "%s: “%s”".formatted(said, approval.answer()));
    }

    private static List<LinkView> links(JsonNode output) {
        var links = new ArrayList<LinkView>();
        for (var link : output.path("links")) {
            var url =
                    link.hasNonNull("url")
                            ? link.get("url").asText()
                            : link.hasNonNull("entityRef")
                                    ? address(link.get("entityRef").asText())
                                    : "";
            // Whatever a template makes of it, a link leads to a page and runs nothing.
            if (url.startsWith("https://") || url.startsWith("http://") || isLocal(url)) {
                links.add(new LinkView(link.path("title").asText(url), url));
            }
        }
        return links;
    }

    private static boolean isLocal(String url) {
        return url.startsWith("/") && !url.startsWith("//") && url.indexOf('\\') < 0;
    }

    private static String address(String ref) {
        try {
            return EntityRef.parse(ref).address();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private List<TextView> texts(JsonNode output) {
        var texts = new ArrayList<TextView>();
        for (var text : output.path("text")) {
            texts.add(
                    new TextView(
                            text.path("title").asText(""),
                            Markdown.html(text.path("content").asText(""))));
        }
        return texts;
    }

    static String words(Duration time) {
        long seconds = time.toSeconds();
        if (seconds < 1) {
            return time.toMillis() + " ms";
        }
        return seconds < 60
                ? seconds + " s"
                : seconds < 3600
                        ? "%d min %d s".formatted(seconds / 60, seconds % 60)
                        : "%d h %d min".formatted(seconds / 3600, seconds / 60 % 60);
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
