package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Acting;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Subject;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All tasks with their steps. */
@ApplicationScoped
class Tasks {

    /** A task whose holder died is taken by another after so long. */
    static final Duration LEASE = Duration.ofSeconds(20);

    private static final String SELECT =
            """
            select id, template, title, version, spec, created_by, account, scopes, created_at, state,
                   cancelled, lease, tries, started_at, ended_at, leased_until, output, fault,
                   fault_step
            from task
            """;

    /** What is asked for when a list is. */
    record Question(
            @Nullable String createdBy,
            List<Task.State> states,
            @Nullable String template,
            int limit,
            long offset) {}

    record Found(List<Task> tasks, long total) {}

    private final Sql sql;
    private final ObjectMapper json;
    private final Caller caller;
    private final Acting acting;
    private final Audit audit;
    private final KeptSecrets secrets;
    private final FormUploads uploads;

    Tasks(
            Sql sql,
            ObjectMapper json,
            Caller caller,
            Acting acting,
            Audit audit,
            KeptSecrets secrets,
            FormUploads uploads) {
        this.sql = sql;
        this.json = json;
        this.caller = caller;
        this.acting = acting;
        this.audit = audit;
        this.secrets = secrets;
        this.uploads = uploads;
    }

    private Task read(ResultSet row) throws SQLException {
        var scopes = row.getArray(8);
        var leased = Sql.instant(row, 16);
        return new Task(
                row.getObject(1, UUID.class),
                EntityRef.parse(row.getString(2)),
                row.getString(3),
                row.getString(4),
                tree(row.getString(5)),
                row.getString(6),
                row.getString(7),
                scopes == null ? null : Arrays.asList((String[]) scopes.getArray()),
                Objects.requireNonNull(Sql.instant(row, 9)),
                Task.State.of(row.getString(10)),
                row.getBoolean(11),
                row.getObject(12, UUID.class),
                row.getInt(13),
                Sql.instant(row, 14),
                Sql.instant(row, 15),
                leased == null ? null : leased.minus(LEASE),
                optional(row.getString(17)),
                row.getString(18),
                row.getString(19));
    }

    private @Nullable JsonNode optional(@Nullable String text) {
        return text == null ? null : tree(text);
    }

