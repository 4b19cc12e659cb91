package dev.atelier.transfer;

import dev.atelier.experiments.ArtifactPlace;
import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.ExperimentContents;
import dev.atelier.experiments.FullRun;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Intake;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Experiments as MLflow's file store has them, so that its client opens them: {@code mlflow ui
 * --backend-store-uri mlruns} in the folder where the archive was unpacked.
 */
@ApplicationScoped
class FileStoreExport {

    static final String ROOT = "mlruns";
    private static final int RUNS = 50;
    private static final int POINTS = 10_000;

    private final ExperimentContents recorded;

    FileStoreExport(ExperimentContents recorded) {
        this.recorded = recorded;
    }

    /**
     * @param only identifiers of the wanted runs; empty for all
     */
    void write(Experiment experiment, List<String> only, Parcel parcel) throws IOException {
        var deleted = experiment.deletedAt() != null;
        var folder = ROOT + (deleted ? "/.trash/" : "/") + experiment.id();
        parcel.add(
                folder + "/meta.yaml",
                new FileStoreText()
                        .put("artifact_location", folder)
                        .put("creation_time", experiment.createdAt().toEpochMilli())
                        .put("experiment_id", Long.toString(experiment.id()))
                        .put("last_update_time", experiment.changedAt().toEpochMilli())
                        .put("lifecycle_stage", deleted ? "deleted" : "active")
                        .put("name", experiment.name())
                        .bytes());
        pairs(folder + "/tags", experiment.tags(), parcel);
        var dataSets = new HashSet<String>();
        if (only.isEmpty()) {
            for (UUID after = null; ; ) {
                var some = recorded.runs(experiment.id(), after, RUNS);
                for (var run : some) {
                    run(folder, run, dataSets, parcel);
                }
                if (some.size() < RUNS) {
                    break;
                }
                after = some.getLast().run().id();
            }
            models(folder, experiment.id(), parcel);
            return;
        }
        var wanted = new HashSet<UUID>();
        for (var id : only) {
            var run = recorded.run(experiment.id(), id);
            if (run.isPresent()) {
                run(folder, run.get(), dataSets, parcel);
                run.get().modelOutputs().forEach(link -> wanted.add(link.model()));
                run.get().modelInputs().forEach(link -> wanted.add(link.model()));
            }
        }
        for (UUID after = null; ; ) {
            var some = recorded.models(experiment.id(), after, RUNS);
            for (var model : some) {
                if (wanted.contains(model.id())) {
                    model(folder, model, parcel);
                }
            }
            if (some.size() < RUNS) {
                break;
            }
            after = some.getLast().id();
        }
    }

    private static void pairs(String folder, Map<String, String> pairs, Parcel parcel)
            throws IOException {
        var clashing = Parcel.clashing(pairs.keySet());
        for (var pair : pairs.entrySet()) {
            var path = folder + "/" + pair.getKey();
            if (clashing.contains(pair.getKey())) {
                parcel.leave(path, "Another key is a file where this one needs a folder.");
            } else {
                parcel.add(path, pair.getValue());
            }
        }
    }

    private void run(String above, FullRun full, Set<String> dataSets, Parcel parcel)
            throws IOException {
        var run = full.run();
        var folder = above + "/" + run.hex();
        var yaml =
                new FileStoreText()
                        .put("artifact_uri", folder + "/artifacts")
                        .put("end_time", run.endTime())
                        .put("entry_point_name", "")
                        .put("experiment_id", Long.toString(run.experiment()))
                        .put("lifecycle_stage", run.deletedAt() == null ? "active" : "deleted")
                        .put("run_id", run.hex())
                        .put("run_name", run.name())
                        .put("run_uuid", run.hex())
                        .put("source_name", "")
                        .put("source_type", 4L)
                        .put("source_version", "")
                        .put("start_time", run.startTime())
                        .put("status", number(run.status()))
                        .putNone("tags")
                        .put("user_id", run.userId());
        if (run.deletedAt() != null) {
            yaml.put("deleted_time", run.deletedAt().toEpochMilli());
        }
        parcel.add(folder + "/meta.yaml", yaml.bytes());
        pairs(folder + "/params", full.params(), parcel);
        pairs(folder + "/tags", full.tags(), parcel);
        metrics(folder, full, parcel);
        for (var input : full.inputs()) {
            if (input.hidden()) {
                parcel.leave(folder + "/inputs", "It read a data set that you may not see.");
            } else {
                input(above, folder, run.hex(), input, dataSets, parcel);
            }
        }
        if (full.unseen() > 0) {
            parcel.leave(
                    folder + "/outputs",
                    "It names logged models that you may not see: %d.".formatted(full.unseen()));
        }
        for (var link : full.modelInputs()) {
            var id = Ids.model(link.model());
            parcel.add(
                    folder + "/inputs/" + FileStoreText.md5(id, run.hex()) + "/meta.yaml",
                    link("MODEL", "RUN", id, Map.of()).bytes());
        }
        for (var link : full.modelOutputs()) {
            var id = Ids.model(link.model());
            parcel.add(
                    folder + "/outputs/" + id + "/meta.yaml",
                    link("RUN_OUTPUT", "MODEL_OUTPUT", id, Map.of())
                            .put("step", link.step())
                            .bytes());
        }
        // The client takes a folder without these for none of a run.
        for (var part : List.of("artifacts", "metrics", "params", "tags")) {
            parcel.folder(folder + "/" + part);
        }
        files(folder + "/artifacts", Intake.placeOfRun(run.experiment(), run.id()), parcel);
    }

