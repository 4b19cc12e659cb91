package dev.atelier.transfer;

import dev.atelier.experiments.Experiments;
import dev.atelier.experiments.Intake;
import dev.atelier.experiments.LoggedModels;
import dev.atelier.identity.Caller;
import dev.atelier.models.VersionImport;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;

/**
 * Takes over what a source has. It goes through everything each time; what was taken whole before,
 * in this import or an earlier one, is only looked at. So it may end anywhere and begin again.
 */
@ApplicationScoped
class Importing {

    /** What it is doing, and whether it shall stop. */
    interface Watch {
        /**
         * @throws Stopped when nobody waits for it any more
         */
        void at(String progress);

        /** Something was taken: the source is there. */
        void moved();
    }

    /** Somebody cancelled it, or the portal ends. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** So much is left out that something is wrong with the whole. */
    static final class TooMany extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final ImportLines lines;
    private final ImportOrigins origins;
    private final Intake intake;
    private final Experiments experiments;
    private final LoggedModels loggedModels;
    private final VersionImport registry;
    private final Caller caller;

    Importing(
            ImportLines lines,
            ImportOrigins origins,
            Intake intake,
            Experiments experiments,
            LoggedModels loggedModels,
            VersionImport registry,
            Caller caller) {
        this.lines = lines;
        this.origins = origins;
        this.intake = intake;
        this.experiments = experiments;
        this.loggedModels = loggedModels;
        this.registry = registry;
        this.caller = caller;
    }

    /** Goes through all of it once. */
    void pass(DataImport one, Source source, Watch watch) throws IOException {
        var pass = new ImportPass(one, source, watch, lines, origins, caller);
        var artifacts = new ArtifactImport(pass, intake);
        var runs = new RunImport(pass, intake, artifacts);
        var logged = new LoggedModelImport(pass, intake, loggedModels, artifacts);
        everything(
                pass,
                new ExperimentImport(pass, intake, experiments, caller, runs, logged),
                new RegisteredModelImport(
                        pass, registry, new ModelVersionImport(pass, intake, registry)));
    }

    private static void everything(
            ImportPass pass, ExperimentImport experiments, RegisteredModelImport models)
            throws IOException {
        pass.watch.at("Looks at what is there");
        var found = new ArrayList<Source.Experiment>();
        pass.source.experiments(found::add);
        for (var experiment : found) {
            experiments.take(experiment);
        }
        if (pass.one.options().models()) {
            pass.source.registered(models::take);
        }
        for (var unread : pass.source.unread()) {
            pass.say(unread.kind(), unread.name(), unread.name(), "left", unread.reason(), null);
        }
        if (pass.source.traces() > 0) {
            pass.say(
                    "other",
                    "traces",
                    "Traces",
                    "left",
                    "Atelier keeps no traces yet. They stay where they are.",
                    null);
        }
    }
}
