package dev.atelier.experiments;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All runs; what was recorded in them is in {@link RunValues}, {@link RunLinks}, {@link Metrics}.
 */
@ApplicationScoped
public class Runs {

    /** The tag that holds a run's name too. */
    static final String NAME_TAG = "mlflow.runName";

    private static final String COLUMNS =
            "r.id, r.experiment, r.name, r.user_id, r.created_by, r.status, r.start_time,"
                    + " r.end_time, r.deleted_at";

    /**
     * A run to be made.
     *
     * @param name null when one shall be invented
     */
    record Wish(
            long experiment,
            @Nullable String name,
            String userId,
            long startTime,
            Map<String, String> tags) {}

    private final Sql sql;
    private final Audit audit;

    /** A run never moves to another experiment. */
    private final Cache<UUID, Long> experiments =
            Caffeine.newBuilder().maximumSize(100_000).build();

    Runs(Sql sql, Audit audit) {
        this.sql = sql;
        this.audit = audit;
    }

    private static Run read(ResultSet row) throws SQLException {
        return new Run(
                row.getObject(1, UUID.class),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                Run.Status.valueOf(row.getString(6)),
                row.getLong(7),
                row.getObject(8, Long.class),
                Sql.instant(row, 9));
    }

    public Optional<Run> find(UUID id) {
        return sql.first("select " + COLUMNS + " from run r where r.id = ?", Runs::read, id);
    }

    /**
     * @param id 32 hexadecimal digits
     * @throws NotFound when no run has them
     */
    public Run get(String id) {
        return Ids.of(id).flatMap(this::find).orElseThrow(() -> none(id));
    }

    static NotFound none(String id) {
        return new NotFound("Run with id=%s not found".formatted(id));
    }

    /**
     * The experiment of a run.
     *
     * @throws NotFound when there is no such run
     */
    public long experimentOf(UUID id) {
        return Objects.requireNonNull(
                experiments.get(
                        id,
                        one ->
                                sql.first(
                                                "select experiment from run where id = ?",
                                                row -> row.getLong(1),
                                                one)
                                        .orElseThrow(() -> none(Ids.hex(one)))));
    }

    /**
     * The page of a run.
     *
     * @param id as whoever registered something said it; null for none
     * @return null when that is no run of the portal
     */
    public @Nullable String address(@Nullable String id) {
        return Optional.ofNullable(id)
                .flatMap(Ids::of)
                .flatMap(this::find)
                .map(Run::address)
                .orElse(null);
    }

    /** Those that a search finds, in its order. */
    List<Run> search(RunSearch search, long limit, long offset) {
        var ranked = search.ranked();
        if (ranked.isPresent()) {
            var first = list(ranked.get().select(COLUMNS, limit, offset));
            if (first.size() == limit) {
                return first;
            }
        }
        return list(search.select(COLUMNS, limit, offset));
    }

    private List<Run> list(SqlText statement) {
        return sql.list(statement.text(), Runs::read, statement.values());
    }

    /**
     * The run as it was made; its invented name, if it has one, is in the tags too.
     *
     * @throws NotFound when there is no such experiment
     * @throws Invalid when it was deleted, or a tag cannot be
     */
    Run create(Wish wish, String actor) {
        var tags = new LinkedHashMap<>(wish.tags);
        tags.forEach(MlflowRules::runTag);
        var tagged = tags.getOrDefault(NAME_TAG, "");
        var name =
                wish.name != null && !wish.name.isEmpty()
                        ? wish.name
                        : tagged.isEmpty() ? RunNames.invent() : tagged;
        if (!tagged.isEmpty() && !tagged.equals(name)) {
            throw new Invalid(
                    "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='%s', mlflow.runName='%s')."
                            .formatted(name, tagged));
        }
        tags.put(NAME_TAG, name);
        MlflowRules.runTag(NAME_TAG, name);
        MlflowRules.atMost("user id", wish.userId, 256);
        var run =
                new Run(
                        UUID.randomUUID(),
                        wish.experiment,
                        name,
                        wish.userId,
                        actor,
                        Run.Status.RUNNING,
                        wish.startTime,
                        null,
                        null);
        var made =
                sql.update(
                        """
                        with made as (
                            insert into run (id, experiment, name, user_id, created_by, status,
                                start_time)
                            select ?, id, ?, ?, ?, 'RUNNING', ? from experiment
                            where id = ? and deleted_at is null
                            returning id, experiment)
                        insert into run_tag (run, experiment, key, value)
                        select m.id, m.experiment, t.key, t.value
                        from made m, unnest(?, ?) as t (key, value)
                        """,
                        run.id(),
                        name,
                        wish.userId,
                        actor,
                        wish.startTime,
                        wish.experiment,
                        tags.keySet().toArray(String[]::new),
                        tags.values().toArray(String[]::new));
        if (made == 0) {
            if (sql.first("select 1 from experiment where id = ?", row -> 1, wish.experiment)
                    .isEmpty()) {
                throw Experiments.none(Long.toString(wish.experiment));
            }
            throw new Invalid(
                    "The experiment %d was deleted: no run can be added to it. Restore it first."
                            .formatted(wish.experiment));
        }
        experiments.put(run.id(), wish.experiment);
        return run;
    }

