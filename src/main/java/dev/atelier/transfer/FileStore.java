package dev.atelier.transfer;

import static dev.atelier.transfer.FileStoreReader.META;
import static dev.atelier.transfer.FileStoreReader.folders;
import static dev.atelier.transfer.FileStoreReader.name;
import static dev.atelier.transfer.FileStoreReader.number;
import static dev.atelier.transfer.FileStoreReader.orNull;
import static dev.atelier.transfer.FileStoreReader.point;
import static dev.atelier.transfer.FileStoreReader.some;
import static dev.atelier.transfer.FileStoreReader.text;

import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * MLflow's file store: {@code mlruns/<experiment>/<run>/} with {@code meta.yaml}, and a file for
 * each param, tag and metric (mlflow/store/tracking/file_store.py).
 */
final class FileStore extends MlflowStore {

    private static final Set<String> NO_RUNS = Set.of("tags", "datasets", "traces", "models");

    private final Path store;
    private final FileStoreReader reader;

    FileStore(Path root, Path store, List<Unread> before) throws IOException {
        super(root, store, before);
        this.store = store;
        reader = new FileStoreReader(this);
    }

    /** Whether a folder looks like one. */
    static boolean is(Path folder) throws IOException {
        try (var children = Files.newDirectoryStream(folder, Files::isDirectory)) {
            for (var child : children) {
                if (!child.getFileName().toString().equals("models")
                        && Files.isRegularFile(child.resolve(META), LinkOption.NOFOLLOW_LINKS)
                        && head(child.resolve(META)).contains("artifact_location")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String head(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(64 << 10), StandardCharsets.ISO_8859_1);
        }
    }

    // Experiments and runs -----------------------------------------------------------------------

    @Override
    public void experiments(Visitor<Experiment> visitor) throws IOException {
        for (var above : List.of(store, store.resolve(".trash"))) {
            for (var folder : folders(above)) {
                var id = name(folder);
                if (id.equals("models") || id.startsWith(".")) {
                    continue;
                }
                try {
                    var meta = reader.yaml(folder);
                    visitor.see(
                            new Experiment(
                                    id,
                                    text(meta, "name"),
                                    reader.pairs(folder.resolve("tags")),
                                    meta.get("creation_time") == null
                                            ? null
                                            : number(meta, "creation_time"),
                                    text(meta, "lifecycle_stage").equals("deleted")));
                } catch (IOException e) {
                    cannotRead("experiment", id, e.getMessage());
                }
            }
        }
    }

    private Path folder(String experiment) {
        var folder = store.resolve(experiment);
        return Files.isDirectory(folder) ? folder : store.resolve(".trash").resolve(experiment);
    }

    @Override
    public void runs(Experiment experiment, Visitor<BroughtRun> visitor) throws IOException {
        var above = folder(experiment.id());
        for (var folder : folders(above)) {
            if (NO_RUNS.contains(name(folder))) {
                continue;
            }
            BroughtRun run;
            try {
                run = run(experiment, above, folder);
            } catch (IOException e) {
                cannotRead("run", experiment.id() + "/" + name(folder), e.getMessage());
                continue;
            }
            visitor.see(run);
        }
    }

    private BroughtRun run(Experiment experiment, Path above, Path folder) throws IOException {
        var meta = reader.yaml(folder);
        var tags = reader.pairs(folder.resolve("tags"));
        var params = reader.pairs(folder.resolve("params"));
        var metrics = reader.keys(folder.resolve("metrics"));
        var state = new StringBuilder(meta.toString()).append(params).append(tags);
        for (var metric : metrics.entrySet()) {
            state.append(metric.getKey()).append(Files.size(metric.getValue())).append(';');
        }
        var inputs = new ArrayList<RunLinks.Input>();
        var used = new ArrayList<String>();
        for (var input : some(folder.resolve("inputs"))) {
            var link = reader.yaml(input);
            var source = text(link, "source_id");
            state.append(source);
            if (text(link, "source_type").equals("MODEL")) {
                used.add(source);
            } else if (source.matches("[0-9a-f]+")) {
                var set = reader.yaml(above.resolve("datasets").resolve(source));
                var of = new LinkedHashMap<String, String>();
                if (link.get("tags") instanceof Map<?, ?> some) {
                    some.forEach((key, value) -> of.put(key.toString(), String.valueOf(value)));
                }
                inputs.add(
                        new RunLinks.Input(
                                new RunLinks.DataSet(
                                        text(set, "name"),
                                        text(set, "digest"),
                                        text(set, "source_type"),
                                        text(set, "source"),
                                        orNull(set, "schema"),
                                        orNull(set, "profile")),
                                of));
            }
        }
        var made = new TreeMap<String, Long>();
        for (var output : some(folder.resolve("outputs"))) {
            var link = reader.yaml(output);
            made.put(text(link, "source_id"), number(link, "step"));
        }
        var named = text(meta, "run_name");
        var own = folder.resolve("artifacts");
        return new BroughtRun(
                name(folder),
                experiment.id(),
                !named.isEmpty() ? named : tags.getOrDefault("mlflow.runName", text(meta, "name")),
                text(meta, "user_id"),
                status(text(meta, "status")),
                number(meta, "start_time"),
                meta.get("end_time") == null ? null : number(meta, "end_time"),
                text(meta, "lifecycle_stage").equals("deleted"),
                params,
                tags,
                List.copyOf(metrics.keySet()),
                inputs,
                used,
                made,
                Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS) && !empty(own)
                        ? own.toString()
                        : text(meta, "artifact_uri"),
                state.toString());
    }

    private static boolean empty(Path folder) throws IOException {
        try (var some = Files.list(folder)) {
            return some.findAny().isEmpty();
        }
    }

    /** The numbers of MLflow's protocol file. */
    private static Run.Status status(String text) {
        return switch (text) {
            case "1" -> Run.Status.RUNNING;
            case "2" -> Run.Status.SCHEDULED;
            case "3" -> Run.Status.FINISHED;
            case "4" -> Run.Status.FAILED;
            case "5" -> Run.Status.KILLED;
            default -> BroughtRun.statusOf(text);
        };
    }

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor)
            throws IOException {
        reader.lines(
                folder(run.experiment()).resolve(run.id()).resolve("metrics").resolve(key),
                fields -> visitor.see(point(key, fields)));
    }

