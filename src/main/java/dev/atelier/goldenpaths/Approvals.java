package dev.atelier.goldenpaths;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Role;
import dev.atelier.identity.Roles;
import dev.atelier.identity.Subject;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What tasks wait for: the word of somebody else than whoever started them. */
@ApplicationScoped
public class Approvals {

    private static final int LONGEST = 1000;
    private static final int SHOWN = 200;

    private static final String SELECT =
            """
            select task, position, approvers, shown, asked_at, until, state, decided_by, decided_at,
                   answer
            from task_approval
            """;

    /** A task that waits for the caller's word. */
    public record Waiting(String title, String by, String address) {}

    private final Sql sql;
    private final Tasks tasks;
    private final Caller caller;
    private final Audit audit;
    private final Roles roles;
    private final Notifications notifications;

    Approvals(
            Sql sql,
            Tasks tasks,
            Caller caller,
            Audit audit,
            Roles roles,
            Notifications notifications) {
        this.sql = sql;
        this.tasks = tasks;
        this.caller = caller;
        this.audit = audit;
        this.roles = roles;
        this.notifications = notifications;
    }

    private static Approval read(ResultSet row) throws SQLException {
        return new Approval(
                row.getObject(1, UUID.class),
                row.getInt(2),
                Arrays.asList((String[]) row.getArray(3).getArray()),
                row.getString(4),
                Objects.requireNonNull(Sql.instant(row, 5)),
                Objects.requireNonNull(Sql.instant(row, 6)),
                Approval.State.of(row.getString(7)),
                row.getString(8),
                Sql.instant(row, 9),
                row.getString(10));
    }

    Optional<Approval> find(UUID task, int position) {
        return sql.first(
                SELECT + "where task = ? and position = ?", Approvals::read, task, position);
    }

    /** All of a task, in the order of its steps. */
    List<Approval> of(UUID task) {
        return sql.list(SELECT + "where task = ? order by position", Approvals::read, task);
    }

    /** Part of whoever holds the task and gives it back: see {@link TaskLeases#waitFor}. */
    void ask(Task task, int position, ApprovalRule rule) {
        sql.update(
                """
                insert into task_approval (task, position, approvers, shown, until)
                values (?, ?, ?, ?, clock_timestamp() + ?::interval)
                """,
                task.id(),
                position,
                rule.by().toArray(String[]::new),
                rule.shows(),
                rule.within().toString());
        var whom =
                rule.by().isEmpty()
                        ? roles.all().stream()
                                .filter(
                                        held ->
                                                held.role() == Role.PLATFORM_ADMIN
                                                        && held.team() == null)
                                .map(held -> new To(held.holder(), "you run the portal"))
                                .toList()
                        : rule.by().stream().map(ref -> new To(ref, "you may approve it")).toList();
        notifications.postBy(
                task.createdBy(),
                new News(
                        Topic.TASK,
                        "“%s” waits for your approval".formatted(task.title()),
                        task.template().toString(),
                        task.address()),
                whom.toArray(To[]::new));
    }

    /** Whether the caller may decide it. */
    boolean mayDecide(Task task, Approval approval) {
        var who = caller.signedIn();
        return approval.open()
                && !task.createdBy().equals(who.ref())
                && isAsked(who, approval)
                && caller.may(Permission.TASK_APPROVE);
    }

    private boolean isAsked(Subject who, Approval approval) {
        return approval.approvers().stream().anyMatch(who.holders()::contains)
                || caller.may(Permission.ACCESS_MANAGE);
    }

    /**
     * Says yes or no.
     *
     * @param answer why; whoever started the task reads it
     * @throws Conflict when nobody needs to decide any more
     */
    @Transactional
    public void decide(String id, boolean approves, String answer) {
        var task = tasks.get(id);
        var who = caller.signedIn();
        var text = answer.strip();
        var open = of(task.id()).stream().filter(Approval::open).findFirst();
        if (open.isEmpty() || task.state().ended()) {
            throw new Conflict("This task waits for nobody's approval.");
        }
        caller.require(Permission.TASK_APPROVE, null);
        if (task.createdBy().equals(who.ref())) {
            throw new Denied("You started this task; somebody else approves it.");
        }
        if (!isAsked(who, open.get())) {
            throw new Denied(
                    "This task waits for the approval of %s."
                            .formatted(String.join(", ", open.get().approvers())));
        }
        if (text.length() > LONGEST) {
            throw new Invalid(
                    "An answer has at most %d characters.".formatted(LONGEST),
                    List.of(new Invalid.Field("answer", "is too long")));
        }
        if (!approves && text.isEmpty()) {
            throw new Invalid(
                    "Say why not: whoever started it reads it.",
                    List.of(new Invalid.Field("answer", "is missing")));
        }
        if (sql.update(
                        """
                        update task_approval
                        set state = ?, decided_by = ?, decided_at = clock_timestamp(),
                            answer = nullif(?, '')
                        where task = ? and position = ? and state = 'open'
                          and until > clock_timestamp()
                        """,
                        approves ? "approved" : "declined",
                        who.ref(),
                        text,
                        task.id(),
                        open.get().position())
                == 0) {
            throw new Conflict("Somebody else has decided this, or its time is over.");
        }
        tasks.goOn(
                task.id(),
                "%s by %s%s"
                        .formatted(
                                approves ? "Approved" : "Declined",
                                who.ref(),
                                text.isEmpty() ? "." : ": " + text));
        audit.record(
                approves ? "task.approve" : "task.decline",
                task.ref(),
                Map.of("position", open.get().position(), "answer", text));
        notifications.post(
                new News(
                        Topic.TASK,
                        "“%s” was %s".formatted(task.title(), approves ? "approved" : "declined"),
                        task.template().toString(),
                        task.address()),
                To.asker(task.createdBy()));
    }

    /** Its time is over. */
    void expire(Approval approval) {
        sql.update(
                """
                update task_approval set state = 'expired', decided_at = clock_timestamp()
                where task = ? and position = ? and state = 'open'
                """,
                approval.task(),
                approval.position());
    }

    /** Tasks that wait for the caller, the longest first. */
    public List<Waiting> waiting() {
        if (!caller.may(Permission.TASK_APPROVE)) {
            return List.of();
        }
        var who = caller.signedIn();
        return sql.list(
                """
                select t.title, t.created_by, t.id from task_approval a join task t on t.id = a.task
                where a.state = 'open' and t.state = 'open' and t.created_by <> ?
                  and a.until > clock_timestamp()
                  and (a.approvers && ? or (? and a.approvers = '{}'))
                order by a.asked_at limit ?
                """,
                row ->
                        new Waiting(
                                row.getString(1),
                                row.getString(2),
                                "/tasks/" + row.getObject(3, UUID.class)),
                who.ref(),
                who.holders().toArray(String[]::new),
                caller.may(Permission.ACCESS_MANAGE),
                SHOWN);
    }
}
