package dev.atelier.models;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.models.FileReport.Verdict;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/** Tells what a file is by its content, not by its name, and what it would do to its reader. */
final class Contents {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LARGEST_HEADER = 100 << 20;

    private static final Map<String, String> TEXTS =
            Map.ofEntries(
                    Map.entry("md", "Markdown"),
                    Map.entry("txt", "Text"),
                    Map.entry("json", "JSON"),
                    Map.entry("csv", "Table"),
                    Map.entry("tsv", "Table"),
                    Map.entry("yaml", "YAML"),
                    Map.entry("yml", "YAML"),
                    Map.entry("py", "Python source"),
                    Map.entry("ipynb", "Notebook"),
                    Map.entry("png", "Picture"),
                    Map.entry("jpg", "Picture"),
                    Map.entry("jpeg", "Picture"),
                    Map.entry("gif", "Picture"),
                    Map.entry("webp", "Picture"),
                    Map.entry("wav", "Audio"),
                    Map.entry("parquet", "Table"));

    private Contents() {}

    static FileReport look(ModelFile file, Inspection.Content content) throws IOException {
        byte[] head;
        try (var in = content.open(file)) {
            head = in.readNBytes(512);
        }
        var path = file.path();
        var start = new String(head, ISO_8859_1);
        var extension = Inspection.extension(path);
        if (start.startsWith("PK\003\004") || start.startsWith("PK\005\006")) {
            return zip(file, content);
        }
        if (start.startsWith("\u001f\u008b")) {
            return gzip(file, content);
        }
        if (start.length() > 262 && start.startsWith("ustar", 257)) {
            try (var in = content.open(file)) {
                return archive(path, "tar archive", Archive.tar(in));
            }
        }
        if (start.startsWith("\u0093NUMPY")) {
            try (var in = new BufferedInputStream(content.open(file))) {
                return npy(path, in);
            }
        }
        if (extension.equals("safetensors")) {
            try (var in = content.open(file)) {
                return safetensors(path, in, file.size());
            }
        }
        if (start.startsWith("GGUF")) {
            return head.length >= 8 && head[4] >= 1 && head[4] <= 3
                    ? FileReport.clean(path, "GGUF weights")
                    : FileReport.of(
                            path, "GGUF weights", Verdict.NOTED, "Its GGUF version is unknown.");
        }
        if (looksLikePickle(head, extension)) {
            try (var in = new BufferedInputStream(content.open(file))) {
                return pickle(path, in);
            }
        }
        return plain(path, extension, start);
    }

    private static boolean looksLikePickle(byte[] head, String extension) {
        return switch (extension) {
            case "pkl", "pickle", "joblib", "pt", "pth", "dill", "cloudpickle" -> true;
            // PROTO of a known version, then an opcode that pickles begin with.
            default ->
                    head.length > 2
                            && (head[0] & 0xff) == 0x80
                            && head[1] >= 2
                            && head[1] <= 5
                            && "\u0095}](c\u008cXNK".indexOf(head[2] & 0xff) >= 0;
        };
    }

    private static FileReport plain(String path, String extension, String start) {
        var lower = start.strip().toLowerCase(Locale.ROOT);
        if (start.startsWith("\u007fELF")
                || start.startsWith("MZ")
                || start.startsWith("\u00cf\u00fa\u00ed\u00fe")) {
            return FileReport.of(
                    path, "Native code", Verdict.CODE, "Native code is kept, never loaded here.");
        }
        if (start.startsWith("\u0089HDF")) {
            return FileReport.of(
                    path,
                    "HDF5 weights",
                    Verdict.NOTED,
                    "Keras files of this kind may hold Lambda layers, which are code. Not looked into.");
        }
        var text = List.of("md", "txt", "json", "csv", "tsv", "py", "ipynb").contains(extension);
        if (lower.startsWith("<!doctype html")
                || lower.startsWith("<html")
                || (!text && (lower.contains("<svg") || lower.contains("<script")))
                || List.of("html", "htm", "svg", "xhtml", "js", "mjs").contains(extension)) {
            return FileReport.of(
                    path,
                    "Web content",
                    Verdict.NOTED,
                    "May hold scripts: handed out as a download only, never shown.");
        }
        for (var magic :
                Map.of("7z\u00bc\u00af", "7z", "Rar!", "RAR", "BZh", "bzip2", "\u00fd7zXZ", "xz")
                        .entrySet()) {
            if (start.startsWith(magic.getKey())) {
                return FileReport.of(
                        path,
                        magic.getValue() + " archive",
                        Verdict.NOTED,
                        "Archives of this kind are not looked into.");
            }
        }
        if (start.startsWith("#!")) {
            return FileReport.of(path, "Script", Verdict.NOTED, "A script; never executed here.");
        }
        return FileReport.clean(path, TEXTS.getOrDefault(extension, "Data"));
    }

