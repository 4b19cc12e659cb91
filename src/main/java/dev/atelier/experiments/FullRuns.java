package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

/** Runs with all that was recorded in them, but for the histories of their metrics. */
@ApplicationScoped
public class FullRuns {

    private final Sql sql;
    private final Pairs pairs;
    private final RunLinks links;

    FullRuns(Sql sql, Pairs pairs, RunLinks links) {
        this.sql = sql;
        this.pairs = pairs;
        this.links = links;
    }

    /** With three statements and more, however many runs they are. */
    List<FullRun> of(List<Run> runs) {
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
        var params = pairs.of("run", "run_param", ids);
        var tags = pairs.of("run", "run_tag", ids);
        var inputs = links.inputs(ids);
        var models = links.models(ids);
        var used = Objects.requireNonNull(models.get(false));
        var made = Objects.requireNonNull(models.get(true));
        return runs.stream()
                .map(
                        run ->
                                new FullRun(
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
    public FullRun of(Run run) {
        return of(List.of(run)).getFirst();
    }
}