    /** The file store writes the source as destination too. */
    private static FileStoreText link(String from, String to, String id, Map<String, String> tags) {
        return new FileStoreText()
                .put("destination_id", id)
                .put("destination_type", to)
                .put("source_id", id)
                .put("source_type", from)
                .put("tags", tags);
    }

    private static long number(Run.Status status) {
        return switch (status) {
            case RUNNING -> 1;
            case SCHEDULED -> 2;
            case FINISHED -> 3;
            case FAILED -> 4;
            case KILLED -> 5;
        };
    }

    private void metrics(String folder, FullRun full, Parcel parcel) throws IOException {
        var keys = new HashSet<String>();
        full.metrics().forEach(point -> keys.add(point.key()));
        var clashing = Parcel.clashing(keys);
        for (var latest : full.metrics()) {
            var path = folder + "/metrics/" + latest.key();
            if (clashing.contains(latest.key())) {
                parcel.leave(path, "Another key is a file where this one needs a folder.");
                continue;
            }
            try (var out = parcel.entry(path)) {
                for (Metrics.Point after = null; ; ) {
                    var some = recorded.history(full.run().id(), latest.key(), after, POINTS);
                    var text = new StringBuilder();
                    for (var point : some) {
                        text.append(point.at())
                                .append(' ')
                                .append(FileStoreText.number(point.value()))
                                .append(' ')
                                .append(point.step())
                                .append('\n');
                    }
                    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
                    if (some.size() < POINTS) {
                        break;
                    }
                    after = some.getLast();
                }
            }
        }
    }

    private static void input(
            String above,
            String folder,
            String run,
            RunLinks.Input input,
            Set<String> dataSets,
            Parcel parcel)
            throws IOException {
        var set = input.dataSet();
        var id = FileStoreText.md5(set.name(), set.digest());
        if (dataSets.add(id)) {
            parcel.add(
                    above + "/datasets/" + id + "/meta.yaml",
                    new FileStoreText()
                            .put("digest", set.digest())
                            .put("name", set.name())
                            .put("profile", set.profile())
                            .put("schema", set.schema())
                            .put("source", set.source())
                            .put("source_type", set.sourceType())
                            .bytes());
        }
        parcel.add(
                folder + "/inputs/" + FileStoreText.md5(id, run) + "/meta.yaml",
                link("DATASET", "RUN", id, input.tags()).bytes());
    }

    private void models(String folder, long experiment, Parcel parcel) throws IOException {
        for (UUID after = null; ; ) {
            var some = recorded.models(experiment, after, RUNS);
            for (var model : some) {
                model(folder, model, parcel);
            }
            if (some.size() < RUNS) {
                return;
            }
            after = some.getLast().id();
        }
    }

    private void model(String above, LoggedModel model, Parcel parcel) throws IOException {
        var folder = above + "/models/" + model.text();
        parcel.add(
                folder + "/meta.yaml",
                new FileStoreText()
                        .put("artifact_location", folder + "/artifacts")
                        .put("creation_timestamp", model.createdAt().toEpochMilli())
                        .put("experiment_id", Long.toString(model.experiment()))
                        .put("last_updated_timestamp", model.changedAt().toEpochMilli())
                        .put("lifecycle_stage", model.deletedAt() == null ? "active" : "deleted")
                        .put("model_id", model.text())
                        .put("model_type", model.modelType())
                        .put("name", model.name())
                        .put(
                                "source_run_id",
                                model.sourceRun() == null ? null : Ids.hex(model.sourceRun()))
                        .put(
                                "status",
                                switch (model.status()) {
                                    case PENDING -> 1L;
                                    case READY -> 2L;
                                    case UPLOAD_FAILED -> 3L;
                                })
                        .put("status_message", model.statusMessage())
                        .bytes());
        pairs(folder + "/params", model.params(), parcel);
        pairs(folder + "/tags", model.tags(), parcel);
        measured(folder, model, parcel);
        files(folder + "/artifacts", Intake.placeOfModel(model.experiment(), model.id()), parcel);
    }

    private static void measured(String folder, LoggedModel model, Parcel parcel)
            throws IOException {
        var lines = new java.util.TreeMap<String, StringBuilder>();
        for (var metric : model.metrics()) {
            var point = metric.point();
            var run = metric.run();
            if (run == null) {
                // The form has no line without a run.
                parcel.leave(
                        folder + "/metrics/" + point.key(),
                        "It was measured by a run that you may not see.");
                continue;
            }
            lines.computeIfAbsent(point.key(), _ -> new StringBuilder())
                    .append(
                            "%d %s %d %s%s\n"
                                    .formatted(
                                            point.at(),
                                            FileStoreText.number(point.value()),
                                            point.step(),
                                            Ids.hex(run),
                                            metric.dataSetName().isEmpty()
                                                    ? ""
                                                    : " "
                                                            + metric.dataSetName().replace(' ', '_')
                                                            + " "
                                                            + metric.dataSetDigest()));
        }
        for (var line : lines.entrySet()) {
            parcel.add(folder + "/metrics/" + line.getKey(), line.getValue().toString());
        }
    }

    private void files(String folder, ArtifactPlace root, Parcel parcel) throws IOException {
        for (var file : recorded.files(root)) {
            parcel.add(folder + "/" + file.path(), file.blob());
        }
    }
}
