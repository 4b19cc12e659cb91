package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The aliases of versions, and how they moved. */
@ApplicationScoped
public class Aliases {

    /** The alias that calls without a version follow. */
    public static final String CHAMPION = "champion";

    private static final Pattern ALIAS = Pattern.compile("[\\w-]+(\\.[\\w-]+)*");

    /** What reads as a version, here or in MLflow's addresses of models. */
    private static final Pattern RESERVED =
            Pattern.compile("v?[0-9]+|latest", Pattern.CASE_INSENSITIVE);

    /** In which way an alias came to move. */
    public enum Manner {
        MOVE,
        /** Through the gates. */
        PROMOTION,
        /** Back to what it was before. */
        ROLLBACK,
        /** Past the gates, by an administrator. */
        OVERRIDE;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A move of an alias; a number is null where it was set first or taken away.
     *
     * @param reason what whoever moved it, or approved that, wrote
     * @param approver who let it through, when that is not the actor
     */
    public record Move(
            String alias,
            @Nullable Integer from,
            @Nullable Integer to,
            Instant at,
            String actor,
            Manner manner,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String reason,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String approver) {}

    /** How a move is written down. */
    record How(Manner manner, @Nullable String reason, @Nullable String approver) {
        static final How PLAIN = new How(Manner.MOVE, null, null);
    }

    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final Notifications notifications;
    private final Access access;
    private final GateSets gates;
    private final Caller caller;
    private final Semaphore turns = new Semaphore(4, true);

    Aliases(
            Sql sql,
            Transaction transaction,
            Audit audit,
            Notifications notifications,
            Access access,
            GateSets gates,
            Caller caller) {
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.notifications = notifications;
        this.access = access;
        this.gates = gates;
        this.caller = caller;
    }

    static void check(String alias) {
        if (alias.length() > 255 || !ALIAS.matcher(alias).matches()) {
            throw new Invalid(
                    "An alias has at most 255 letters (a to z), digits, - and _, and single dots"
                            + " between them.",
                    List.of(new Invalid.Field("alias", "cannot be an alias")));
        }
        if (RESERVED.matcher(alias).matches()) {
            throw new Invalid(
                    "\"%s\" is no alias: a number, v and a number, and latest mean versions already."
                            .formatted(alias),
                    List.of(new Invalid.Field("alias", "cannot be an alias")));
        }
    }

    /** The newest moves first. */
    public List<Move> moves(String model) {
        return sql.list(
                """
                select alias, from_number, to_number, at, actor, manner, reason, approver
                from model_alias_move where model = ? order by id desc limit 200
                """,
                row ->
                        new Move(
                                row.getString(1),
                                row.getObject(2, Integer.class),
                                row.getObject(3, Integer.class),
                                row.getObject(4, OffsetDateTime.class).toInstant(),
                                row.getString(5),
                                Manner.valueOf(row.getString(6).toUpperCase(Locale.ROOT)),
                                row.getString(7),
                                row.getString(8)),
                model);
    }

    /**
     * Of each alias of a model the version that it named before the present one, where there was
     * one. A rollback takes its move back, so that the next leads one further.
     */
    public Map<String, Integer> former(String model) {
        var before = new HashMap<String, Deque<Integer>>();
        sql.list(
                """
                select alias, coalesce(from_number, 0), manner from model_alias_move
                where model = ? order by id
                """,
                row -> {
                    var numbers = before.computeIfAbsent(row.getString(1), _ -> new ArrayDeque<>());
                    if (!row.getString(3).equals(Manner.ROLLBACK.id())) {
                        numbers.push(row.getInt(2));
                    } else if (!numbers.isEmpty()) {
                        numbers.pop();
                    }
                    return true;
                },
                model);
        var former = new HashMap<String, Integer>();
        before.forEach(
                (alias, numbers) -> {
                    // 0: it did not exist before.
                    if (!numbers.isEmpty() && numbers.peek() > 0) {
                        former.put(alias, numbers.peek());
                    }
                });
        return former;
    }

    /**
     * Lets an alias name another version, or none.
     *
     * @param expected the version it must name now, 0 when it must not exist; null when that does
     *     not matter
     * @param to the version it names then; null takes the alias away
     * @throws Conflict when it names another version now, or the new one is not ready
     * @throws Denied when gates guard it: then a promotion moves it, see {@link Promotions}
     */
    public void move(
            String model,
            String alias,
            @Nullable Integer expected,
            @Nullable Integer to,
            String actor) {
        var unused =
                alone(
                        model,
                        () -> {
                            moveAndRecord(model, alias, expected, to, actor);
                            return true;
                        });
    }