    @Override
    public void files(BroughtRun run, Visitor<File> visitor) throws IOException {
        var own = Path.of(run.artifacts());
        if (own.isAbsolute() && own.startsWith(store) && Files.isDirectory(own)) {
            below(inside(own), visitor);
        } else if (find(run.artifacts()).isPresent() || !local(run.artifacts())) {
            files(run.artifacts(), visitor);
        }
        // A run without artifacts has no folder of them.
    }

    private static boolean local(String address) {
        return !address.matches("[a-z][a-z0-9+.-]*:.*") || address.startsWith("file:");
    }

    @Override
    public void models(Experiment experiment, Visitor<BroughtModel> visitor) throws IOException {
        for (var folder : folders(folder(experiment.id()).resolve("models"))) {
            BroughtModel model;
            try {
                model = model(experiment, folder);
            } catch (IOException e) {
                cannotRead("logged-model", name(folder), e.getMessage());
                continue;
            }
            if (model != null) {
                visitor.see(model);
            }
        }
    }

    private @Nullable BroughtModel model(Experiment experiment, Path folder) throws IOException {
        var meta = reader.yaml(folder);
        if (text(meta, "lifecycle_stage").equals("deleted")) {
            cannotRead("logged-model", name(folder), "It was deleted there.");
            return null;
        }
        var metrics = new ArrayList<ModelMetric>();
        for (var key : reader.keys(folder.resolve("metrics")).entrySet()) {
            reader.lines(
                    key.getValue(),
                    fields ->
                            metrics.add(
                                    new ModelMetric(
                                            point(key.getKey(), fields),
                                            fields.length > 5 ? fields[4] : "",
                                            fields.length > 5 ? fields[5] : "",
                                            fields.length > 3 ? fields[3] : "")));
        }
        return new BroughtModel(
                name(folder),
                experiment.id(),
                text(meta, "name"),
                orNull(meta, "model_type"),
                orNull(meta, "source_run_id"),
                SqliteStore.modelStatus(number(meta, "status")),
                number(meta, "creation_timestamp"),
                reader.pairs(folder.resolve("params")),
                reader.pairs(folder.resolve("tags")),
                metrics,
                folder.resolve("artifacts").toString());
    }

    @Override
    public void files(BroughtModel model, Visitor<File> visitor) throws IOException {
        var own = Path.of(model.artifacts());
        if (Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
            below(inside(own), visitor);
        }
    }

    // Registry -----------------------------------------------------------------------------------

    @Override
    public void registered(Visitor<Registered> visitor) throws IOException {
        for (var folder : folders(store.resolve("models"))) {
            Registered model;
            try {
                var meta = reader.yaml(folder);
                model =
                        new Registered(
                                name(folder),
                                orNull(meta, "description"),
                                reader.pairs(folder.resolve("tags")),
                                trimmed(reader.pairs(folder.resolve("aliases"))),
                                number(meta, "creation_timestamp"));
            } catch (IOException e) {
                cannotRead("model", name(folder), e.getMessage());
                continue;
            }
            visitor.see(model);
        }
    }

    private static Map<String, String> trimmed(Map<String, String> pairs) {
        pairs.replaceAll((_, value) -> value.strip());
        return pairs;
    }

    @Override
    public void versions(Registered model, Visitor<Version> visitor) throws IOException {
        var all = new ArrayList<Version>();
        for (var folder : folders(store.resolve("models").resolve(model.name()))) {
            var name = name(folder);
            if (!name.matches("version-[0-9]{1,9}")) {
                continue;
            }
            try {
                var meta = reader.yaml(folder);
                all.add(
                        new Version(
                                model.name(),
                                Integer.parseInt(name.substring("version-".length())),
                                orNull(meta, "description"),
                                text(meta, "current_stage"),
                                text(meta, "source"),
                                text(meta, "storage_location"),
                                orNull(meta, "run_id"),
                                orNull(meta, "model_id"),
                                orNull(meta, "run_link"),
                                reader.pairs(folder.resolve("tags")),
                                number(meta, "creation_timestamp")));
            } catch (IOException e) {
                cannotRead("version", model.name() + "/" + name, e.getMessage());
            }
        }
        all.sort(Comparator.comparingInt(Version::number));
        for (var version : all) {
            visitor.see(version);
        }
    }

    @Override
    public void files(Version version, Visitor<File> visitor) throws IOException {
        files(version.storage().isEmpty() ? version.source() : version.storage(), visitor);
    }

    @Override
    public long traces() throws IOException {
        for (var above : folders(store)) {
            if (!folders(above.resolve("traces")).isEmpty()) {
                return 1;
            }
        }
        return 0;
    }
}
