package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Everything that experiments hold, in portions, for whoever hands it on whole. Asks nobody for
 * permission; whoever calls it does.
 */
@ApplicationScoped
public class ExperimentContents {

    private final Sql sql;
    private final Runs runs;
    private final FullRuns full;
    private final Metrics metrics;
    private final LoggedModels models;
    private final Artifacts artifacts;

    ExperimentContents(
            Sql sql,
            Runs runs,
            FullRuns full,
            Metrics metrics,
            LoggedModels models,
            Artifacts artifacts) {
        this.sql = sql;
        this.runs = runs;
        this.full = full;
        this.metrics = metrics;
        this.models = models;
        this.artifacts = artifacts;
    }

    /** Identifiers of experiments behind this one, the least first. */
    public List<Long> experiments(long after, int limit) {
        return sql.list(
                "select id from experiment where id > ? order by id limit ?",
                row -> row.getLong(1),
                after,
                limit);
    }

    /** Runs behind this one, deleted ones too. */
    public List<FullRun> runs(long experiment, @Nullable UUID after, int limit) {
        var ids =
                sql.list(
                        """
                        select id from run where experiment = ? and (?::uuid is null or id > ?::uuid)
                        order by id limit ?
                        """,
                        row -> row.getObject(1, UUID.class),
                        experiment,
                        after,
                        after,
                        limit);
        return full.of(
                runs.of(ids).stream()
                        .sorted((a, b) -> Integer.compare(ids.indexOf(a.id()), ids.indexOf(b.id())))
                        .toList());
    }

    /** One run of that experiment; empty when it has none of that identifier. */
    public Optional<FullRun> run(long experiment, String id) {
        return Ids.of(id)
                .flatMap(runs::find)
                .filter(run -> run.experiment() == experiment)
                .map(full::of);
    }

    public List<Metrics.Point> history(
            UUID run, String key, Metrics.@Nullable Point after, int limit) {
        return metrics.history(run, key, after, limit);
    }

    /** Logged models behind this one, deleted ones too. */
    public List<LoggedModel> models(long experiment, @Nullable UUID after, int limit) {
        return models.list(
                new SqlText()
                        .add(
                                "where m.experiment = ? and (?::uuid is null or m.id > ?::uuid) order by m.id limit ?",
                                experiment,
                                after,
                                after,
                                limit));
    }

    public List<Artifacts.File> files(ArtifactPlace root) {
        return artifacts.below(root);
    }
}
