package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.Proposal;
import dev.atelier.identity.Audit;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What whoever holds a task writes about it. All of it is refused to whoever holds it no more, be
 * it a portal that was stopped for a minute and goes on.
 */
@ApplicationScoped
class TaskLeases {

    private static final String SECONDS = Tasks.LEASE.toSeconds() + " seconds";

    /** A line that is to be written. */
    record Line(@Nullable String step, @Nullable String level, String message) {}

    private final Sql sql;
    private final ObjectMapper json;
    private final Tasks tasks;
    private final Approvals approvals;
    private final KeptSecrets secrets;
    private final Notifications notifications;

    TaskLeases(
            Sql sql,
            ObjectMapper json,
            Tasks tasks,
            Approvals approvals,
            KeptSecrets secrets,
            Notifications notifications) {
        this.sql = sql;
        this.json = json;
        this.tasks = tasks;
        this.approvals = approvals;
        this.secrets = secrets;
        this.notifications = notifications;
    }

    /** Takes what is due, so that nobody else does for the length of a lease. */
    List<Task> take(int most) {
        return sql
                .list(
                        """
                        with due as (
                            select id from task
                            where state in ('open', 'processing') and due_at <= clock_timestamp()
                              and (leased_until is null or leased_until < clock_timestamp())
                            order by due_at limit ? for update skip locked)
                        update task t
                        set lease = gen_random_uuid(), tries = tries + 1, state = 'processing',
                            leased_until = clock_timestamp() + ?::interval,
                            started_at = coalesce(started_at, clock_timestamp())
                        from due where due.id = t.id
                        returning t.id
                        """,
                        row -> row.getObject(1, UUID.class),
                        most,
                        SECONDS)
                .stream()
                .map(tasks::find)
                .flatMap(Optional::stream)
                .toList();
    }

    /** How the holder stands. */
    enum Standing {
        HELD,
        CANCELLED,
        LOST
    }

    /** Holds it for another while. */
    Standing hold(Task task) {
        return sql.first(
                        """
                        update task set leased_until = clock_timestamp() + ?::interval
                        where id = ? and lease = ? and state = 'processing' returning cancelled
                        """,
                        row -> row.getBoolean(1) ? Standing.CANCELLED : Standing.HELD,
                        SECONDS,
                        task.id(),
                        task.lease())
                .orElse(Standing.LOST);
    }

    Optional<byte[]> workspace(Task task) {
        return sql.first(
                "select workspace from task where id = ? and workspace is not null",
                row -> row.getBytes(1),
                task.id());
    }

    private void require(Task task) throws Journal.Stopped {
        var mine =
                sql.first(
                        "select 1 from task where id = ? and lease = ? and not cancelled for update",
                        row -> true,
                        task.id(),
                        task.lease());
        if (mine.isEmpty()) {
            throw new Journal.Stopped();
        }
    }

    /** What became of the word that it waits for at a step. */
    @Transactional
    Journal.Word word(Task task, int position) {
        var found = approvals.find(task.id(), position);
        if (found.isEmpty()) {
            return Journal.Word.NONE;
        }
        var approval = found.get();
        return switch (approval.state()) {
            case APPROVED -> new Journal.Word(true, true, "");
            case DECLINED ->
                    new Journal.Word(
                            true,
                            false,
                            "%s declined: %s".formatted(approval.decidedBy(), approval.answer()));
            case EXPIRED, WITHDRAWN -> new Journal.Word(true, false, late(approval));
            case OPEN -> {
                // It is taken again when the time is over.
                approvals.expire(approval);
                yield new Journal.Word(true, false, late(approval));
            }
        };
    }

    private static String late(Approval approval) {
        return "Nobody approved it until %s. Try again to ask once more."
                .formatted(Figures.minute(approval.until()));
    }

