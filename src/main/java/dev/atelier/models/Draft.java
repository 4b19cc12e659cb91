package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.BundlePath;
import dev.atelier.platform.blobs.Staged;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooLarge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/**
 * A bundle on its way in: files go straight from the network to the blob store as they come, and
 * nothing of it is visible before it is registered. Closed without that, it leaves nothing.
 */
final class Draft implements AutoCloseable {

    private static final int LARGEST_TEXT = 4 << 20;
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final Blobs blobs;
    private final ModelsConfig config;
    private final String owner;
    private final Map<String, Staged> files = new TreeMap<>();
    private final Map<String, Blob> held = new TreeMap<>();
    private final Map<String, String> keys = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();
    private boolean kept;

    Draft(Blobs blobs, ModelsConfig config, String owner) {
        this.blobs = blobs;
        this.config = config;
        this.owner = owner;
    }

    /**
     * Takes in a multipart body (RFC 7578): parts named {@code file} are files; others are texts.
     *
     * @param length bytes of the body, or −1
     */
    void receive(InputStream body, @Nullable String contentType, long length) throws IOException {
        var boundary = boundary(contentType);
        if (boundary == null) {
            throw new Invalid(
                    "Send the files as multipart/form-data, in parts named \"file\". With curl: -F"
                            + " file=@model.onnx");
        }
        try {
            var input =
                    MultipartInput.builder()
                            .setInputStream(body)
                            .setBoundary(boundary.getBytes(StandardCharsets.ISO_8859_1))
                            .setBufferSize(64 * 1024)
                            .setPartHeaderSizeMax(8 * 1024)
                            .get();
            input.setHeaderCharset(StandardCharsets.UTF_8);
            for (var more = input.skipPreamble(); more; more = input.readBoundary()) {
                part(input.readHeaders(), input.newInputStream(), length);
            }
        } catch (FileUploadSizeException e) {
            throw new Invalid("A part of the upload has more than 8 KiB of headers.");
        } catch (MultipartInput.MalformedStreamException
                | MultipartInput.FileUploadBoundaryException e) {
            throw new Invalid("The upload ends in the middle. Nothing was kept. Send it again.");
        } catch (IllegalArgumentException e) {
            throw new Invalid("The multipart boundary cannot be used.");
        }
    }

    private static @Nullable String boundary(@Nullable String contentType) {
        if (contentType == null
                || !contentType.regionMatches(true, 0, "multipart/form-data", 0, 19)) {
            return null;
        }
        var parameters = new ParameterParser();
        parameters.setLowerCaseNames(true);
        return parameters.parse(contentType, new char[] {';', ','}).get("boundary");
    }

    private void part(String headers, InputStream body, long length) throws IOException {
        var disposition =
                headers.lines()
                        .filter(line -> line.regionMatches(true, 0, "content-disposition:", 0, 20))
                        .findFirst()
                        .map(line -> line.substring(20))
                        .orElse("");
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        var parameters = parser.parse(disposition, ';');
        var name = parameters.getOrDefault("name", "");
        var isFile = parameters.containsKey("filename");
        if (name.equals("file") && isFile) {
            var path = parameters.get("filename");
            if (path == null || path.isEmpty()) {
                body.close(); // what a browser sends for a file field that was left empty
            } else {
                add(path, body, length);
            }
        } else if (name.equals("file")) {
            throw new Invalid(
                    "A part named \"file\" needs a file name.",
                    List.of(new Invalid.Field("file", "has no filename in its header")));
        } else if (texts.putIfAbsent(name, text(name, body)) != null) {
            throw new Invalid(
                    "A part came twice.", List.of(new Invalid.Field(name, "may come once")));
        }
    }

    private static String text(String name, InputStream body) throws IOException {
        var bytes = body.readNBytes(LARGEST_TEXT + 1);
        if (bytes.length > LARGEST_TEXT) {
            throw new TooLarge("The part \"" + name + "\" has more than 4 MiB.");
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new Invalid(
                    "A part is not UTF-8.", List.of(new Invalid.Field(name, "is not UTF-8")));
        }
    }

