package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Adds to a run what its code tells while it goes on. */
@ApplicationScoped
public class Recording {

    /**
     * A point, and what it measures if that is not the run alone.
     *
     * @param model a logged model
     * @param dataSetName empty for none
     */
    record Measured(
            Metrics.Point point, @Nullable UUID model, String dataSetName, String dataSetDigest) {}

    private final Runs runs;
    private final RunValues values;
    private final RunLinks links;
    private final Metrics metrics;
    private final MetricQueue queue;
    private final LoggedModels models;
    private final Caller caller;
    private final Sql sql;
    private final Transaction transaction;

    Recording(
            Runs runs,
            RunValues values,
            RunLinks links,
            Metrics metrics,
            MetricQueue queue,
            LoggedModels models,
            Caller caller,
            Sql sql,
            Transaction transaction) {
        this.runs = runs;
        this.values = values;
        this.links = links;
        this.metrics = metrics;
        this.queue = queue;
        this.models = models;
        this.caller = caller;
        this.sql = sql;
        this.transaction = transaction;
    }

    /**
     * The run of that identifier, if the caller may record in it.
     *
     * @throws dev.atelier.platform.problems.NotFound when there is none
     */
    UUID allowed(String id) {
        var run = Ids.of(id).orElseThrow(() -> Runs.none(id));
        caller.require(Permission.EXPERIMENT_RECORD, Experiment.ref(runs.experimentOf(run)));
        return run;
    }

    /**
     * All of it, or nothing.
     *
     * @throws Invalid when a name or value cannot be, a param has another value already, or the run
     *     was deleted
     */
    void record(
            UUID run,
            Collection<Measured> measured,
            Map<String, String> params,
            Map<String, String> tags) {
        // A batch has few keys and many points of each.
        measured.stream()
                .map(one -> one.point.key())
                .distinct()
                .forEach(key -> MlflowRules.key("metric", key));
        params.forEach(MlflowRules::param);
        tags.forEach(MlflowRules::runTag);
        if (params.isEmpty()
                && tags.isEmpty()
                && measured.stream().allMatch(m -> m.model == null)) {
            var points = measured.stream().map(Measured::point).toList();
            while (!points.isEmpty() && !queue.add(run, runs.experimentOf(run), points)) {
                // Says why; restored just now, it takes them the next time.
                runs.requireLive(run);
            }
            return;
        }
        measured.stream()
                .map(Measured::model)
                .filter(Objects::nonNull)
                .distinct()
                .forEach(model -> require(Permission.EXPERIMENT_RECORD, model));
        transaction.run(
                () -> {
                    runs.requireLive(run);
                    values.logParams(run, params);
                    var unused =
                            metrics.add(
                                    List.of(
                                            new Metrics.Points(
                                                    run,
                                                    runs.experimentOf(run),
                                                    measured.stream()
                                                            .map(Measured::point)
                                                            .toList())));
                    measured.stream()
                            .filter(one -> one.model != null)
                            .forEach(one -> measure(run, one));
                    values.setTags(run, tags);
                    Failpoints.hit("batch.recorded");
                });
    }

    private void measure(UUID run, Measured one) {
        if (one.model != null) {
            models.measure(
                    one.model,
                    List.of(
                            new LoggedModel.Metric(
                                    one.point, one.dataSetName, one.dataSetDigest, run)));
        }
    }

    /** A logged model may be of another experiment than the run. */
    private void require(Permission permission, UUID model) {
        caller.require(permission, Experiment.ref(models.experimentOf(model)));
    }

    void addInputs(UUID run, List<RunLinks.Input> inputs, List<UUID> used) {
        used.forEach(model -> require(Permission.EXPERIMENT_READ, model));
        transaction.run(
                () -> {
                    runs.requireLive(run);
                    links.addInputs(run, inputs, used);
                });
    }

    void addOutputs(UUID run, List<RunLinks.ModelLink> made) {
        made.forEach(link -> require(Permission.EXPERIMENT_RECORD, link.model()));
        transaction.run(
                () -> {
                    runs.requireLive(run);
                    links.addOutputs(run, made);
                });
    }

    /**
     * Appends to the JSON list in a tag.
     *
     * @throws Invalid when the text is no JSON object
     */
    void addLoggedModel(UUID run, String tag, String modelJson) {
        MlflowFields.checkObject("model_json", modelJson);
        transaction.run(
                () -> {
                    runs.requireLive(run);
                    // The run's row is the lock: two models logged at once are both kept.
                    sql.list("select 1 from run where id = ? for update", row -> 1, run);
                    var before =
                            sql.first(
                                            "select value from run_tag where run = ? and key = ?",
                                            row -> row.getString(1),
                                            run,
                                            tag)
                                    .orElse("[]");
                    var list = before.strip();
                    sql.update(
                            """
                            insert into run_tag (run, experiment, key, value) values (?, ?, ?, ?)
                            on conflict (run, key) do update set value = excluded.value
                            """,
                            run,
                            runs.experimentOf(run),
                            tag,
                            list.substring(0, list.length() - 1)
                                    + (list.length() > 2 ? ", " : "")
                                    + modelJson
                                    + "]");
                });
    }
}
