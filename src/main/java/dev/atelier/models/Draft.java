package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Incoming;
import dev.atelier.platform.blobs.Staged;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Multipart;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
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
import org.jspecify.annotations.Nullable;

/**
 * A bundle on its way in: files go straight from the network to the blob store as they come, and
 * nothing of it is visible before it is registered. Closed without that, it leaves nothing.
 */
final class Draft implements AutoCloseable {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final Incoming incoming;
    private final Map<String, Blob> held = new TreeMap<>();
    private final Map<String, String> texts = new HashMap<>();

    Draft(Blobs blobs, ModelsConfig config, String owner) {
        incoming =
                new Incoming(
                        blobs,
                        owner,
                        new Incoming.Limits(
                                config.maxFileSize().asLongValue(),
                                "atelier.models.max-file-size",
                                config.maxFiles(),
                                "atelier.models.max-files",
                                "A version"));
    }

    /**
     * Takes in a multipart body (RFC 7578): parts named {@code file} are files; others are texts.
     *
     * @param length bytes of the body, or −1
     */
    void receive(InputStream body, @Nullable String contentType, long length) throws IOException {
        Multipart.read(
                body,
                contentType,
                "Send the files as multipart/form-data, in parts named \"file\". With curl: -F"
                        + " file=@model.onnx",
                part -> take(part, length));
    }

    private void take(Multipart.Part part, long length) throws IOException {
        var path = part.filename();
        if (part.name().equals("file") && path != null) {
            if (path.isEmpty()) {
                part.body().close(); // what a browser sends for a file field that was left empty
            } else {
                add(path, part.body(), length);
            }
        } else if (part.name().equals("file")) {
            throw new Invalid(
                    "A part named \"file\" needs a file name.",
                    List.of(new Invalid.Field("file", "has no filename in its header")));
        } else if (texts.putIfAbsent(part.name(), part.text()) != null) {
            throw new Invalid(
                    "A part came twice.", List.of(new Invalid.Field(part.name(), "may come once")));
        }
    }

    /**
     * Takes in one file.
     *
     * @param expected bytes that will come, or −1
     */
    void add(String rawPath, InputStream body, long expected) throws IOException {
        incoming.add(rawPath, body, expected);
    }

    /** Takes a file whose bytes are in the store already, held by a row that stays. */
    void hold(String rawPath, Blob blob) {
        held.put(incoming.name(rawPath), blob);
    }

    /** Adds a text as a file unless the bundle has one of that name. */
    void addText(String path, String content) throws IOException {
        if (!incoming.has(path)) {
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
        return incoming.files();
    }

    /** All files, sorted by path. */
    List<ModelFile> modelFiles() {
        return Stream.concat(
                        files().entrySet().stream()
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
        incoming.kept();
    }

    @Override
    public void close() {
        incoming.close();
    }
}
