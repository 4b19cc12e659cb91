package dev.atelier.experiments;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.PublicAddress;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.NotFound;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds experiments and runs for pages, if the caller may, with what stands around them. */
@ApplicationScoped
public class ExperimentShells {

    static final String NOTE_TAG = "mlflow.note.content";

    private final Experiments experiments;
    private final Runs runs;
    private final Entities entities;
    private final Caller caller;
    private final PublicAddress address;
    private final RoutingContext context;

    ExperimentShells(
            Experiments experiments,
            Runs runs,
            Entities entities,
            Caller caller,
            PublicAddress address,
            RoutingContext context) {
        this.experiments = experiments;
        this.runs = runs;
        this.entities = entities;
        this.caller = caller;
        this.address = address;
        this.context = context;
    }

    /**
     * @throws NotFound in the same words when there is none and when it is hidden from the caller
     */
    public Experiment experiment(String id, Permission permission) {
        var found =
                experiments
                        .find(Experiments.number(id))
                        .orElseThrow(() -> Resource.unknown(Experiment.KIND + id));
        caller.require(permission, found.ref());
        return found;
    }

    /**
     * @throws NotFound also when the run is in another experiment
     */
    Run run(Experiment experiment, String id) {
        return Ids.of(id)
                .flatMap(runs::find)
                .filter(run -> run.experiment() == experiment.id())
                .orElseThrow(() -> Runs.none(id));
    }

    boolean mayRecord(Experiment experiment) {
        return caller.may(Permission.EXPERIMENT_RECORD, experiment.ref());
    }

    public ExperimentShell shell(Experiment experiment, String tab) {
        var owner = experiment.owner();
        return new ExperimentShell(
                experiment,
                tab,
                owner == null
                        ? "everyone"
                        : ownerNames(List.of(experiment)).getOrDefault(owner, owner),
                owner == null ? null : EntityRef.parse(owner).address(),
                runs.count(
                        RunSearch.of(
                                        List.of(experiment.id()),
                                        experiment.deleted()
                                                ? RunSearch.View.ALL
                                                : RunSearch.View.ACTIVE_ONLY)
                                .count(RunTables.COUNTED + 1)),
                newest(experiment),
                mayRecord(experiment));
    }

    private @Nullable Run newest(Experiment experiment) {
        return runs
                .search(RunSearch.of(List.of(experiment.id()), RunSearch.View.ACTIVE_ONLY), 1, 0)
                .stream()
                .findFirst()
                .orElse(null);
    }

    RunShell shell(Experiment experiment, FullRun full, String tab) {
        var parent =
                Ids.of(full.tags().getOrDefault(RunTables.PARENT_TAG, ""))
                        .flatMap(runs::find)
                        .filter(run -> run.experiment() == experiment.id())
                        .orElse(null);
        var system =
                (int)
                        full.metrics().stream()
                                .filter(point -> MetricKeys.system(point.key()))
                                .count();
        return new RunShell(
                experiment,
                full.run(),
                tab,
                full.tags(),
                parent,
                full.metrics().size() - system,
                system,
                mayRecord(experiment));
    }

    /** Display names of owners, by their references. */
    Map<String, String> ownerNames(List<Experiment> some) {
        Set<String> refs =
                some.stream()
                        .map(Experiment::owner)
                        .filter(Objects::nonNull)
                        .collect(Collectors.toSet());
        var titles = refs.isEmpty() ? Map.<String, String>of() : entities.titles(refs);
        return refs.stream()
                .collect(
                        Collectors.toMap(
                                ref -> ref,
                                ref ->
                                        titles.getOrDefault(
                                                ref, ref.substring(ref.lastIndexOf('/') + 1))));
    }

    /** For whom the caller may make an experiment: themselves and their teams. */
    List<String> owners() {
        var subject = caller.signedIn();
        var owners = new ArrayList<String>();
        owners.addAll(subject.teams().stream().sorted().toList());
        owners.add(subject.ref());
        return owners;
    }

    /** What MLFLOW_TRACKING_URI must be. */
    String tracking() {
        return address.of(context, "/").toString().replaceAll("/+$", "");
    }
}