    /** Gives it back until somebody has decided, or need not any more. */
    @Transactional(rollbackOn = Journal.Stopped.class)
    void waitFor(Task task, int position, ApprovalRule rule) throws Journal.Stopped {
        require(task);
        approvals.ask(task, position, rule);
        event(
                task,
                "log",
                "Waits for the approval of %s."
                        .formatted(
                                rule.by().isEmpty()
                                        ? "whoever runs the portal"
                                        : String.join(", ", rule.by())),
                null);
        sql.update(
                """
                update task set state = 'open', lease = null, leased_until = null, tries = 0,
                    due_at = (select until from task_approval where task = ? and position = ?)
                where id = ?
                """,
                task.id(),
                position,
                task.id());
        tasks.call(task.id());
    }

    @Transactional(rollbackOn = Journal.Stopped.class)
    void started(Task task, int position) throws Journal.Stopped {
        require(task);
        sql.update(
                """
                update task_step set state = 'processing', started_at = clock_timestamp()
                where task = ? and position = ?
                """,
                task.id(),
                position);
        tasks.call(task.id());
    }

    /**
     * @param workspace null when the files are as they were
     */
    @Transactional(rollbackOn = Journal.Stopped.class)
    void ended(
            Task task,
            int position,
            TaskStep.State state,
            @Nullable ObjectNode output,
            @Nullable String reason,
            byte @Nullable [] workspace)
            throws Journal.Stopped {
        require(task);
        sql.update(
                """
                update task_step set state = ?, ended_at = clock_timestamp(), output = ?::jsonb,
                    reason = ?
                where task = ? and position = ?
                """,
                state.id(),
                output == null ? null : output.toString(),
                reason,
                task.id(),
                position);
        // It got on: what goes wrong from here on is counted anew.
        sql.update("update task set tries = 1 where id = ? and tries <> 1", task.id());
        if (workspace != null) {
            sql.update("update task set workspace = ? where id = ?", workspace, task.id());
        }
        tasks.call(task.id());
    }

    /** Writes lines of the log, in their order. Those of a task that is not held go nowhere. */
    void log(Task task, List<Line> lines) {
        sql.update(
                """
                insert into task_event (task, type, step, level, message)
                select ?, 'log', step, level, message
                from unnest(?, ?, ?) with ordinality as l (step, level, message, n)
                where exists (select from task where id = ? and lease = ?)
                order by n
                """,
                task.id(),
                lines.stream().map(Line::step).toArray(String[]::new),
                lines.stream().map(Line::level).toArray(String[]::new),
                lines.stream().map(Line::message).toArray(String[]::new),
                task.id(),
                task.lease());
        tasks.call(task.id());
    }

    Optional<JsonNode> checkpoint(Task task, String step, String key) {
        return sql.first(
                        "select value from task_checkpoint where task = ? and step = ? and key = ?",
                        row -> row.getString(1),
                        task.id(),
                        step,
                        key)
                .map(
                        text -> {
                            try {
                                return json.readTree(text);
                            } catch (JsonProcessingException e) {
                                throw new IllegalStateException(e);
                            }
                        });
    }

    @Transactional(rollbackOn = Journal.Stopped.class)
    void made(
            Task task,
            String ref,
            @Nullable String commit,
            byte @Nullable [] files,
            Proposal.@Nullable Opened request)
            throws Journal.Stopped {
        held(task);
        if (ref.startsWith(Made.ELSEWHERE) && !task.spec().path("update").isObject()) {
            // Its name was free: what bore it before is gone, and nobody told the portal.
            sql.update("delete from task_made where ref = ? and task <> ?", ref, task.id());
        }
        sql.update(
                """
                insert into task_made (ref, task, commit, files, request, request_page, request_state)
                values (?, ?, ?, ?, ?, ?, ?)
                on conflict (task, ref) do update set commit = excluded.commit, files = excluded.files
                """,
                ref,
                task.id(),
                commit,
                files,
                request == null ? null : request.number(),
                request == null ? null : request.page(),
                request == null ? null : Proposal.State.OPEN.name());
    }