    /** A pickle holds code by nature; what it imports says how bad that is. */
    static FileReport pickle(String path, InputStream in) throws IOException {
        in.mark(4);
        int first = in.read();
        int second = in.read();
        in.reset();
        // joblib.dump(compress=…) writes zlib.
        var source = first == 0x78 && second != '\n' ? new InflaterInputStream(in) : in;
        Pickle pickle;
        try {
            pickle = Pickle.walk(source);
        } catch (ZipException e) {
            return FileReport.of(
                    path,
                    "Compressed pickle",
                    Verdict.CODE,
                    "Holds code and cannot be looked into: " + e.getMessage() + ".");
        }
        var findings = new ArrayList<String>();
        var dangerous = pickle.dangerous();
        var verdict = Verdict.CODE;
        if (!dangerous.isEmpty()) {
            findings.add(
                    "Loading it would call %s, which takes over the machine of whoever loads it."
                            .formatted(listed(dangerous)));
            verdict = Verdict.REFUSED;
        }
        if (pickle.computed()) {
            findings.add(
                    "It imports a name that it computes, so nobody can say what loading it does.");
            verdict = Verdict.REFUSED;
        }
        if (pickle.unreadable() != null) {
            findings.add("As a pickle it " + pickle.unreadable() + ".");
        }
        var unexpected = pickle.unexpected();
        if (!unexpected.isEmpty()) {
            findings.add(
                    "It imports %s, not of a library that models are usually made with."
                            .formatted(listed(unexpected)));
        }
        if (pickle.weightsAlone()) {
            return FileReport.of(
                    path,
                    "PyTorch weights",
                    Verdict.NOTED,
                    "Weights alone: torch.load(…, weights_only=True) reads them without running"
                            + " code. Loaded in another way, a pickle is trusted.");
        }
        if (pickle.bringsCode()) {
            findings.add(
                    "It brings code of the script that wrote it, which loading it runs (cloudpickle).");
        }
        findings.add(
                pickle.imports().isEmpty()
                        ? "A pickle without imports."
                        : "Holds code: not loaded here. It imports %s."
                                .formatted(listed(List.copyOf(pickle.imports()))));
        if (pickle.ofPyTorch()) {
            findings.add(
                    "Without code: its state_dict as safetensors, MLflow’s pt2 format, or an ONNX export, which can be tried here.");
        }
        return new FileReport(path, "Pickle", verdict, findings);
    }

    private static String listed(List<String> names) {
        var shown =
                names.stream()
                        .limit(12)
                        .map(name -> name.length() > 80 ? name.substring(0, 80) + "…" : name)
                        .map(name -> name.replaceAll("\\p{C}", "�"))
                        .collect(Collectors.joining(", "));
        return names.size() > 12 ? shown + " and %d more".formatted(names.size() - 12) : shown;
    }

    /** NumPy's own format: data, unless its elements are Python objects. */
    static FileReport npy(String path, InputStream in) throws IOException {
        var kind = "NumPy array";
        var start = in.readNBytes(8);
        if (start.length < 8) {
            return FileReport.of(path, kind, Verdict.NOTED, "The file ends in the middle.");
        }
        int bytes = start[6] == 1 ? 2 : 4;
        var length = in.readNBytes(bytes);
        int size = 0;
        for (int i = 0; i < length.length; i++) {
            size |= (length[i] & 0xff) << (8 * i);
        }
        if (length.length < bytes || size < 0 || size > 1 << 20) {
            return FileReport.of(path, kind, Verdict.NOTED, "Its header has an impossible length.");
        }
        var header = new String(in.readNBytes(size), US_ASCII);
        if (header.contains("|O") || header.contains("'O'")) {
            var inside = pickle(path, new BufferedInputStream(in));
            return new FileReport(path, "NumPy objects", inside.verdict(), inside.findings());
        }
        return FileReport.clean(path, kind);
    }