    private JsonNode tree(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A new task of a template, for the caller. */
    @Transactional
    Task create(Template template, ObjectNode spec, Map<String, String> given) {
        var who = caller.signedIn();
        caller.require(Permission.TEMPLATE_RUN, template.ref().toString());
        var id = UUID.randomUUID();
        var scopes = acting.scopes();
        sql.update(
                """
                insert into task (id, template, title, version, spec, created_by, account, scopes)
                values (?, ?, ?, ?, ?::jsonb, ?, ?, ?)
                """,
                id,
                template.ref().toString(),
                template.title(),
                template.version(),
                spec.toString(),
                who.ref(),
                who.name(),
                scopes == null ? null : scopes.toArray(String[]::new));
        int position = 0;
        for (var step : template.steps()) {
            sql.update(
                    "insert into task_step (task, position, id, name, action) values (?, ?, ?, ?, ?)",
                    id,
                    position++,
                    step.id(),
                    step.name(),
                    step.action());
        }
        uploads.take(id, spec.path("parameters"));
        var made = find(id).orElseThrow();
        keep(made, given);
        wake();
        audit.record(
                "task.create",
                made.ref(),
                Map.of("template", template.ref().toString(), "version", template.version()));
        return made;
    }

    private void keep(Task task, Map<String, String> given) {
        if (!given.isEmpty()) {
            try {
                secrets.put(task.secret(), json.writeValueAsBytes(given));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What it was given and must not show. */
    Map<String, String> secrets(Task task) {
        return secrets.get(task.secret())
                .map(
                        bytes -> {
                            try {
                                return json.readValue(
                                        new String(bytes, StandardCharsets.UTF_8),
                                        new TypeReference<Map<String, String>>() {});
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                .orElse(Map.of());
    }

    Optional<Task> find(UUID id) {
        return sql.first(SELECT + "where id = ?", this::read, id);
    }

    /**
     * Whoever started it, whoever is asked to approve it, the owners of its template, and
     * administrators see a task.
     *
     * @throws NotFound when there is none for the caller
     */
    Task get(String id) {
        return uuid(id).flatMap(this::find)
                .filter(this::mine)
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "There is no task %s, or it is not shown to you."
                                                .formatted(Workspace.shown(id))));
    }

    private static Optional<UUID> uuid(String text) {
        return text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
                ? Optional.of(UUID.fromString(text))
                : Optional.empty();
    }

    private boolean mine(Task task) {
        var who = caller.signedIn();
        return task.createdBy().equals(who.ref())
                || owned(who).contains(task.template().toString())
                || caller.may(Permission.ACCESS_MANAGE)
                || sql.one(
                        """
                        select exists (select from task_approval
                                       where task = ? and approvers && ?::text[])
                        """,
                        row -> row.getBoolean(1),
                        task.id(),
                        who.holders().toArray(String[]::new));
    }

    private List<String> owned(Subject who) {
        return sql.list(
                "select ref from catalog_entity where kind = 'Template' and owner = any(?)",
                row -> row.getString(1),
                (Object) who.holders().toArray(String[]::new));
    }

    /** Those that the caller sees, the newest first. */
    Found list(Question question) {
        var who = caller.signedIn();
        var states =
                question.states.isEmpty()
                        ? Arrays.stream(Task.State.values()).map(Task.State::id)
                        : question.states.stream().map(Task.State::id);
        var values = new ArrayList<Object>();
        values.add(caller.may(Permission.ACCESS_MANAGE));
        values.add(who.ref());
        values.add(owned(who).toArray(String[]::new));
        values.add(who.holders().toArray(String[]::new));
        values.add(states.toArray(String[]::new));
        var where =
                new StringBuilder(
                        """
                        where (? or created_by = ? or template = any(?) or exists (
                                select from task_approval a where a.task = task.id and approvers && ?))
                            and state = any(?)
                        """);
        if (question.createdBy != null) {
            where.append(" and created_by = ?");
            values.add(question.createdBy);
        }
        if (question.template != null) {
            where.append(" and template = ?");
            values.add(question.template);
        }
        var total =
                sql.one(
                        "select count(*) from task " + where,
                        row -> row.getLong(1),
                        values.toArray());
        values.add(question.limit);
        values.add(question.offset);
        return new Found(
                sql.list(
                        SELECT + where + " order by created_at desc, id limit ? offset ?",
                        this::read,
                        values.toArray()),
                total);
    }

    List<TaskStep> steps(UUID task) {
        return sql.list(
                """
                select position, id, name, action, state, started_at, ended_at, output, reason
                from task_step where task = ? order by position
                """,
                row ->
                        new TaskStep(
                                row.getInt(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                TaskStep.State.of(row.getString(5)),
                                Sql.instant(row, 6),
                                Sql.instant(row, 7),
                                optional(row.getString(8)),
                                row.getString(9)),
                task);
    }

    /**
     * Asks for its end. One that nobody works on ends at once.
     *
     * @throws Conflict when it has ended
     */
    @Transactional
    void cancel(Task task) {
        if (sql.update(
                        """
                        update task set cancelled = true,
                            state = case when leased_until > clock_timestamp() then state
                                    else 'cancelled' end,
                            ended_at = case when leased_until > clock_timestamp() then null
                                       else clock_timestamp() end,
                            due_at = clock_timestamp()
                        where id = ? and state in ('open', 'processing')
                        """,
                        task.id())
                == 0) {
            throw new Conflict("This task has ended already; there is nothing to cancel.");
        }
        if (find(task.id()).orElseThrow().state().ended()) {
            sql.update(
                    """
                    update task_step set state = 'cancelled'
                    where task = ? and state in ('waiting', 'processing')
                    """,
                    task.id());
            sql.update(
                    "update task_approval set state = 'withdrawn' where task = ? and state = 'open'",
                    task.id());
            event(task.id(), "cancelled", "The task was cancelled while it waited.", null);
            secrets.drop(task.secret());
        }
        audit.record("task.cancel", task.ref(), Map.of());
        call(task.id());
    }

    /**
     * Goes on from the step that failed, with the files as they were before it.
     *
     * @param given secrets, in place of those that were kept; empty to go on with those
     * @throws Conflict when it did not fail and was not cancelled
     */
    @Transactional
    void retry(Task task, Map<String, String> given) {
        if (sql.update(
                        """
                        update task set state = 'open', cancelled = false, tries = 0, fault = null,
                            fault_step = null, ended_at = null, due_at = clock_timestamp()
                        where id = ? and state in ('failed', 'cancelled')
                        """,
                        task.id())
                == 0) {
            throw new Conflict(
                    "This task did not fail, so there is nothing to try again. Start it anew from its golden path.");
        }
        sql.update(
                """
                update task_step set state = 'waiting', started_at = null, ended_at = null,
                    reason = null, output = null
                where task = ? and (state in ('failed', 'cancelled') or state = 'skipped'
                    and position > (select min(position) from task_step
                                    where task = ? and state in ('failed', 'cancelled')))
                """,
                task.id(),
                task.id());
        sql.update("delete from task_approval where task = ? and state <> 'approved'", task.id());
        keep(task, given);
        event(
                task.id(),
                "recovered",
                "Tried again by %s from the step that failed.".formatted(caller.entityRef()),
                null);
        audit.record("task.retry", task.ref(), Map.of());
        call(task.id());
        wake();
    }

    private void event(UUID task, String type, String message, @Nullable JsonNode body) {
        sql.update(
                "insert into task_event (task, type, message, body) values (?, ?, ?, ?::jsonb)",
                task,
                type,
                message,
                body == null ? null : body.toString());
    }

    /** Lets a task that waits for a word be taken at once. */
    void goOn(UUID task, String message) {
        sql.update("update task set due_at = clock_timestamp() where id = ?", task);
        event(task, "log", message, null);
        call(task);
        wake();
    }

    /** Tells all replicas that something waits. */
    private void wake() {
        sql.list("select pg_notify('tasks_due', '')", row -> true);
    }

    /** Tells all replicas that something about it changed. */
    void call(UUID task) {
        sql.list("select pg_notify('tasks', ?)", row -> true, task.toString());
    }
}