    /**
     * Changes what is given.
     *
     * @param endTime milliseconds since 1970
     */
    @Transactional
    Run update(
            UUID id, Run.@Nullable Status status, @Nullable Long endTime, @Nullable String name) {
        requireLive(id);
        sql.update(
                """
                update run set status = coalesce(?, status), end_time = coalesce(?, end_time),
                    name = coalesce(?, name)
                where id = ?
                """,
                status == null ? null : status.name(),
                endTime,
                name,
                id);
        if (name != null) {
            MlflowRules.runTag(NAME_TAG, name);
            sql.update(
                    """
                    insert into run_tag (run, experiment, key, value)
                    select id, experiment, ?, name from run where id = ?
                    on conflict (run, key) do update set value = excluded.value
                    """,
                    NAME_TAG,
                    id);
        }
        return find(id).orElseThrow();
    }

    /**
     * @throws Invalid when the run was deleted: nothing is recorded in it any more
     */
    void requireLive(UUID id) {
        var live =
                sql.first(
                                "select deleted_at is null from run where id = ?",
                                row -> row.getBoolean(1),
                                id)
                        .orElseThrow(() -> none(Ids.hex(id)));
        if (!live) {
            throw new Invalid(
                    "The run %s must be in the 'active' state. Current state is deleted."
                            .formatted(Ids.hex(id)));
        }
    }

    @Transactional
    public void delete(Run run) {
        if (sql.update(
                        """
                        update run set deleted_at = clock_timestamp()
                        where id = ? and deleted_at is null
                        """,
                        run.id())
                == 1) {
            audit.record(
                    "run.delete",
                    Experiment.ref(run.experiment()),
                    Map.of("run", run.hex(), "name", run.name()));
        }
    }

    @Transactional
    public void restore(Run run) {
        if (sql.update(
                        "update run set deleted_at = null where id = ? and deleted_at is not null",
                        run.id())
                == 1) {
            audit.record(
                    "run.restore",
                    Experiment.ref(run.experiment()),
                    Map.of("run", run.hex(), "name", run.name()));
        }
    }

    /** Deletes or restores several at once, all of them or none. */
    @Transactional
    void change(List<Run> runs, boolean delete) {
        runs.forEach(delete ? this::delete : this::restore);
    }

    /** Those of these that are there, in no order. */
    List<Run> of(Collection<UUID> ids) {
        return sql.list(
                "select " + COLUMNS + " from run r where r.id = any(?)",
                Runs::read,
                (Object) ids.toArray(UUID[]::new));
    }

    long count(SqlText statement) {
        return sql.one(statement.text(), row -> row.getLong(1), statement.values());
    }

    /**
     * The first runs that say that they are in these.
     *
     * @param most of each
     */
    Map<UUID, List<Run>> children(long experiment, Collection<Run> parents, int most) {
        var children = new HashMap<UUID, List<Run>>();
        if (parents.isEmpty()) {
            return children;
        }
        sql.list(
                """
                select %s, p.parent from unnest(?) as p (parent)
                cross join lateral (
                    select c.* from (
                        select t.run from run_tag t
                        where t.experiment = ? and t.key = ? and left(t.value, 100) = p.parent
                        limit 1000) as t
                    join run c on c.id = t.run
                    where c.deleted_at is null order by c.start_time, c.id limit ?) as r
                """
                        .formatted(COLUMNS),
                row ->
                        children.computeIfAbsent(
                                        Ids.of(row.getString(10)).orElseThrow(),
                                        _ -> new ArrayList<>())
                                .add(read(row)),
                parents.stream().map(Run::hex).toArray(String[]::new),
                experiment,
                RunTables.PARENT_TAG,
                most);
        return children;
    }
}
