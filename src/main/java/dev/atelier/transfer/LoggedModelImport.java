package dev.atelier.transfer;

import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Intake;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.LoggedModels;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Takes logged models over: with their metrics and files, and which runs made or used them. */
final class LoggedModelImport {

    private final ImportPass pass;
    private final Intake intake;
    private final LoggedModels loggedModels;
    private final ArtifactImport artifacts;

    LoggedModelImport(
            ImportPass pass, Intake intake, LoggedModels loggedModels, ArtifactImport artifacts) {
        this.pass = pass;
        this.intake = intake;
        this.loggedModels = loggedModels;
        this.artifacts = artifacts;
    }

    void take(Experiment ours, Source.BroughtModel theirs) throws IOException {
        pass.watch.at("Logged model " + Texts.shown(theirs.name(), 100));
        pass.forgetParts("logged-model", theirs.id());
        try {
            var id = idOf(theirs.id());
            var known = loggedModels.find(id);
            if (known.isPresent() && known.get().deletedAt() != null) {
                pass.say(
                        "logged-model",
                        theirs.id(),
                        theirs.name(),
                        "left",
                        "It was imported before and deleted here since.",
                        null);
                return;
            }
            pass.may(Experiment.ref(ours.id()));
            var left =
                    new ImportPass.Counting(pass.left("logged-model", theirs.id(), theirs.name()));
            intake.model(
                    new Intake.BroughtModel(
                            id,
                            ours.id(),
                            theirs.name(),
                            theirs.type(),
                            theirs.run() == null
                                    ? null
                                    : pass.known("run", theirs.run()).orElse(null),
                            theirs.status(),
                            Instant.ofEpochMilli(Math.max(0, theirs.createdAt())),
                            theirs.params(),
                            theirs.tags()),
                    pass.one.createdBy(),
                    left);
            for (var metric : theirs.metrics()) {
                measure(id, metric, left);
            }
            var files =
                    artifacts.take(
                            Intake.placeOfModel(ours.id(), id),
                            visitor -> pass.source.files(theirs, visitor),
                            left);
            pass.became("logged-model", theirs.id(), id.toString(), "complete");
            var run =
                    theirs.run() == null ? Optional.<UUID>empty() : pass.known("run", theirs.run());
            pass.say(
                    "logged-model",
                    theirs.id(),
                    theirs.name(),
                    known.isEmpty() || files.count() > 0 ? "taken" : "there",
                    Ids.model(id).equals(theirs.id())
                            ? null
                            : "Its identifier is taken here; it got another one.",
                    run.map(r -> RunImport.address(ours, r)).orElse(ExperimentImport.address(ours)),
                    0,
                    files.count(),
                    files.bytes());
        } catch (Source.Away | Source.Unusable e) {
            throw e;
        } catch (IOException e) {
            pass.say("logged-model", theirs.id(), theirs.name(), "left", e.getMessage(), null);
        } catch (Problem | Sql.Failed e) {
            pass.say(
                    "logged-model", theirs.id(), theirs.name(), "left", ImportPass.reason(e), null);
        }
    }

    private UUID idOf(String model) {
        return pass.id("logged-model", model, Ids.ofModel(model).filter(intake::freeModel));
    }

    private void measure(UUID model, Source.ModelMetric metric, Intake.Left left) {
        var fault = intake.metricFault(metric.point().key());
        var run = pass.known("run", metric.run()).flatMap(intake::find);
        if (fault != null || run.isEmpty()) {
            left.out(
                    "metric",
                    metric.point().key(),
                    fault != null ? fault : "The run that measured it was not taken.");
            return;
        }
        intake.measure(
                model,
                new LoggedModel.Metric(
                        metric.point(),
                        metric.dataSetName(),
                        metric.dataSetDigest(),
                        run.get().id()));
    }

    void link(Source.BroughtRun theirs) {
        if (theirs.modelInputs().isEmpty() && theirs.modelOutputs().isEmpty()) {
            return;
        }
        var run = pass.known("run", theirs.id()).flatMap(intake::find);
        if (run.isEmpty()) {
            return;
        }
        theirs.modelOutputs()
                .forEach((model, step) -> link(theirs, run.get().id(), model, step, true));
        theirs.modelInputs().forEach(model -> link(theirs, run.get().id(), model, 0, false));
    }

    private void link(Source.BroughtRun theirs, UUID run, String model, long step, boolean output) {
        var id = pass.known("logged-model", model).filter(m -> loggedModels.find(m).isPresent());
        if (id.isPresent()) {
            intake.link(run, id.get(), step, output);
        } else {
            pass.left("run", theirs.id(), theirs.name())
                    .out(output ? "output" : "input", model, "The logged model was not taken.");
        }
    }
}
