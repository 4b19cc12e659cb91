package dev.atelier.transfer;

import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Intake;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.UUID;

/** Takes runs over: with their parameters, tags, inputs, histories of metrics and files. */
final class RunImport {

    private static final String PARENT = "mlflow.parentRunId";

    private final ImportPass pass;
    private final Intake intake;
    private final ArtifactImport artifacts;

    RunImport(ImportPass pass, Intake intake, ArtifactImport artifacts) {
        this.pass = pass;
        this.intake = intake;
        this.artifacts = artifacts;
    }

    void take(Source.Experiment experiment, Experiment ours, Source.BroughtRun theirs)
            throws IOException {
        pass.watch.at(
                "Experiment %s: run %s"
                        .formatted(
                                Texts.shown(experiment.name(), 100),
                                Texts.shown(theirs.name(), 100)));
        var name = theirs.name().isEmpty() ? theirs.id() : theirs.name();
        if (theirs.deleted() && !pass.one.options().deleted()) {
            pass.say(
                    "run",
                    theirs.id(),
                    name,
                    "left",
                    "It was deleted there, and deleted ones were not asked for.",
                    null);
            return;
        }
        pass.forgetParts("run", theirs.id());
        try {
            run(ours, theirs, name);
        } catch (Source.Away | Source.Unusable e) {
            throw e;
        } catch (IOException e) {
            pass.say("run", theirs.id(), name, "left", e.getMessage(), null);
        } catch (Problem | Sql.Failed e) {
            pass.say("run", theirs.id(), name, "left", ImportPass.reason(e), null);
        }
    }

    private void run(Experiment ours, Source.BroughtRun theirs, String name) throws IOException {
        var id = idOf(theirs.id());
        var state = Texts.digest(theirs.state() + "|" + theirs.deleted());
        var known = pass.origin("run", theirs.id()).orElseThrow();
        var there = intake.find(id);
        var target = address(ours, id);
        var whole = state.equals(known.state());
        if (there.isPresent() && there.get().deletedAt() != null) {
            pass.say(
                    "run",
                    theirs.id(),
                    name,
                    whole ? "there" : "left",
                    whole
                            ? null
                            : "It was imported before and deleted here since. Restore it, then import again.",
                    target);
            return;
        }
        pass.may(Experiment.ref(ours.id()));
        var left = new ImportPass.Counting(pass.left("run", theirs.id(), name));
        long points = 0;
        if (there.isEmpty() || !whole) {
            intake.run(
                    new Intake.Brought(
                            id,
                            ours.id(),
                            name,
                            theirs.user(),
                            theirs.status(),
                            theirs.start(),
                            theirs.end(),
                            theirs.params(),
                            tags(theirs, id),
                            theirs.name().isEmpty()),
                    pass.one.createdBy(),
                    left);
            intake.inputs(id, theirs.inputs(), left);
            points = histories(theirs, ours.id(), id, left);
        }
        var files =
                artifacts.take(
                        Intake.placeOfRun(ours.id(), id),
                        visitor -> pass.source.files(theirs, visitor),
                        left);
        if (theirs.deleted()) {
            intake.deleteRun(id);
        }
        pass.became("run", theirs.id(), id.toString(), left.mayPass() ? null : state);
        var anew = there.isEmpty() || !whole || files.count() > 0;
        pass.say(
                "run",
                theirs.id(),
                name,
                anew ? "taken" : "there",
                Ids.hex(id).equals(theirs.id())
                        ? null
                        : "Its identifier is taken here; it got another one.",
                target,
                points,
                files.count(),
                files.bytes());
        if (anew) {
            pass.watch.moved();
        }
    }

    static String address(Experiment ours, UUID run) {
        return ExperimentImport.address(ours) + "/runs/" + Ids.hex(run);
    }

    // Identifiers --------------------------------------------------------------------------------

    /** What identifier a run has, or will have: its own where that is free. */
    private UUID idOf(String run) {
        return pass.id("run", run, Ids.of(run).filter(intake::free));
    }

    /** With the identifiers that runs have here. */
    private Map<String, String> tags(Source.BroughtRun theirs, UUID id) {
        var tags = new LinkedHashMap<>(theirs.tags());
        var parent = tags.get(PARENT);
        if (parent != null && Ids.of(parent).isPresent()) {
            tags.put(PARENT, Ids.hex(idOf(parent)));
        }
        if (!Ids.hex(id).equals(theirs.id())) {
            tags.replaceAll((key, value) -> value.replace(theirs.id(), Ids.hex(id)));
        }
        return tags;
    }

    // Histories ----------------------------------------------------------------------------------

    private long histories(
            Source.BroughtRun theirs, long experiment, UUID id, ImportPass.Counting left)
            throws IOException {
        var keys = new ArrayList<String>();
        for (var key : new LinkedHashSet<>(theirs.metrics())) {
            var fault = intake.metricFault(key);
            if (fault == null) {
                keys.add(key);
            } else {
                left.out("metric", key, fault);
            }
        }
        long points = 0;
        try (var histories = new Histories(pass.source, theirs, keys)) {
            for (var key : keys) {
                points += history(histories, theirs, experiment, id, key, left);
            }
        }
        return points;
    }

    private long history(
            Histories histories,
            Source.BroughtRun theirs,
            long experiment,
            UUID id,
            String key,
            ImportPass.Counting left)
            throws IOException {
        var count = new long[1];
        try {
            histories.of(
                    key,
                    some -> {
                        intake.points(id, experiment, some);
                        count[0] += some.size();
                        pass.watch.at(
                                "Run %s: %,d points of %s"
                                        .formatted(
                                                Texts.shown(theirs.name(), 60),
                                                count[0],
                                                Texts.shown(key, 60)));
                    });
            if (count[0] == 0) {
                left.outForNow("metric", key, "It has no points there.");
            }
        } catch (Source.Unusable e) {
            throw e;
        } catch (IOException e) {
            if (e instanceof Source.Away && !pass.source.answers()) {
                throw e;
            }
            left.outForNow(
                    "metric",
                    key,
                    "%,d points were taken, then: %s".formatted(count[0], e.getMessage()));
        }
        return count[0];
    }
}
