package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Runs with all that was recorded in them, but for the histories of their metrics. Other runs, data
 * sets and logged models that they name are left out, or told of without their names, where whoever
 * asks may not see them; whether the runs themselves may be read, is asked before.
 */
@ApplicationScoped
public class FullRuns {

    private final Sql sql;
    private final Pairs pairs;
    private final RunLinks links;
    private final DataSets dataSets;
    private final Unseen unseen;

    FullRuns(Sql sql, Pairs pairs, RunLinks links, DataSets dataSets, Unseen unseen) {
        this.sql = sql;
        this.pairs = pairs;
        this.links = links;
        this.dataSets = dataSets;
        this.unseen = unseen;
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
        withoutHiddenParents(runs, tags);
        var closed = closed(runs, List.of(used, made));
        return runs.stream()
                .map(
                        run -> {
                            var read = used.getOrDefault(run.id(), List.of());
                            var left = made.getOrDefault(run.id(), List.of());
                            return new FullRun(
                                    run,
                                    metrics.getOrDefault(run.id(), List.of()),
                                    params.getOrDefault(run.id(), new TreeMap<>()),
                                    tags.getOrDefault(run.id(), new TreeMap<>()),
                                    dataSets.shown(inputs.getOrDefault(run.id(), List.of())),
                                    shown(read, closed),
                                    shown(left, closed),
                                    (int)
                                            Stream.concat(read.stream(), left.stream())
                                                    .filter(
                                                            one ->
                                                                    closed.contains(
                                                                            one.experiment()))
                                                    .map(one -> one.link().model())
                                                    .distinct()
                                                    .count());
                        })
                .toList();
    }

    private static List<RunLinks.ModelLink> shown(List<RunLinks.Linked> all, Set<Long> closed) {
        return all.stream()
                .filter(one -> !closed.contains(one.experiment()))
                .map(RunLinks.Linked::link)
                .toList();
    }

    /** Other experiments, of which these runs name models, that whoever asks may not read. */
    private Set<Long> closed(List<Run> runs, List<Map<UUID, List<RunLinks.Linked>>> links) {
        var others = new HashSet<Long>();
        links.forEach(
                some ->
                        some.values()
                                .forEach(all -> all.forEach(one -> others.add(one.experiment()))));
        runs.forEach(run -> others.remove(run.experiment()));
        return unseen.experiments(others);
    }

    /** A run may say that it is nested in one of another experiment. */
    private void withoutHiddenParents(List<Run> runs, Map<UUID, TreeMap<String, String>> tags) {
        var parents = new HashMap<UUID, UUID>();
        tags.forEach(
                (run, all) ->
                        Ids.of(all.getOrDefault(RunTables.PARENT_TAG, ""))
                                .ifPresent(parent -> parents.put(run, parent)));
        var elsewhere = new HashSet<>(parents.values());
        runs.forEach(run -> elsewhere.remove(run.id()));
        var hidden = unseen.of(elsewhere);
        parents.forEach(
                (run, parent) -> {
                    if (hidden.contains(parent)) {
                        Objects.requireNonNull(tags.get(run)).remove(RunTables.PARENT_TAG);
                    }
                });
    }

    /** One run with all that a list shows of it. */
    public FullRun of(Run run) {
        return of(List.of(run)).getFirst();
    }
}
