package dev.atelier.experiments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All runs, with their params, tags and inputs; their metrics are in {@link Metrics}. */
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

    /** A data set that runs read, as its client describes it. */
    public record DataSet(
            String name,
            String digest,
            String sourceType,
            String source,
            @Nullable String schema,
            @Nullable String profile) {}

    /** A data set that a run read, with what it was for. */
    public record Input(DataSet dataSet, Map<String, String> tags) {}

    /** A logged model that a run used or made. */
    public record ModelLink(UUID model, long step) {}

    /**
     * A run with all that a list of runs shows of it.
     *
     * @param metrics the latest of each key
     */
    public record Full(
            Run run,
            List<Metrics.Point> metrics,
            Map<String, String> params,
            Map<String, String> tags,
            List<Input> inputs,
            List<ModelLink> modelInputs,
            List<ModelLink> modelOutputs) {}

    private final Sql sql;
    private final Audit audit;
    private final ObjectMapper json;

    /** A run never moves to another experiment. */
    private final Cache<UUID, Long> experiments =
            Caffeine.newBuilder().maximumSize(100_000).build();

    Runs(Sql sql, Audit audit, ObjectMapper json) {
        this.sql = sql;
        this.audit = audit;
        this.json = json;
    }

    private static Run read(ResultSet row) throws SQLException {
        var deleted = row.getObject(9, OffsetDateTime.class);
        return new Run(
                row.getObject(1, UUID.class),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                Run.Status.valueOf(row.getString(6)),
                row.getLong(7),
                row.getObject(8, Long.class),
                deleted == null ? null : deleted.toInstant());
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
                .map(run -> "/experiments/" + run.experiment() + "/runs/" + run.hex())
                .orElse(null);
    }

    List<Run> search(SqlText statement) {
        return sql.list(statement.text(), Runs::read, statement.values());
    }

    /** What {@link #search} needs of a run. */
    static String columns() {
        return COLUMNS;
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
            setTags(id, Map.of(NAME_TAG, name));
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

    /**
     * Params are written once: the same value again changes nothing.
     *
     * @throws Invalid when one has another value already; then none of them is kept
     */
    @Transactional
    void logParams(UUID run, Map<String, String> params) {
        params.forEach(MlflowRules::param);
        if (params.isEmpty()) {
            return;
        }
        var keys = params.keySet().toArray(String[]::new);
        var kept =
                sql.update(
                        """
                        insert into run_param (run, experiment, key, value)
                        select ?, ?, key, value from unnest(?, ?) as t (key, value) order by key
                        on conflict do nothing
                        """,
                        run,
                        experimentOf(run),
                        keys,
                        params.values().toArray(String[]::new));
        if (kept == params.size()) {
            return;
        }
        // A statement of its own: it sees what another writer has committed meanwhile.
        sql.list(
                        "select key, value from run_param where run = ? and key = any(?)",
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        run,
                        keys)
                .forEach(
                        there -> {
                            var given = Objects.requireNonNull(params.get(there.getKey()));
                            if (!given.equals(there.getValue())) {
                                throw new Invalid(
                                        "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. Attempted logging new value '%s'."
                                                .formatted(
                                                        there.getKey(),
                                                        there.getValue(),
                                                        Ids.hex(run),
                                                        given));
                            }
                        });
    }

    @Transactional
    public void setTags(UUID run, Map<String, String> tags) {
        tags.forEach(MlflowRules::runTag);
        if (tags.isEmpty()) {
            return;
        }
        sql.update(
                """
                insert into run_tag (run, experiment, key, value)
                select ?, ?, key, value from unnest(?, ?) as t (key, value) order by key
                on conflict (run, key) do update set value = excluded.value
                """,
                run,
                experimentOf(run),
                tags.keySet().toArray(String[]::new),
                tags.values().toArray(String[]::new));
        var name = tags.get(NAME_TAG);
        if (name != null) {
            sql.update("update run set name = ? where id = ?", name, run);
        }
    }

    public void deleteTag(UUID run, String key) {
        if (sql.update("delete from run_tag where run = ? and key = ?", run, key) == 0) {
            throw new NotFound(
                    "No tag with name: %s in run with id %s".formatted(key, Ids.hex(run)));
        }
    }

    @Transactional
    void addInputs(UUID run, List<Input> inputs, Collection<UUID> models) {
        var experiment = experimentOf(run);
        for (var input : inputs) {
            var set = input.dataSet;
            var id =
                    sql.one(
                            """
                            insert into run_dataset (experiment, name, digest, source_type, source,
                                schema, profile)
                            values (?, ?, ?, ?, ?, ?, ?)
                            on conflict (experiment, name, digest) do update
                            set source = excluded.source
                            returning id
                            """,
                            row -> row.getLong(1),
                            experiment,
                            set.name,
                            set.digest,
                            set.sourceType,
                            set.source,
                            set.schema,
                            set.profile);
            sql.update(
                    """
                    insert into run_input (run, dataset, tags) values (?, ?, ?::jsonb)
                    on conflict (run, dataset) do update set tags = run_input.tags || excluded.tags
                    """,
                    run,
                    id,
                    write(input.tags));
        }
        link(run, models.stream().map(model -> new ModelLink(model, 0)).toList(), false);
    }

    @Transactional
    void addOutputs(UUID run, List<ModelLink> models) {
        link(run, models, true);
    }

    private void link(UUID run, List<ModelLink> models, boolean output) {
        for (var link : models) {
            if (sql.update(
                            """
                            insert into run_model (run, model, output, step)
                            select ?, id, ?, ? from logged_model where id = ?
                            on conflict (run, model, output) do update set step = excluded.step
                            """,
                            run,
                            output,
                            link.step,
                            link.model)
                    == 0) {
                throw LoggedModels.none(Ids.model(link.model));
            }
        }
    }

    /** With three statements and more, however many runs they are. */
    List<Full> full(List<Run> runs) {
        if (runs.isEmpty()) {
            return List.of();
        }
        var ids = runs.stream().map(Run::id).toArray(UUID[]::new);
        var metrics = new HashMap<UUID, List<Metrics.Point>>();
        sql.list(
                """
                select run, key, value, at, step from run_metric where run = any(?) order by run, key
                """,
                row ->
                        metrics.computeIfAbsent(
                                        row.getObject(1, UUID.class), _ -> new ArrayList<>())
                                .add(
                                        new Metrics.Point(
                                                row.getString(2),
                                                row.getDouble(3),
                                                row.getLong(4),
                                                row.getLong(5))),
                (Object) ids);
        var params = pairs("run_param", ids);
        var tags = pairs("run_tag", ids);
        var inputs = inputs(ids);
        var used = links(ids, false);
        var made = links(ids, true);
        return runs.stream()
                .map(
                        run ->
                                new Full(
                                        run,
                                        metrics.getOrDefault(run.id(), List.of()),
                                        params.getOrDefault(run.id(), new TreeMap<>()),
                                        tags.getOrDefault(run.id(), new TreeMap<>()),
                                        inputs.getOrDefault(run.id(), List.of()),
                                        used.getOrDefault(run.id(), List.of()),
                                        made.getOrDefault(run.id(), List.of())))
                .toList();
    }

    /** One run with all that a list shows of it. */
    public Full full(Run run) {
        return full(List.of(run)).getFirst();
    }

    private Map<UUID, TreeMap<String, String>> pairs(String table, UUID[] ids) {
        var all = new HashMap<UUID, TreeMap<String, String>>();
        sql.list(
                "select run, key, value from " + table + " where run = any(?)",
                row ->
                        Optional.ofNullable(
                                all.computeIfAbsent(
                                                row.getObject(1, UUID.class), _ -> new TreeMap<>())
                                        .put(row.getString(2), row.getString(3))),
                (Object) ids);
        return all;
    }

    private Map<UUID, List<Input>> inputs(UUID[] ids) {
        var all = new HashMap<UUID, List<Input>>();
        sql.list(
                """
                select i.run, d.name, d.digest, d.source_type, d.source, d.schema, d.profile, i.tags
                from run_input i join run_dataset d on d.id = i.dataset
                where i.run = any(?) order by i.run, d.id
                """,
                row ->
                        all.computeIfAbsent(row.getObject(1, UUID.class), _ -> new ArrayList<>())
                                .add(
                                        new Input(
                                                new DataSet(
                                                        row.getString(2),
                                                        row.getString(3),
                                                        row.getString(4),
                                                        row.getString(5),
                                                        row.getString(6),
                                                        row.getString(7)),
                                                strings(row.getString(8)))),
                (Object) ids);
        return all;
    }

    private Map<UUID, List<ModelLink>> links(UUID[] ids, boolean output) {
        var all = new HashMap<UUID, List<ModelLink>>();
        sql.list(
                """
                select run, model, step from run_model where run = any(?) and output = ?
                order by run, step, model
                """,
                row ->
                        all.computeIfAbsent(row.getObject(1, UUID.class), _ -> new ArrayList<>())
                                .add(new ModelLink(row.getObject(2, UUID.class), row.getLong(3))),
                ids,
                output);
        return all;
    }

    private Map<String, String> strings(String text) {
        try {
            var map = new TreeMap<String, String>();
            json.readValue(text, Map.class)
                    .forEach((key, value) -> map.put(String.valueOf(key), String.valueOf(value)));
            return map;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The tags of a data set cannot be read", e);
        }
    }

    private String write(Object value) {
        try {
            return json.writeValueAsString(value).replace("\\u0000", "�");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    // For pages ----------------------------------------------------------------------------------

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
     * Keys that runs of an experiment have, by kind; each is found by one look into an index,
     * however many runs have it.
     *
     * @param most of each kind
     */
    Map<Column.Kind, List<String>> keys(long experiment, int most) {
        var keys = new EnumMap<Column.Kind, List<String>>(Column.Kind.class);
        sql.list(
                """
                %s union all %s union all %s order by 1, 2
                """
                        .formatted(
                                keys("METRIC", "run_metric"),
                                keys("PARAM", "run_param"),
                                keys("TAG", "run_tag")),
                row ->
                        keys.computeIfAbsent(
                                        Column.Kind.valueOf(row.getString(1)),
                                        _ -> new ArrayList<>())
                                .add(row.getString(2)),
                experiment,
                experiment,
                most,
                experiment,
                experiment,
                most,
                experiment,
                experiment,
                most);
        return keys;
    }

    private static String keys(String kind, String table) {
        return """
        (with recursive found (key) as (
            (select key from %2$s where experiment = ? order by key limit 1)
            union all
            select (select t.key from %2$s t where t.experiment = ? and t.key > found.key
                    order by t.key limit 1)
            from found where found.key is not null)
         select '%1$s' as kind, key from found where key is not null limit ?)"""
                .formatted(kind, table);
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

    /**
     * Runs by the value of a param or tag, the largest group first.
     *
     * @param value null for those without that key
     * @param figures of the latest values, by metric
     */
    record Group(@Nullable String value, long runs, Map<String, RunTable.Figure> figures) {}

    List<Group> groups(RunSearch search, Column by, List<Column> metrics, int most) {
        var table = by.kind() == Column.Kind.PARAM ? "run_param" : "run_tag";
        var grouped =
                new SqlText()
                        .add("with found as (")
                        .add(search.found())
                        .add(
                                "), grouped as (select f.id, g.value from found f left join "
                                        + table
                                        + " g on g.run = f.id and g.key = ?),"
                                        + " largest as (select value, count(*) as runs from grouped"
                                        + " group by value order by runs desc, value limit ?)",
                                by.key(),
                                most);
        var sizes =
                new SqlText()
                        .add(grouped)
                        .add(" select value, runs from largest order by 2 desc, 1");
        var measured =
                new SqlText()
                        .add(grouped)
                        .add(
                                """
                                 select l.value, m.key, avg(m.value), min(m.value), max(m.value)
                                from largest l join grouped g on g.value is not distinct from l.value
                                join run_metric m on m.run = g.id
                                where m.key = any(?) and m.value > '-Infinity' and m.value < 'Infinity'
                                group by 1, 2
                                """,
                                (Object) metrics.stream().map(Column::key).toArray(String[]::new));
        var figures = new HashMap<Optional<String>, Map<String, RunTable.Figure>>();
        sql.list(
                measured.text(),
                row ->
                        Optional.ofNullable(
                                figures.computeIfAbsent(
                                                Optional.ofNullable(row.getString(1)),
                                                _ -> new HashMap<>())
                                        .put(
                                                row.getString(2),
                                                new RunTable.Figure(
                                                        Figures.number(row.getDouble(3)),
                                                        Figures.number(row.getDouble(4)),
                                                        Figures.number(row.getDouble(5))))),
                measured.values());
        return sql.list(
                sizes.text(),
                row ->
                        new Group(
                                row.getString(1),
                                row.getLong(2),
                                figures.getOrDefault(
                                        Optional.ofNullable(row.getString(1)), Map.of())),
                sizes.values());
    }

    /** What some columns of params and metrics have for these runs, as texts. */
    Map<UUID, Map<Column, String>> cells(Collection<Run> runs, Collection<Column> columns) {
        var ids = runs.stream().map(Run::id).toArray(UUID[]::new);
        var cells = new HashMap<UUID, Map<Column, String>>();
        sql.list(
                """
                select run, 'METRIC', key, value::text from run_metric where run = any(?) and key = any(?)
                union all
                select run, 'PARAM', key, value from run_param where run = any(?) and key = any(?)
                """,
                row ->
                        Optional.ofNullable(
                                cells.computeIfAbsent(
                                                row.getObject(1, UUID.class), _ -> new HashMap<>())
                                        .put(
                                                new Column(
                                                        Column.Kind.valueOf(row.getString(2)),
                                                        row.getString(3)),
                                                row.getString(4))),
                ids,
                keysOf(columns, Column.Kind.METRIC),
                ids,
                keysOf(columns, Column.Kind.PARAM));
        return cells;
    }

    private static String[] keysOf(Collection<Column> columns, Column.Kind kind) {
        return columns.stream()
                .filter(column -> column.kind() == kind)
                .map(Column::key)
                .toArray(String[]::new);
    }

    /** Deletes or restores several at once, all of them or none. */
    @Transactional
    void change(List<Run> runs, boolean delete) {
        runs.forEach(delete ? this::delete : this::restore);
    }

    /** Sets a tag as a person does on a page, which is written down. */
    @Transactional
    void annotate(Run run, String key, String value) {
        setTags(run.id(), Map.of(key, value));
        audit.record(
                "run.annotate",
                Experiment.ref(run.experiment()),
                Map.of("run", run.hex(), "name", run.name(), "tag", key));
    }

    @Transactional
    void removeTag(Run run, String key) {
        deleteTag(run.id(), key);
        audit.record(
                "run.annotate",
                Experiment.ref(run.experiment()),
                Map.of("run", run.hex(), "name", run.name(), "removed", key));
    }
}
