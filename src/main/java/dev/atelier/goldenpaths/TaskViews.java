package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.platform.web.Figures;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.RawString;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A task as its page shows it. */
@ApplicationScoped
class TaskViews {

    /** Lines of the log that the page begins with; earlier ones are asked for. */
    static final int LINES = 500;

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);

    /**
     * A step as the page shows it.
     *
     * @param took how long it took, has taken so far, or usually takes
     */
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
    public record View(
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

    TaskViews(Tasks tasks, Approvals approvals, Durations durations, TaskLog log) {
        this.tasks = tasks;
        this.approvals = approvals;
        this.durations = durations;
        this.log = log;
    }

    /**
     * @param most lines of the log that come with it
     */
    View of(Task task, int most) {
        var now = Instant.now();
        boolean ended = task.state().ended();
        var usual = ended ? null : durations.of(task.template()).orElse(null);
        var stored = tasks.steps(task.id());
        var steps = stored.stream().map(step -> view(step, usual, now)).toList();
        var lines =
                most == 0
                        ? List.<LogLine>of()
                        : log.last(task.id(), most).stream().map(LogLine::of).toList();
        var output = task.output();
        var asked = approvals.of(task.id());
        boolean waits = asked.stream().anyMatch(Approval::open) && !task.state().ended();
        var began = task.startedAt();
        return new View(
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
                usual == null ? null : likely(usual, waits ? List.of() : stored, now),
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

    private static StepView view(TaskStep step, Durations.@Nullable Usual usual, Instant now) {
        var took = step.took(now);
        var expected = usual == null ? null : usual.steps().get(step.id());
        return new StepView(
                step,
                took != null
                        ? words(took)
                        : expected == null || step.state().ended()
                                ? null
                                : "usually " + words(expected),
                step.state() == TaskStep.State.PROCESSING);
    }

    /**
     * @param steps none where what is left cannot be told
     */
    private static String likely(Durations.Usual usual, List<TaskStep> steps, Instant now) {
        var left = steps.isEmpty() ? null : usual.left(steps, now).orElse(null);
        if (left == null) {
            return "usually takes "
                    + String.valueOf(Abouts.takes(usual.all())).replace("about ", "");
        }
        return left.toMillis() < 500
                ? "longer than usual"
                : String.valueOf(Abouts.takes(left)) + " left";
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
}
