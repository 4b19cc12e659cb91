package dev.atelier.experiments;

import dev.atelier.experiments.ArtifactPlace.Holder;
import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Takes in what was recorded elsewhere, with its own times, states and, where they are free, its
 * own identifiers. Everything may be said twice: what is there already stays as it is. Asks nobody
 * for permission; whoever calls it does.
 */
@ApplicationScoped
public class Intake {

    /** Told of each part that cannot be kept, with the reason. */
    @FunctionalInterface
    public interface Left {
        /**
         * @param part {@code param}, {@code tag}, {@code metric} …
         */
        void out(String part, String name, String reason);
    }

    /**
     * A run as another server knows it.
     *
     * @param nameless whether the name is not its own
     */
    public record Brought(
            UUID id,
            long experiment,
            String name,
            String userId,
            Run.Status status,
            long startTime,
            @Nullable Long endTime,
            Map<String, String> params,
            Map<String, String> tags,
            boolean nameless) {}

    /** A logged model as another server knows it. */
    public record BroughtModel(
            UUID id,
            long experiment,
            String name,
            @Nullable String type,
            @Nullable UUID sourceRun,
            LoggedModel.Status status,
            Instant createdAt,
            Map<String, String> params,
            Map<String, String> tags) {}

    private static final int MOST_NAMES = 1_000;

    private final Sql sql;
    private final Transaction transaction;
    private final Experiments experiments;
    private final Runs runs;
    private final RunValues values;
    private final RunLinks links;
    private final Metrics metrics;
    private final LoggedModels models;
    private final Artifacts artifacts;
    private final Audit audit;

    Intake(
            Sql sql,
            Transaction transaction,
            Experiments experiments,
            Runs runs,
            RunValues values,
            RunLinks links,
            Metrics metrics,
            LoggedModels models,
            Artifacts artifacts,
            Audit audit) {
        this.sql = sql;
        this.transaction = transaction;
        this.experiments = experiments;
        this.runs = runs;
        this.values = values;
        this.links = links;
        this.metrics = metrics;
        this.models = models;
        this.artifacts = artifacts;
        this.audit = audit;
    }

    /**
     * Makes an experiment, under a name with a number behind it where its own is taken.
     *
     * @throws Invalid when it cannot have that name at all
     */
    public Experiment experiment(
            String name,
            String owner,
            Map<String, String> tags,
            @Nullable Instant createdAt,
            String actor,
            Left left) {
        MlflowRules.experimentName(name);
        var kept = keep("tag", tags, MlflowRules::experimentTag, left);
        for (int number = 1; number <= MOST_NAMES; number++) {
            var wanted = number == 1 ? name : numbered(name, number);
            var found = experiments.named(wanted);
            if (found.isPresent() && !found.get().deleted()) {
                continue;
            }
            try {
                return transaction.call(
                        () -> {
                            var made = experiments.create(wanted, owner, kept, actor);
                            if (createdAt != null) {
                                sql.update(
                                        "update experiment set created_at = ? where id = ?",
                                        createdAt.atOffset(ZoneOffset.UTC),
                                        made.id());
                            }
                            return made;
                        });
            } catch (Conflict e) {
                // Somebody made one of that name a moment ago: the next number.
            }
        }
        throw new Invalid("There are too many experiments called \"%s\".".formatted(name));
    }

    private static String numbered(String name, int number) {
        var behind = number == 2 ? " (imported)" : " (imported %d)".formatted(number - 1);
        int most = MlflowRules.EXPERIMENT_NAME - behind.length();
        return (name.length() > most ? name.substring(0, most) : name) + behind;
    }

    /** Tags that are new or have another value. */
    public void experimentTags(long experiment, Map<String, String> tags, Left left) {
        var kept = keep("tag", tags, MlflowRules::experimentTag, left);
        if (!kept.isEmpty()) {
            experiments.setTags(experiment, kept);
        }
    }

    public void deleteExperiment(Experiment experiment) {
        experiments.delete(experiment);
    }

    /** Whether no run has this identifier. */
    public boolean free(UUID run) {
        return runs.find(run).isEmpty();
    }

    public boolean freeModel(UUID model) {
        return models.find(model).isEmpty();
    }

    @FunctionalInterface
    private interface Rule {
        void check(String key, String value);
    }

    private static Map<String, String> keep(
            String part, Map<String, String> pairs, Rule rule, Left left) {
        var kept = new LinkedHashMap<String, String>();
        pairs.forEach(
                (key, value) -> {
                    try {
                        rule.check(key, value);
                        kept.put(key, value);
                    } catch (Invalid e) {
                        left.out(part, key, e.detail());
                    }
                });
        return kept;
    }

