package dev.atelier.transfer;

import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * MLflow's file store: {@code mlruns/<experiment>/<run>/} with {@code meta.yaml}, and a file for
 * each param, tag and metric (mlflow/store/tracking/file_store.py).
 */
final class FileStore extends MlflowStore {

    static final String META = "meta.yaml";
    private static final Set<String> NO_RUNS = Set.of("tags", "datasets", "traces", "models");
    private static final int LARGEST_YAML = 32 << 20;
    private static final int LARGEST_TEXT = 1 << 20;
    private static final int MOST_KEYS = 20_000;
    private static final int LONGEST_TEXTS = 16 << 20;

    private final Path store;

    FileStore(Path root, Path store, List<Unread> before) throws IOException {
        super(root, store, before);
        this.store = store;
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

    // Reading ------------------------------------------------------------------------------------

    private byte[] bytes(Path file, int most) throws IOException {
        try (var in = Files.newInputStream(inside(file), LinkOption.NOFOLLOW_LINKS)) {
            var bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new IOException(file.getFileName() + " is longer than " + most + " bytes.");
            }
            return bytes;
        }
    }

    private String text(Path file) throws IOException {
        return new String(bytes(file, LARGEST_TEXT), StandardCharsets.UTF_8);
    }

    private Map<?, ?> yaml(Path folder) throws IOException {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(20);
        options.setCodePointLimit(LARGEST_YAML);
        try {
            var read =
                    new Yaml(new SafeConstructor(options))
                            .<Object>load(
                                    new String(
                                            bytes(folder.resolve(META), LARGEST_YAML),
                                            StandardCharsets.UTF_8));
            if (read instanceof Map<?, ?> map) {
                return map;
            }
            throw new IOException("Its meta.yaml holds no fields.");
        } catch (YAMLException e) {
            throw new IOException(
                    "Its meta.yaml cannot be read: "
                            + Texts.shown(String.valueOf(e.getMessage()), 200));
        } catch (java.nio.file.NoSuchFileException e) {
            throw new IOException("It has no meta.yaml.");
        }
    }

    private static String text(Map<?, ?> yaml, String key) {
        var value = yaml.get(key);
        return value == null ? "" : value.toString();
    }

    private static @Nullable String orNull(Map<?, ?> yaml, String key) {
        var value = yaml.get(key);
        return value == null || value.toString().isEmpty() ? null : value.toString();
    }

    private static long number(Map<?, ?> yaml, String key) {
        return yaml.get(key) instanceof Number number ? number.longValue() : 0;
    }