    /**
     * Does something to a model's aliases in a transaction, one after the other, by a caller who
     * may still move them once their turn comes.
     */
    <T> T alone(String model, Callable<T> work) {
        // Waits without a connection: who waits for the model's row would hold one.
        turns.acquireUninterruptibly();
        try {
            var done =
                    transaction.call(
                            () -> {
                                lock(model);
                                // Waiting for the others took a while: what counts is what the
                                // caller may
                                // do now.
                                var ref = "model:default/" + model.toLowerCase(Locale.ROOT);
                                caller.lookAgain(ref);
                                caller.require(Permission.MODEL_ALIAS, ref);
                                var result = work.call();
                                Failpoints.hit("alias.moved");
                                return result;
                            });
            Failpoints.hit("alias.committed");
            return done;
        } finally {
            turns.release();
        }
    }

    private void moveAndRecord(
            String model,
            String alias,
            @Nullable Integer expected,
            @Nullable Integer to,
            String actor) {
        gates.requireUnguarded(model, alias, to);
        if (moveInTransaction(model, alias, expected, to, actor, How.PLAIN)) {
            audit.record(
                    to == null ? "model-alias.remove" : "model-alias.move",
                    "model:default/" + model,
                    to == null ? Map.of("alias", alias) : Map.of("alias", alias, "version", to));
        }
    }

    /** The model's row is the lock: moves of its aliases happen one after the other. */
    private void lock(String model) {
        sql.list("select 1 from model where name = ? for update", row -> 1, model);
    }

    /** Whether anything moved. */
    @Transactional(Transactional.TxType.MANDATORY)
    boolean moveInTransaction(
            String model,
            String alias,
            @Nullable Integer expected,
            @Nullable Integer to,
            String actor,
            How how) {
        lock(model);
        var now =
                sql.first(
                                "select number from model_alias where model = ? and alias = ?",
                                row -> row.getInt(1),
                                model,
                                alias)
                        .orElse(0);
        if (expected != null && expected != (int) now) {
            throw new Conflict(
                    now == 0
                            ? "The alias \"%s\" does not exist.".formatted(alias)
                            : "The alias \"%s\" names version %d now. Look again, then decide."
                                    .formatted(alias, now));
        }
        if (to == null) {
            if (now == 0) {
                throw new NotFound("There is no alias \"" + alias + "\".");
            }
            sql.update("delete from model_alias where model = ? and alias = ?", model, alias);
        } else {
            var state =
                    sql.first(
                                    "select state from model_version where model = ? and number = ?",
                                    row -> row.getString(1),
                                    model,
                                    to)
                            .orElseThrow(
                                    () ->
                                            new NotFound(
                                                    "\"%s\" has no version %d."
                                                            .formatted(model, to)));
            if (!state.equals("READY")) {
                throw new Conflict(
                        "Version %d is not ready (%s), so no alias can name it."
                                .formatted(to, state));
            }
            if (now == (int) to) {
                return false;
            }
            sql.update(
                    """
                    insert into model_alias (model, alias, number, actor) values (?, ?, ?, ?)
                    on conflict (model, alias) do update
                    set number = excluded.number, since = clock_timestamp(), actor = excluded.actor
                    """,
                    model,
                    alias,
                    to,
                    actor);
        }
        sql.update(
                """
                insert into model_alias_move
                    (model, alias, from_number, to_number, actor, manner, reason, approver)
                values (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                model,
                alias,
                now == 0 ? null : now,
                to,
                actor,
                how.manner.id(),
                how.reason,
                how.approver);
        tell(model, alias, to, actor);
        return true;
    }

    private void tell(String model, String alias, @Nullable Integer to, String actor) {
        var ref = EntityRef.of("model", model).toString();
        var whom = new ArrayList<To>();
        var owner = access.resource(ref).owner();
        if (owner != null) {
            whom.add(To.owner(owner));
        }
        whom.add(To.starred());
        notifications.postBy(
                actor,
                new News(
                        Topic.ALIAS,
                        to == null
                                ? "%s has no %s any more".formatted(model, alias)
                                : "Version %d of %s is its %s now".formatted(to, model, alias),
                        ref,
                        "/models/" + model + "/versions"),
                whom.toArray(To[]::new));
    }
}