    @Transactional(rollbackOn = Journal.Stopped.class)
    void keep(Task task, String step, String key, JsonNode value) throws Journal.Stopped {
        held(task);
        sql.update(
                """
                insert into task_checkpoint (task, step, key, value) values (?, ?, ?, ?::jsonb)
                on conflict do nothing
                """,
                task.id(),
                step,
                key,
                value.toString());
    }

    /** Of what is done already, which is kept also when somebody asked for its end meanwhile. */
    private void held(Task task) throws Journal.Stopped {
        var held =
                sql.first(
                        "select 1 from task where id = ? and lease = ? for update",
                        row -> true,
                        task.id(),
                        task.lease());
        if (held.isEmpty()) {
            throw new Journal.Stopped();
        }
    }

    /** Gives it back, to be taken at once by whoever looks. */
    void release(Task task) {
        sql.update(
                """
                update task set lease = null, leased_until = null, tries = greatest(tries - 1, 0)
                where id = ? and lease = ?
                """,
                task.id(),
                task.lease());
    }

    /** Goes on after a portal ended in the middle. */
    void recovered(Task task) {
        event(
                task,
                "recovered",
                "The portal ended in the middle of a step. The task goes on from the end of the step before, with the files as they were then.",
                null);
        tasks.call(task.id());
    }

    private void event(Task task, String type, String message, @Nullable JsonNode body) {
        sql.update(
                "insert into task_event (task, type, message, body) values (?, ?, ?, ?::jsonb)",
                task.id(),
                type,
                message,
                body == null ? null : body.toString());
    }

    @Transactional
    void cancelled(Task task) {
        if (finish(task, Task.State.CANCELLED, null, null, null)) {
            event(task, "cancelled", "The task was cancelled.", null);
            tasks.call(task.id());
        }
    }

    @Transactional
    void end(Task task, Run.Outcome outcome) {
        var state = outcome.completed() ? Task.State.COMPLETED : Task.State.FAILED;
        if (!finish(task, state, outcome.output(), outcome.fault(), outcome.step())) {
            return;
        }
        var body = json.createObjectNode();
        if (outcome.output() != null) {
            body.set("output", outcome.output());
        }
        if (outcome.fault() != null) {
            body.putObject("error").put("message", outcome.fault()).put("stepId", outcome.step());
        }
        event(
                task,
                "completion",
                outcome.completed() ? "The task is done." : "The task failed: " + outcome.fault(),
                body);
        notifications.postBy(
                Audit.SYSTEM,
                new News(
                        Topic.TASK,
                        outcome.completed()
                                ? "“%s” is done".formatted(task.title())
                                : "“%s” failed: %s".formatted(task.title(), outcome.fault()),
                        task.template().toString(),
                        task.address()),
                To.asker(task.createdBy()));
        tasks.call(task.id());
    }

    private boolean finish(
            Task task,
            Task.State state,
            @Nullable JsonNode output,
            @Nullable String fault,
            @Nullable String step) {
        if (sql.update(
                        """
                        update task set state = ?, ended_at = clock_timestamp(), lease = null,
                            leased_until = null, output = ?::jsonb, fault = ?, fault_step = ?,
                            workspace = case when ? then null else workspace end
                        where id = ? and lease = ?
                        """,
                        state.id(),
                        output == null ? null : output.toString(),
                        fault,
                        step,
                        state == Task.State.COMPLETED,
                        task.id(),
                        task.lease())
                == 0) {
            return false;
        }
        if (state != Task.State.COMPLETED) {
            var left = state == Task.State.FAILED ? "failed" : "cancelled";
            sql.update(
                    """
                    update task_step set state = ?, ended_at = clock_timestamp(),
                        reason = coalesce(reason, ?)
                    where task = ? and state = 'processing'
                    """,
                    left,
                    fault,
                    task.id());
            sql.update(
                    "update task_step set state = 'cancelled' where task = ? and state = 'waiting'",
                    task.id());
        }
        if (state != Task.State.FAILED) {
            secrets.drop(task.secret());
        }
        return true;
    }
}
