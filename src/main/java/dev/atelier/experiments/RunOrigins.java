package dev.atelier.experiments;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tells how a run came about. Whether whoever asks may read it, is asked before. */
@ApplicationScoped
public class RunOrigins {

    /**
     * What a run says of where its results come from.
     *
     * @param experiment its name
     * @param code null when no commit was recorded
     * @param parent the run that it is nested in, of whatever experiment; null for none and for one
     *     that is hidden
     * @param models that it made (true) or read (false), those that are there for whoever asks
     * @param unseen how many more it names, deleted or hidden
     * @param commands that do it again
     * @param missing what was not recorded, so that they leave it open
     */
    public record Origin(
            Run run,
            String experiment,
            List<RunLinks.Input> inputs,
            @Nullable Commit code,
            List<File> environment,
            @Nullable Run parent,
            Map<LoggedModel, Boolean> models,
            int unseen,
            String commands,
            List<String> missing) {}

    /** A file with the page that shows it. */
    public record File(String path, String address) {}

    private final Runs runs;
    private final FullRuns fullRuns;
    private final Experiments experiments;
    private final LoggedModels models;
    private final RunFiles files;
    private final ExperimentShells shells;

    RunOrigins(
            Runs runs,
            FullRuns fullRuns,
            Experiments experiments,
            LoggedModels models,
            RunFiles files,
            ExperimentShells shells) {
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.experiments = experiments;
        this.models = models;
        this.files = files;
        this.shells = shells;
    }

    /** Whether a file of that name says which packages are needed. */
    public static boolean isEnvironment(String path) {
        return Reproduction.environment(path);
    }

    public Origin of(Run run) {
        var full = fullRuns.of(run);
        var linked = models.of(full);
        var environment = files.left(run, linked).environment();
        var again = Reproduction.of(full, environment, shells.tracking());
        return new Origin(
                run,
                experiments.find(run.experiment()).map(Experiment::name).orElse(""),
                full.inputs(),
                Commit.of(full.tags()).orElse(null),
                environment.stream()
                        .map(
                                file ->
                                        new File(
                                                file.path(),
                                                RunFilePages.address(
                                                        run, file.holder(), file.path())))
                        .toList(),
                Ids.of(full.tags().getOrDefault(RunTables.PARENT_TAG, ""))
                        .flatMap(runs::find)
                        .orElse(null),
                linked,
                named(full) - linked.size() + full.unseen(),
                again.commands(),
                again.missing());
    }

    private static int named(FullRun full) {
        return (int)
                Stream.concat(full.modelInputs().stream(), full.modelOutputs().stream())
                        .map(RunLinks.ModelLink::model)
                        .distinct()
                        .count();
    }
}
