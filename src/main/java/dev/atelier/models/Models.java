package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All models, and the aliases of their versions. */
@ApplicationScoped
public class Models {

    /** The alias that calls without a version follow. */
    public static final String CHAMPION = "champion";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*");
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
    public record AliasMove(
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

    Models(
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

    /** Why a text cannot name a model, or null when it can: the rule of catalog entities. */
    static @Nullable String nameFault(String name) {
        if (name.isEmpty()) {
            return "A model needs a name.";
        }
        if (name.equalsIgnoreCase("new")) {
            return "A model cannot be called \"new\": that is the address of the form.";
        }
        if (name.length() > 63 || !NAME.matcher(name).matches()) {
            return "A model's name has at most 63 letters (a to z), digits, and single - _ . between"
                    + " them.";
        }
        return null;
    }

    static void checkAlias(String alias) {
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

    public List<Model> list() {
        return sql.list(SELECT + "where m.deleted_at is null order by lower(m.name)", Models::read);
    }

    public Optional<Model> find(String name) {
        return sql.first(
                SELECT + "where m.deleted_at is null and lower(m.name) = lower(?)",
                Models::read,
                name);
    }

    /** The model that clients of MLflow call so: by its title, else by its name. */
    Optional<Model> findCalled(String name) {
        return sql.first(
                SELECT
                        + "where m.deleted_at is null and (m.title = ? or lower(m.name) = lower(?))"
                        + " order by (m.title = ?) desc nulls last limit 1",
                Models::read,
                name,
                name,
                name);
    }

    /**
     * @throws NotFound when there is none
     */
    Model called(String name) {
        return findCalled(name).orElseThrow(() -> Resource.unknown(Resource.model(name)));
    }

    /** One of what {@link #named} found. */
    static Model in(Map<String, Model> known, String name) {
        return Objects.requireNonNull(known.get(name.toLowerCase(Locale.ROOT)));
    }

    /**
     * The portal's name of a model that clients call so; that becomes its title where it differs.
     */
    String freeName(String called) {
        return nameFault(called) == null
                ? called
                : ModelNames.freeFrom(
                        called, other -> nameFault(other) != null || find(other).isPresent());
    }

    /**
     * Makes a model without versions.
     *
     * @param called any name; where it cannot name a catalog entity, it becomes the title
     * @param owner reference of the user or group that will own it
     * @throws Conflict when there is one of that name
     */
    Model create(
            String called,
            String owner,
            @Nullable String description,
            Map<String, String> tags,
            String actor) {
        var name = freeName(called);
        var made =
                transaction.call(
                        () -> {
                            var rows =
                                    sql.update(
                                            """
                                            insert into model (name, title, owner, description,
                                                created_by)
                                            values (?, ?, ?, ?, ?) on conflict do nothing
                                            """,
                                            name,
                                            name.equals(called) ? null : called,
                                            owner,
                                            description,
                                            actor);
                            if (rows == 1) {
                                tags.forEach(
                                        (key, value) ->
                                                sql.update(
                                                        "insert into model_tag (model, key, value) values (?, ?, ?)",
                                                        name,
                                                        key,
                                                        value));
                                audit.record(
                                        "model.create",
                                        Resource.model(name),
                                        Map.of("name", called));
                            }
                            return rows == 1;
                        });
        if (!made) {
            throw new Conflict("There is a model \"%s\" already.".formatted(called));
        }
        return get(name);
    }

    private record Note(Optional<Model> model) {}

    /** The model that a catalog entity describes, asked for once an entity; see {@link #find}. */
    public Optional<Model> of(Entity entity) {
        return entity.kind().equalsIgnoreCase("Model")
                        && entity.namespace().equals(EntityRef.DEFAULT_NAMESPACE)
                ? entity.noted(Note.class, () -> new Note(find(entity.name()))).model
                : Optional.empty();
    }

    /** Those of these names that exist, by their name in lower case. */
    public Map<String, Model> named(Collection<String> names) {
        return sql
                .list(
                        SELECT + "where m.deleted_at is null and lower(m.name) = any(?)",
                        Models::read,
                        (Object)
                                names.stream()
                                        .map(name -> name.toLowerCase(Locale.ROOT))
                                        .toArray(String[]::new))
                .stream()
                .collect(
                        Collectors.toMap(
                                model -> model.name().toLowerCase(Locale.ROOT), model -> model));
    }

    /**
     * The model of that name, whatever its case.
     *
     * @throws NotFound when there is none
     */
    public Model get(String name) {
        return find(name).orElseThrow(() -> Resource.unknown(Resource.model(name)));
    }

    private static final String SELECT =
            """
            select m.name, m.last_version, m.owner, m.license, m.description, m.created_at, m.created_by,
                   (select array_agg(a.alias || '=' || a.number) from model_alias a
                    where a.model = m.name),
                   coalesce((select a.number from model_alias a
                             join model_version v on v.model = a.model and v.number = a.number
                             where a.model = m.name and a.alias = 'champion' and v.state = 'READY'),
                            (select v.number from model_version v
                             where v.model = m.name and v.state = 'READY'
                             order by v.number desc limit 1)),
                   m.title,
                   (select array_agg(v.number) from model_version v
                    where v.model = m.name and v.state = 'DELETED'),
                   m.changed_at
            from model m
            """;

    private static Model read(ResultSet row) throws SQLException {
        var aliases = new TreeMap<String, Integer>();
        var pairs = row.getArray(8);
        if (pairs != null) {
            for (var pair : (String[]) pairs.getArray()) {
                var sides = pair.split("=", 2);
                aliases.put(sides[0], Integer.valueOf(sides[1]));
            }
        }
        var deleted = row.getArray(11);
        return new Model(
                row.getString(1),
                row.getInt(2),
                row.getString(10),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                row.getString(7),
                row.getObject(12, OffsetDateTime.class).toInstant(),
                aliases,
                row.getObject(9, Integer.class),
                deleted == null ? Set.of() : Set.of((Integer[]) deleted.getArray()));
    }

    /** The newest moves first. */
    public List<AliasMove> moves(String model) {
        return sql.list(
                """
                select alias, from_number, to_number, at, actor, manner, reason, approver
                from model_alias_move where model = ? order by id desc limit 200
                """,
                row ->
                        new AliasMove(
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
