package dev.atelier.experiments;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All models that runs logged. */
@ApplicationScoped
public class LoggedModels {

    private static final String SELECT =
            """
            select m.id, m.experiment, m.name, m.model_type, m.source_run, m.status,
                   m.status_message, m.created_at, m.changed_at, m.deleted_at,
                   (select r.experiment from run r where r.id = m.source_run)
            from logged_model m
            """;

    private final Sql sql;
    private final Audit audit;
    private final Sight sight;
    private final Pairs pairs;
    private final DataSets dataSets;
    private final Unseen unseen;

    LoggedModels(Sql sql, Audit audit, Sight sight, Pairs pairs, DataSets dataSets, Unseen unseen) {
        this.sql = sql;
        this.audit = audit;
        this.sight = sight;
        this.pairs = pairs;
        this.dataSets = dataSets;
        this.unseen = unseen;
    }

    private static LoggedModel read(ResultSet row) throws SQLException {
        return new LoggedModel(
                row.getObject(1, UUID.class),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getObject(5, UUID.class),
                LoggedModel.Status.valueOf(row.getString(6)),
                row.getString(7),
                row.getObject(8, OffsetDateTime.class).toInstant(),
                row.getObject(9, OffsetDateTime.class).toInstant(),
                Sql.instant(row, 10),
                Map.of(),
                Map.of(),
                List.of());
    }

    static NotFound none(String id) {
        return new NotFound("Logged model with ID '%s' not found.".formatted(id));
    }

    public Optional<LoggedModel> find(UUID id) {
        return list(new SqlText().add("where m.id = ?", id)).stream().findFirst();
    }

    /**
     * @param id {@code m-} and 32 hexadecimal digits
     * @throws NotFound when there is none, or it was deleted and those are not wanted
     */
    public LoggedModel get(String id, boolean deletedToo) {
        return Ids.ofModel(id)
                .flatMap(this::find)
                .filter(model -> deletedToo || model.deletedAt() == null)
                .orElseThrow(() -> none(id));
    }

    /** The experiment of one, deleted or not. */
    long experimentOf(UUID id) {
        return sql.first(
                        "select experiment from logged_model where id = ?",
                        row -> row.getLong(1),
                        id)
                .orElseThrow(() -> none(Ids.model(id)));
    }

    /** Those that are there for whoever asks: a run may name models of other experiments. */
    public List<LoggedModel> of(Collection<UUID> ids) {
        return list(
                new SqlText()
                        .add(
                                "where m.id = any(?) and m.deleted_at is null and m.experiment <> all(?) order by m.created_at, m.id",
                                ids.toArray(UUID[]::new),
                                Experiments.ids(sight.blind().closed())));
    }

    /** Those that a run made or read, with whether it made them. */
    public Map<LoggedModel, Boolean> of(FullRun run) {
        var made = run.modelOutputs().stream().map(RunLinks.ModelLink::model).toList();
        var used = run.modelInputs().stream().map(RunLinks.ModelLink::model).toList();
        var all = new LinkedHashMap<LoggedModel, Boolean>();
        if (made.isEmpty() && used.isEmpty()) {
            return all;
        }
        of(Stream.concat(made.stream(), used.stream()).distinct().toList())
                .forEach(model -> all.put(model, made.contains(model.id())));
        return all;
    }

    /** The run that made one, whoever asks: for what is kept, not for what is shown. */
    public Optional<UUID> makerOf(UUID model) {
        return sql.first(
                "select source_run from logged_model where id = ? and source_run is not null",
                row -> row.getObject(1, UUID.class),
                model);
    }

    /**
     * A figure as it is kept.
     *
     * @param experiment of the run that measured it
     */
    private record Measured(UUID model, LoggedModel.Metric metric, long experiment) {}

    /**
     * With four statements, however many they are. Runs and data sets that must not be named to
     * whoever asks are left out; whether the models may be read, is asked before.
     */
    List<LoggedModel> list(SqlText conditions) {
        var makers = new HashMap<UUID, Long>();
        var plain =
                sql.list(
                        SELECT + conditions.text(),
                        row -> {
                            var model = read(row);
                            var maker = row.getObject(11, Long.class);
                            if (maker != null) {
                                makers.put(model.id(), maker);
                            }
                            return model;
                        },
                        conditions.values());
        if (plain.isEmpty()) {
            return plain;
        }
        var ids = plain.stream().map(LoggedModel::id).toArray(UUID[]::new);
        var tags = pairs.of("model", "logged_model_tag", ids);
        var params = pairs.of("model", "logged_model_param", ids);
        var figures = figures(ids);
        var others = new HashSet<>(makers.values());
        figures.forEach(one -> others.add(one.experiment));
        plain.forEach(model -> others.remove(model.experiment()));
        var closed = unseen.experiments(others);
        var metrics =
                figures.stream()
                        .collect(
                                Collectors.groupingBy(
                                        Measured::model,
                                        Collectors.mapping(
                                                one -> shown(one, closed), Collectors.toList())));
        return plain.stream()
                .map(
                        m ->
                                new LoggedModel(
                                        m.id(),
                                        m.experiment(),
                                        m.name(),
                                        m.modelType(),
                                        closed.contains(makers.get(m.id())) ? null : m.sourceRun(),
                                        m.status(),
                                        m.statusMessage(),
                                        m.createdAt(),
                                        m.changedAt(),
                                        m.deletedAt(),
                                        tags.getOrDefault(m.id(), new TreeMap<>()),
                                        params.getOrDefault(m.id(), new TreeMap<>()),
                                        metrics.getOrDefault(m.id(), List.of())))
                .toList();
    }