    /**
     * Takes in one file.
     *
     * @param expected bytes that will come, or −1
     */
    void add(String rawPath, InputStream body, long expected) throws IOException {
        var path = name(rawPath);
        var limit = config.maxFileSize().asLongValue();
        try {
            files.put(path, blobs.stage(body, owner, limit, expected));
        } catch (TooLarge e) {
            throw new TooLarge(
                    "\"%s\" has more than %,d bytes (atelier.models.max-file-size). Nothing was kept."
                            .formatted(shown(path), limit));
        }
    }

    /** The path a file will have, which no other has yet. */
    private String name(String rawPath) {
        var path = BundlePath.normalised(rawPath);
        var fault = BundlePath.fault(path);
        if (fault != null) {
            throw new Invalid(
                    "A file cannot be kept under its name.",
                    List.of(new Invalid.Field("file", "\"" + shown(path) + "\" " + fault)));
        }
        var same = keys.putIfAbsent(BundlePath.key(path), path);
        if (same != null) {
            throw new Invalid(
                    "Two files have the same name.",
                    List.of(
                            new Invalid.Field(
                                    "file",
                                    "\"%s\" and \"%s\" are one name on some systems"
                                            .formatted(shown(same), shown(path)))));
        }
        if (files.size() + held.size() >= config.maxFiles()) {
            throw new TooLarge(
                    "A version has at most %d files (atelier.models.max-files)."
                            .formatted(config.maxFiles()));
        }
        return path;
    }

    /** Takes a file whose bytes are in the store already, held by a row that stays. */
    void hold(String rawPath, Blob blob) {
        held.put(name(rawPath), blob);
    }

    private static String shown(String path) {
        var text = path.length() > 100 ? path.substring(0, 100) + "…" : path;
        return text.replaceAll("\\p{C}", "�");
    }

    /** Adds a text as a file unless the bundle has one of that name. */
    void addText(String path, String content) throws IOException {
        if (!keys.containsKey(BundlePath.key(path))) {
            var bytes = content.getBytes(StandardCharsets.UTF_8);
            add(path, new ByteArrayInputStream(bytes), bytes.length);
        }
    }

    /** As if a part of that name had come. */
    void say(String name, String text) {
        texts.put(name, text);
    }

    @Nullable String text(String name) {
        var text = texts.get(name);
        return text == null || text.isBlank() ? null : text;
    }

    /** The {@code parameters} part. */
    Parameters parameters() {
        var text = text("parameters");
        if (text == null) {
            return Parameters.NONE;
        }
        try {
            return JSON.readValue(text, Parameters.class);
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw new Invalid(
                    "The parameters cannot be read.",
                    List.of(
                            new Invalid.Field(
                                    "parameters",
                                    e.getOriginalMessage()
                                            + (at == null
                                                    ? ""
                                                    : " (line %d, column %d)"
                                                            .formatted(
                                                                    at.getLineNr(),
                                                                    at.getColumnNr())))));
        }
    }

    /** Files that came in and are no blobs yet. */
    Map<String, Staged> files() {
        return files;
    }

    /** All files, sorted by path. */
    List<ModelFile> modelFiles() {
        return Stream.concat(
                        files.entrySet().stream()
                                .map(
                                        e ->
                                                new ModelFile(
                                                        e.getKey(),
                                                        e.getValue().digest(),
                                                        e.getValue().size())),
                        held.entrySet().stream()
                                .map(
                                        e ->
                                                new ModelFile(
                                                        e.getKey(),
                                                        e.getValue().digest(),
                                                        e.getValue().size())))
                .sorted(Comparator.comparing(ModelFile::path))
                .toList();
    }

    long size() {
        return modelFiles().stream().mapToLong(ModelFile::size).sum();
    }

    /** SHA-256 over the files sorted by path, each as a line {@code sha256 size path}. */
    String digest() {
        return digest(modelFiles());
    }

    static String digest(List<ModelFile> files) {
        try {
            var hash = MessageDigest.getInstance("SHA-256");
            files.stream()
                    .sorted(Comparator.comparing(ModelFile::path))
                    .map(file -> file.sha256() + " " + file.size() + " " + file.path() + "\n")
                    .forEach(line -> hash.update(line.getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its files are blobs now; closing it takes nothing away. */
    void kept() {
        kept = true;
    }

    @Override
    public void close() {
        if (!kept) {
            blobs.discard(files.values());
        }
    }
}