    /** Folders in a folder, by name. */
    private static List<Path> folders(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        var all = new ArrayList<Path>();
        try (var children =
                Files.newDirectoryStream(
                        folder, one -> Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS))) {
            children.forEach(all::add);
        }
        all.sort(null);
        return all;
    }

    private static List<Path> some(Path folder) throws IOException {
        var all = folders(folder);
        if (all.size() > 1_000) {
            throw new IOException("It has more than 1,000 %s.".formatted(folder.getFileName()));
        }
        return all;
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    /** A file for each key; a key with a slash lies in folders. */
    private Map<String, Path> keys(Path folder) throws IOException {
        var keys = new TreeMap<String, Path>();
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            below(
                    folder,
                    file -> {
                        if (keys.size() == MOST_KEYS) {
                            throw new IOException(
                                    "It has more than %,d %s."
                                            .formatted(MOST_KEYS, folder.getFileName()));
                        }
                        keys.put(file.path(), folder.resolve(file.path()));
                    });
        }
        return keys;
    }

    private Map<String, String> pairs(Path folder) throws IOException {
        var pairs = new LinkedHashMap<String, String>();
        long length = 0;
        for (var key : keys(folder).entrySet()) {
            var text = text(key.getValue());
            length += text.length();
            if (length > LONGEST_TEXTS) {
                throw new IOException(
                        "Its %s are longer than 16 MiB together.".formatted(folder.getFileName()));
            }
            pairs.put(key.getKey(), text);
        }
        return pairs;
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
                    var meta = yaml(folder);
                    visitor.see(
                            new Experiment(
                                    id,
                                    text(meta, "name"),
                                    pairs(folder.resolve("tags")),
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
        var meta = yaml(folder);
        var tags = pairs(folder.resolve("tags"));
        var params = pairs(folder.resolve("params"));
        var metrics = keys(folder.resolve("metrics"));
        var state = new StringBuilder(meta.toString()).append(params).append(tags);
        for (var metric : metrics.entrySet()) {
            state.append(metric.getKey()).append(Files.size(metric.getValue())).append(';');
        }
        var inputs = new ArrayList<RunLinks.Input>();
        var used = new ArrayList<String>();
        for (var input : some(folder.resolve("inputs"))) {
            var link = yaml(input);
            var source = text(link, "source_id");
            state.append(source);
            if (text(link, "source_type").equals("MODEL")) {
                used.add(source);
            } else if (source.matches("[0-9a-f]+")) {
                var set = yaml(above.resolve("datasets").resolve(source));
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
            var link = yaml(output);
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

    @FunctionalInterface
    private interface Fields {
        void see(String[] fields) throws IOException;
    }

    private void lines(Path file, Fields visitor) throws IOException {
        try (var in = Files.newInputStream(inside(file), LinkOption.NOFOLLOW_LINKS);
                var reader =
                        new BufferedReader(
                                new InputStreamReader(
                                        new Lines(in),
                                        StandardCharsets.UTF_8
                                                .newDecoder()
                                                .onMalformedInput(CodingErrorAction.REPLACE)))) {
            for (String line; (line = reader.readLine()) != null; ) {
                if (!line.isBlank()) {
                    visitor.see(line.strip().split(" "));
                }
            }
        }
    }

    /** Ends a file whose lines are longer than any point. */
    private static final class Lines extends java.io.FilterInputStream {
        private int length;

        Lines(java.io.InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int size) throws IOException {
            int count = super.read(into, offset, size);
            for (int i = offset; i < offset + count; i++) {
                length = into[i] == '\n' ? 0 : length + 1;
                if (length > 4_096) {
                    throw new IOException("A line of it is longer than 4,096 bytes.");
                }
            }
            return count;
        }
    }

    private static Metrics.Point point(String key, String[] fields) throws IOException {
        try {
            return new Metrics.Point(
                    key,
                    decimal(fields[1]),
                    Long.parseLong(fields[0]),
                    fields.length > 2 ? Long.parseLong(fields[2]) : 0);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IOException(
                    "A line is no point: " + Texts.shown(String.join(" ", fields), 80) + ".");
        }
    }

    /** As Python writes them. */
    private static double decimal(String text) {
        return switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor)
            throws IOException {
        lines(
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
        var meta = yaml(folder);
        if (text(meta, "lifecycle_stage").equals("deleted")) {
            cannotRead("logged-model", name(folder), "It was deleted there.");
            return null;
        }
        var metrics = new ArrayList<ModelMetric>();
        for (var key : keys(folder.resolve("metrics")).entrySet()) {
            lines(
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
                pairs(folder.resolve("params")),
                pairs(folder.resolve("tags")),
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
                var meta = yaml(folder);
                model =
                        new Registered(
                                name(folder),
                                orNull(meta, "description"),
                                pairs(folder.resolve("tags")),
                                trimmed(pairs(folder.resolve("aliases"))),
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
                var meta = yaml(folder);
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
                                pairs(folder.resolve("tags")),
                                number(meta, "creation_timestamp")));
            } catch (IOException e) {
                cannotRead("version", model.name() + "/" + name, e.getMessage());
            }
        }
        all.sort(java.util.Comparator.comparingInt(Version::number));
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
