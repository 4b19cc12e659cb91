package dev.atelier.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Signature;
import dev.atelier.models.FileReport.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every file of a bundle without executing anything of it, and decides whether the version
 * may be used.
 */
final class Inspection {

    /**
     * What was found.
     *
     * @param refusal why the version is refused, or null
     * @param stated what MLflow states, null where no such file came along
     * @param interfaceJson the interface as it came, else made from what MLflow states, completed
     *     by what the files of a Hugging Face repository say; null where there is nothing
     */
    record Result(
            @Nullable String refusal,
            List<FileReport> files,
            @Nullable String mainFile,
            @Nullable String unservable,
            @Nullable Signature signature,
            @Nullable StatedSignature stated,
            @Nullable String interfaceJson,
            @Nullable OnnxGraph graph,
            List<String> warnings) {}

    /** Where the bytes of a file come from. */
    interface Content {
        InputStream open(ModelFile file) throws IOException;

        /** A file of this machine with those bytes, for what must be read out of order. */
        Path path(ModelFile file) throws IOException;
    }

    private static final int LARGEST_TEXT = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<ModelFile> files;
    private final Content content;
    private final List<FileReport> reports = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Map<String, OnnxGraph> graphs = new TreeMap<>();

    private Inspection(List<ModelFile> files, Content content) {
        this.files = files;
        this.content = content;
    }

    static Result of(List<ModelFile> files, Content content) throws IOException {
        return new Inspection(files, content).inspect();
    }

    private Result inspect() throws IOException {
        for (var file : files) {
            reports.add(inspect(file));
        }
        var refused =
                reports.stream().filter(report -> report.verdict() == Verdict.REFUSED).toList();
        String refusal =
                refused.isEmpty()
                        ? null
                        : refused.stream()
                                .map(report -> report.path() + ": " + report.findings().getFirst())
                                .collect(Collectors.joining(" "));
        var main = mainFile();
        var graph = main == null ? null : graphs.get(main);
        var unservable =
                graph == null
                        ? "There is no ONNX file in it, so it is kept and handed out but cannot be"
                                + " tried."
                        : Signatures.fault(graph);
        var signature = graph == null || unservable != null ? null : Signatures.of(graph);
        var mlflow = mlflow();
        var interfaceJson = interfaceJson(signature, mlflow);
        if (mlflow != null) {
            warnings.addAll(mlflow.contradictions(signature));
            if (signature == null && mlflow.stated() != null) {
                signature = mlflow.stated().signature().orElse(null);
            }
        }
        return new Result(
                refusal,
                List.copyOf(reports),
                main,
                unservable,
                signature,
                mlflow == null ? null : mlflow.stated(),
                interfaceJson,
                graph,
                List.copyOf(warnings));
    }

    /** {@code model.onnx} at the top, else the only ONNX file, else the one nearest to the top. */
    private @Nullable String mainFile() {
        if (graphs.containsKey("model.onnx")) {
            return "model.onnx";
        }
        var main =
                graphs.keySet().stream()
                        .min(
                                Comparator.comparingInt((String path) -> path.split("/").length)
                                        .thenComparing(Comparator.naturalOrder()))
                        .orElse(null);
        if (graphs.size() > 1) {
            warnings.add(
                    "There are %d ONNX files; %s is served. Name one model.onnx to choose."
                            .formatted(graphs.size(), main));
        }
        return main;
    }

    private FileReport inspect(ModelFile file) throws IOException {
        var path = file.path();
        var extension = extension(path);
        if (file.size() == 0) {
            return extension.equals("onnx")
                    ? FileReport.of(path, "ONNX model", Verdict.REFUSED, "The file is empty.")
                    : FileReport.of(path, "Empty file", Verdict.NOTED, "The file is empty.");
        }
        if (extension.equals("onnx")) {
            return onnx(file);
        }
        return Contents.look(file, content);
    }

    private FileReport onnx(ModelFile file) throws IOException {
        var kind = "ONNX model";
        try (var in = content.open(file)) {
            var graph = OnnxReader.read(in);
            var findings = new ArrayList<String>();
            var verdict = external(file, graph, findings);
            for (var fault : Operators.faults(graph)) {
                findings.add(fault);
                verdict = Verdict.REFUSED;
            }
            if (verdict != Verdict.REFUSED) {
                graphs.put(file.path(), graph);
            }
            return new FileReport(file.path(), kind, verdict, findings);
        } catch (OnnxReader.Malformed e) {
            return FileReport.of(
                    file.path(), kind, Verdict.REFUSED, String.valueOf(e.getMessage()));
        }
    }

