package dev.atelier.transfer;

import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.Experiments;
import dev.atelier.experiments.Intake;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes experiments over: each with its tags, its runs and its logged models. */
final class ExperimentImport {

    private final ImportPass pass;
    private final Intake intake;
    private final Experiments experiments;
    private final Caller caller;
    private final RunImport runs;
    private final LoggedModelImport loggedModels;

    ExperimentImport(
            ImportPass pass,
            Intake intake,
            Experiments experiments,
            Caller caller,
            RunImport runs,
            LoggedModelImport loggedModels) {
        this.pass = pass;
        this.intake = intake;
        this.experiments = experiments;
        this.caller = caller;
        this.runs = runs;
        this.loggedModels = loggedModels;
    }

    void take(Source.Experiment theirs) throws IOException {
        var wanted = pass.one.options().experiments();
        if (!wanted.isEmpty() && !wanted.contains(theirs.name())) {
            return;
        }
        pass.watch.at("Experiment " + Texts.shown(theirs.name(), 100));
        var thing = theirs.id();
        if (theirs.deleted() && !pass.one.options().deleted()) {
            pass.say(
                    "experiment",
                    thing,
                    theirs.name(),
                    "left",
                    "It was deleted there, and deleted ones were not asked for.",
                    null);
            return;
        }
        Experiment ours;
        try {
            ours = ours(theirs);
        } catch (RuntimeException e) {
            pass.say("experiment", thing, theirs.name(), "left", ImportPass.reason(e), null);
            return;
        }
        if (ours.deletedAt() != null) {
            pass.say(
                    "experiment",
                    thing,
                    theirs.name(),
                    theirs.deleted() ? "there" : "left",
                    theirs.deleted()
                            ? null
                            : "It was imported before and deleted here since. Restore it, then import again.",
                    address(ours));
            return;
        }
        try {
            runs(theirs, ours);
        } catch (Source.Away | Source.Unusable e) {
            throw e;
        } catch (IOException e) {
            pass.left("experiment", thing, theirs.name())
                    .out("runs", "", "They cannot be listed. " + e.getMessage());
        }
        if (theirs.deleted()) {
            intake.deleteExperiment(ours);
        }
    }

    private Experiment ours(Source.Experiment theirs) {
        var origin =
                theirs.id()
                        + "@"
                        + (theirs.createdAt() == null ? pass.one.place() : theirs.createdAt());
        var left = pass.left("experiment", theirs.id(), theirs.name());
        pass.forgetParts("experiment", theirs.id());
        var known =
                pass.origin("experiment", origin)
                        .flatMap(before -> experiments.find(Long.parseLong(before.target())));
        if (known.isPresent()) {
            var there = known.get();
            if (there.deletedAt() == null) {
                pass.may(Experiment.ref(there.id()));
                var changed = new LinkedHashMap<>(theirs.tags());
                changed.entrySet().removeAll(there.tags().entrySet());
                intake.experimentTags(there.id(), changed, left);
            }
            pass.say("experiment", theirs.id(), theirs.name(), "there", null, address(there));
            return there;
        }
        caller.requireAsOwner(
                Permission.EXPERIMENT_RECORD, "experiment:default/new", pass.one.owner());
        var made =
                intake.experiment(
                        theirs.name(),
                        pass.one.owner(),
                        theirs.tags(),
                        theirs.createdAt() == null || theirs.createdAt() <= 0
                                ? null
                                : Instant.ofEpochMilli(theirs.createdAt()),
                        pass.one.createdBy(),
                        left);
        pass.became("experiment", origin, Long.toString(made.id()), "complete");
        intake.note(made.id(), Map.of("import", pass.one.id(), "from", pass.one.place()));
        pass.say(
                "experiment",
                theirs.id(),
                theirs.name(),
                "taken",
                made.name().equals(theirs.name())
                        ? null
                        : "Its name is taken here; it is called \"%s\".".formatted(made.name()),
                address(made));
        pass.watch.moved();
        return made;
    }

    private void runs(Source.Experiment theirs, Experiment ours) throws IOException {
        pass.source.runs(theirs, run -> runs.take(theirs, ours, run));
        var models = new boolean[1];
        pass.source.models(
                theirs,
                model -> {
                    models[0] = true;
                    loggedModels.take(ours, model);
                });
        if (models[0]) {
            pass.source.runs(theirs, loggedModels::link);
        }
    }

    static String address(Experiment experiment) {
        return "/experiments/" + experiment.id();
    }
}