    /** Makes the run, or brings it up to what it has become since. */
    public void run(Brought run, String actor, Left left) {
        var params = keep("param", run.params, MlflowRules::param, left);
        var tags = keep("tag", run.tags, MlflowRules::runTag, left);
        if (!run.nameless) {
            tags.putIfAbsent(Runs.NAME_TAG, run.name);
        }
        transaction.run(
                () -> {
                    var kept =
                            sql.update(
                                    """
                            insert into run (id, experiment, name, user_id, created_by, status,
                                start_time, end_time)
                            values (?, ?, ?, ?, ?, ?, ?, ?)
                            on conflict (id) do update set name = excluded.name,
                                status = excluded.status, end_time = excluded.end_time
                            where run.experiment = excluded.experiment
                            """,
                                    run.id,
                                    run.experiment,
                                    run.name,
                                    run.userId.length() > 256
                                            ? run.userId.substring(0, 256)
                                            : run.userId,
                                    actor,
                                    run.status.name(),
                                    run.startTime,
                                    run.endTime);
                    if (kept == 0) {
                        throw new Conflict(
                                "Another run got its identifier meanwhile. Import it again.");
                    }
                    sql.update(
                            """
                            insert into run_param (run, experiment, key, value)
                            select ?, ?, key, value from unnest(?, ?) as t (key, value)
                            order by key on conflict do nothing
                            """,
                            run.id,
                            run.experiment,
                            params.keySet().toArray(String[]::new),
                            params.values().toArray(String[]::new));
                    values.setTags(run.id, tags);
                });
    }

    /** What a key may be called; null when it may. */
    public @Nullable String metricFault(String key) {
        try {
            MlflowRules.key("metric", key);
            return null;
        } catch (Invalid e) {
            return e.detail();
        }
    }

    /** Points of a live run; the same point again changes nothing. */
    public void points(UUID run, long experiment, Collection<Metrics.Point> points) {
        var all = List.of(new Metrics.Points(run, experiment, points));
        if (transaction.call(() -> metrics.add(all)).isEmpty()) {
            throw new Invalid(
                    "The run %s was deleted here: nothing is added to it.".formatted(Ids.hex(run)));
        }
    }

    public void inputs(UUID run, List<RunLinks.Input> inputs, Left left) {
        var kept = new ArrayList<RunLinks.Input>();
        for (var input : inputs) {
            try {
                MlflowRules.dataSet(input.dataSet());
                input.tags().forEach(MlflowRules::inputTag);
                kept.add(input);
            } catch (Invalid e) {
                left.out("data set", input.dataSet().name(), e.detail());
            }
        }
        if (!kept.isEmpty()) {
            links.addInputs(run, kept, List.of());
        }
    }

    /** Links a run with a logged model that is there. */
    public void link(UUID run, UUID model, long step, boolean output) {
        if (output) {
            links.addOutputs(run, List.of(new RunLinks.ModelLink(model, step)));
        } else {
            links.addInputs(run, List.of(), List.of(model));
        }
    }

    /** Sizes of the files that are there, by path. */
    public Map<String, Long> files(ArtifactPlace place) {
        var sizes = new LinkedHashMap<String, Long>();
        artifacts.below(place).forEach(file -> sizes.put(file.path(), file.blob().size()));
        return sizes;
    }

    /**
     * Takes in a file.
     *
     * @param length bytes that will come, or −1
     * @throws Invalid when the path cannot be, or fewer bytes came
     */
    public void file(ArtifactPlace root, String path, InputStream body, long length, String owner)
            throws IOException {
        artifacts.put(
                new ArtifactPlace(
                        root.experiment(), root.holder(), root.id(), ArtifactPlace.folder(path)),
                body,
                length,
                owner);
    }

    /** As {@link Runs#delete}, if it is there and live. */
    public void deleteRun(UUID run) {
        runs.find(run).ifPresent(runs::delete);
    }

    public Optional<Run> find(UUID run) {
        return runs.find(run);
    }

    public void model(BroughtModel model, String actor, Left left) {
        MlflowRules.loggedModelName(model.name);
        var params = keep("param", model.params, MlflowRules::param, left);
        var tags = keep("tag", model.tags, MlflowRules::loggedModelTag, left);
        transaction.run(
                () -> {
                    var kept =
                            sql.update(
                                    """
                            insert into logged_model (id, experiment, name, model_type, source_run,
                                status, created_by, created_at)
                            values (?, ?, ?, ?, (select id from run where id = ?), ?, ?, ?)
                            on conflict (id) do update set status = excluded.status,
                                source_run = excluded.source_run
                            where logged_model.experiment = excluded.experiment
                            """,
                                    model.id,
                                    model.experiment,
                                    model.name,
                                    model.type,
                                    model.sourceRun,
                                    model.status.name(),
                                    actor,
                                    model.createdAt.atOffset(ZoneOffset.UTC));
                    if (kept == 0) {
                        throw new Conflict(
                                "Another model got its identifier meanwhile. Import it again.");
                    }
                    models.setParams(model.id, params);
                    models.setTags(model.id, tags);
                });
    }

    public void measure(UUID model, LoggedModel.Metric metric) {
        models.measure(model, List.of(metric));
    }

    public static ArtifactPlace placeOfModel(long experiment, UUID model) {
        return new ArtifactPlace(experiment, Holder.LOGGED_MODEL, model, "");
    }

    public static ArtifactPlace placeOfRun(long experiment, UUID run) {
        return new ArtifactPlace(experiment, Holder.RUN, run, "");
    }

    /** Written down once for each experiment that something was taken into. */
    public void note(long experiment, Map<String, ?> detail) {
        transaction.run(
                () -> audit.record("experiment.import", Experiment.ref(experiment), detail));
    }
}