    /** Weights outside the file must lie in a file of the same folder of the bundle. */
    private Verdict external(ModelFile file, OnnxGraph graph, List<String> findings) {
        var folder = file.path().substring(0, file.path().lastIndexOf('/') + 1);
        var byPath = files.stream().collect(Collectors.toMap(ModelFile::path, Function.identity()));
        var verdict = Verdict.CLEAN;
        var said = new HashSet<String>();
        for (var place : graph.external()) {
            var location = place.location();
            if (location.contains("/") || location.contains("\\") || location.startsWith(".")) {
                if (said.add(location)) {
                    findings.add(
                            "Its weights point outside the bundle, at \"%s\". They must lie in a"
                                            .formatted(shortened(location))
                                    + " file of the same folder, named without a path.");
                }
                verdict = Verdict.REFUSED;
                continue;
            }
            var other = byPath.get(folder + location);
            if (other == null) {
                if (said.add(location)) {
                    findings.add(
                            "Its weights lie in \"%s\", which is not in the bundle."
                                    .formatted(shortened(location)));
                }
                verdict = Verdict.REFUSED;
            } else if (place.offset() + place.length() > other.size()) {
                if (said.add(location)) {
                    findings.add(
                            "Its weights reach beyond the end of \"%s\"."
                                    .formatted(shortened(location)));
                }
                verdict = Verdict.REFUSED;
            }
        }
        return verdict;
    }

    private @Nullable String interfaceJson(@Nullable Signature signature, @Nullable MlModel mlflow)
            throws IOException {
        var file = file("interface.json");
        var made =
                signature == null || mlflow == null
                        ? null
                        : mlflow.form(signature, example(mlflow));
        var text = file.isPresent() ? text(file.get()) : made == null ? "{}" : made;
        if (text == null) {
            warnings.add("interface.json is larger than 4 MiB and was not read.");
            return null;
        }
        try {
            if (file.isPresent()) {
                ModelInterface.parse(text);
            }
            text = signature == null ? text : completed(text, signature);
            if (text.equals("{}")) {
                return null;
            }
            var read = ModelInterface.parse(text);
            if (signature != null) {
                for (var contradiction : read.contradictions(signature)) {
                    warnings.add(
                            "interface.json, %s: %s."
                                    .formatted(contradiction.at(), contradiction.reason()));
                }
            }
            for (var name : referred(read)) {
                if (files.stream().noneMatch(f -> f.path().equals(name))) {
                    warnings.add("interface.json names %s, which is not there.".formatted(name));
                }
            }
            return text;
        } catch (ModelInterface.Malformed e) {
            warnings.add(
                    "interface.json cannot be used%s: %s. The form is made from the graph alone."
                            .formatted(e.at().isEmpty() ? "" : ", " + e.at(), e.getMessage()));
            return null;
        }
    }

    /** With what the files of a Hugging Face repository add to it. */
    private String completed(String text, Signature signature) throws IOException {
        if (!(JSON.readTree(text) instanceof ObjectNode description)) {
            return text;
        }
        var readme = files.stream().filter(f -> f.path().equalsIgnoreCase("README.md")).findFirst();
        var card = readme.isEmpty() ? null : text(readme.get());
        return HuggingFace.complete(
                        description,
                        signature,
                        card == null ? MissingNode.getInstance() : Card.parse(card).frontMatter(),
                        this::small,
                        path -> file(path).isPresent())
                ? description.toString()
                : text;
    }

    private Optional<String> small(String path) {
        var file = file(path);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(text(file.get()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> referred(ModelInterface read) {
        var names = new ArrayList<String>();
        if (read.background() != null) {
            names.add(read.background());
        }
        if (read.heldout() != null) {
            names.add(read.heldout().file());
        }
        for (var field : read.fields()) {
            if (field.tokenizer() != null) {
                names.add(field.tokenizer());
            }
        }
        for (var output : read.outputs()) {
            if (output.alphabet() != null) {
                names.add(output.alphabet());
            }
        }
        return names;
    }

    private @Nullable MlModel mlflow() throws IOException {
        var file = file("MLmodel");
        if (file.isEmpty()) {
            return null;
        }
        var text = text(file.get());
        if (text == null) {
            warnings.add("MLmodel is larger than 4 MiB and was not read.");
            return null;
        }
        return MlModel.read(text);
    }

    private @Nullable String example(MlModel mlflow) throws IOException {
        var path = mlflow.example();
        var file = path == null ? Optional.<ModelFile>empty() : file(path);
        return file.isEmpty() ? null : text(file.get());
    }

    private Optional<ModelFile> file(String path) {
        return files.stream().filter(file -> file.path().equals(path)).findFirst();
    }

    private @Nullable String text(ModelFile file) throws IOException {
        if (file.size() > LARGEST_TEXT) {
            return null;
        }
        try (var in = content.open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static String extension(String path) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    private static String shortened(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