    private static FileReport zip(ModelFile file, Inspection.Content content) throws IOException {
        var look = Archive.zip(content.path(file), file.size());
        var kind =
                look.names().stream().anyMatch(name -> name.endsWith("/archive_format"))
                        ? "PyTorch program (pt2)"
                        : look.names().stream().anyMatch(name -> name.contains("/code/__torch__"))
                                ? "TorchScript model"
                                : look.names().stream().anyMatch(name -> name.endsWith("data.pkl"))
                                        ? "PyTorch weights"
                                        : look.names().stream()
                                                        .anyMatch(name -> name.endsWith(".npy"))
                                                ? "NumPy arrays"
                                                : Inspection.extension(file.path()).equals("keras")
                                                        ? "Keras model"
                                                        : "ZIP archive";
        return archive(file.path(), kind, look);
    }

    private static FileReport archive(String path, String kind, Archive.Look look) {
        var findings = new ArrayList<>(look.faults());
        var verdict = look.worst();
        for (var inside : look.pickles()) {
            inside.findings().forEach(finding -> findings.add(inside.path() + ": " + finding));
            if (inside.verdict().compareTo(verdict) > 0) {
                verdict = inside.verdict();
            }
        }
        findings.addAll(look.notes());
        if (verdict == Verdict.CLEAN && !look.notes().isEmpty()) {
            verdict = Verdict.NOTED;
        }
        return new FileReport(path, kind, verdict, findings);
    }

    private static FileReport gzip(ModelFile file, Inspection.Content content) throws IOException {
        var path = file.path();
        var kind = "gzip archive";
        try (var in = new BufferedInputStream(new GZIPInputStream(content.open(file)))) {
            in.mark(1024);
            var head = new String(in.readNBytes(512), ISO_8859_1);
            in.reset();
            if (head.length() > 262 && head.startsWith("ustar", 257)) {
                return archive(path, "tar archive", Archive.tar(in));
            }
            if (looksLikePickle(
                    head.getBytes(ISO_8859_1), Inspection.extension(path.replace(".gz", "")))) {
                return pickle(path, in);
            }
            long limit = Math.max(1L << 20, file.size() * 100);
            long count = 0;
            var buffer = new byte[64 * 1024];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                count += n;
                if (count > limit) {
                    return FileReport.of(
                            path,
                            kind,
                            Verdict.REFUSED,
                            "It unpacks to more than 100 times its size.");
                }
            }
            return FileReport.clean(path, kind);
        } catch (EOFException | ZipException e) {
            return FileReport.of(
                    path, kind, Verdict.NOTED, "It is no sound gzip file: " + e.getMessage() + ".");
        }
    }

    /** Header: its length (u64, little endian), then JSON of name to dtype, shape, offsets. */
    private static FileReport safetensors(String path, InputStream in, long size)
            throws IOException {
        var kind = "Safetensors weights";
        var bytes = in.readNBytes(8);
        long length =
                bytes.length < 8
                        ? -1
                        : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2 || length > LARGEST_HEADER || length > size - 8) {
            return FileReport.of(
                    path, kind, Verdict.REFUSED, "Its header has an impossible length.");
        }
        var header = in.readNBytes((int) length);
        if (header.length < length) {
            return FileReport.of(path, kind, Verdict.REFUSED, "It ends in the middle.");
        }
        try {
            record Span(long from, long to) {}
            var spans = new ArrayList<Span>();
            for (var tensor : JSON.readTree(header).properties()) {
                if (tensor.getKey().equals("__metadata__")) {
                    continue;
                }
                var offsets = tensor.getValue().path("data_offsets");
                long from = offsets.path(0).asLong(-1);
                long to = offsets.path(1).asLong(-1);
                if (from < 0 || to < from || to > size - 8 - length) {
                    return FileReport.of(
                            path,
                            kind,
                            Verdict.REFUSED,
                            "A tensor lies outside the file: "
                                    + listed(List.of(tensor.getKey()))
                                    + ".");
                }
                spans.add(new Span(from, to));
            }
            spans.sort(Comparator.comparingLong(Span::from));
            for (int i = 1; i < spans.size(); i++) {
                if (spans.get(i).from < spans.get(i - 1).to) {
                    return FileReport.of(path, kind, Verdict.REFUSED, "Its tensors overlap.");
                }
            }
            return FileReport.clean(path, kind);
        } catch (JsonProcessingException e) {
            return FileReport.of(path, kind, Verdict.REFUSED, "Its header is no JSON.");
        }
    }
}