    private List<Measured> figures(UUID[] models) {
        return sql.list(
                """
                select l.model, l.key, l.value, l.at, l.step, l.dataset_name, l.dataset_digest,
                       l.run, r.experiment
                from logged_model_metric l join run r on r.id = l.run
                where l.model = any(?)
                order by l.model, l.key, l.dataset_name, l.dataset_digest
                """,
                row ->
                        new Measured(
                                row.getObject(1, UUID.class),
                                new LoggedModel.Metric(
                                        new Metrics.Point(
                                                row.getString(2),
                                                row.getDouble(3),
                                                row.getLong(4),
                                                row.getLong(5)),
                                        row.getString(6),
                                        row.getString(7),
                                        row.getObject(8, UUID.class)),
                                row.getLong(9)),
                (Object) models);
    }

    private LoggedModel.Metric shown(Measured one, Set<Long> closed) {
        var metric = one.metric;
        var hidden = dataSets.hides(metric.dataSetName());
        return new LoggedModel.Metric(
                metric.point(),
                hidden ? RunLinks.Input.HIDDEN.dataSet().name() : metric.dataSetName(),
                hidden ? "" : metric.dataSetDigest(),
                closed.contains(one.experiment) ? null : metric.run());
    }

    @Transactional
    LoggedModel create(
            long experiment,
            String name,
            @Nullable String type,
            @Nullable UUID sourceRun,
            Map<String, String> params,
            Map<String, String> tags,
            String actor) {
        MlflowRules.loggedModelName(name);
        var id = UUID.randomUUID();
        sql.update(
                """
                insert into logged_model (id, experiment, name, model_type, source_run, status,
                    created_by)
                values (?, ?, ?, ?, ?, 'PENDING', ?)
                """,
                id,
                experiment,
                name,
                type,
                sourceRun,
                actor);
        setParams(id, params);
        setTags(id, tags);
        return find(id).orElseThrow();
    }

    @Transactional
    LoggedModel finish(UUID id, LoggedModel.Status status) {
        sql.update(
                """
                update logged_model set status = ?, changed_at = clock_timestamp() where id = ?
                """,
                status.name(),
                id);
        return find(id).orElseThrow();
    }

    @Transactional
    void delete(LoggedModel model) {
        sql.update(
                """
                update logged_model set deleted_at = clock_timestamp(),
                    changed_at = clock_timestamp()
                where id = ? and deleted_at is null
                """,
                model.id());
        audit.record(
                "logged-model.delete",
                Experiment.ref(model.experiment()),
                Map.of("model", model.text(), "name", model.name()));
    }

    @Transactional
    void setTags(UUID id, Map<String, String> tags) {
        tags.forEach(MlflowRules::loggedModelTag);
        put("logged_model_tag", id, tags);
        touch(id);
    }

    @Transactional
    void setParams(UUID id, Map<String, String> params) {
        params.forEach(MlflowRules::param);
        put("logged_model_param", id, params);
    }

    private void put(String table, UUID id, Map<String, String> pairs) {
        if (!pairs.isEmpty()) {
            sql.update(
                    "insert into "
                            + table
                            + """
                             (model, key, value)
                            select ?, key, value from unnest(?, ?) as t (key, value) order by key
                            on conflict (model, key) do update set value = excluded.value
                            """,
                    id,
                    pairs.keySet().toArray(String[]::new),
                    pairs.values().toArray(String[]::new));
        }
    }

    @Transactional
    void deleteTag(UUID id, String key) {
        if (sql.update("delete from logged_model_tag where model = ? and key = ?", id, key) == 0) {
            throw new NotFound("No tag with key '%s' for %s.".formatted(key, Ids.model(id)));
        }
        touch(id);
    }

    private void touch(UUID id) {
        sql.update("update logged_model set changed_at = clock_timestamp() where id = ?", id);
    }

    /** Keeps the latest of each, as {@link Metrics#add} does for runs. */
    @Transactional
    void measure(UUID model, Collection<LoggedModel.Metric> metrics) {
        for (var metric : metrics) {
            var point = metric.point();
            if (sql.update(
                                    """
                            insert into logged_model_metric as m (model, key, dataset_name,
                                dataset_digest, run, step, at, value)
                            select id, ?, ?, ?, ?, ?, ?, ? from logged_model where id = ?
                            on conflict (model, key, dataset_name, dataset_digest, run) do update
                            set step = excluded.step, at = excluded.at, value = excluded.value
                            where (excluded.step, excluded.at, excluded.value)
                                > (m.step, m.at, m.value)
                            """,
                                    point.key(),
                                    metric.dataSetName(),
                                    metric.dataSetDigest(),
                                    metric.run(),
                                    point.step(),
                                    point.at(),
                                    point.value(),
                                    model)
                            == 0
                    && find(model).isEmpty()) {
                throw none(Ids.model(model));
            }
        }
    }
}
