package dev.atelier.serving;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Bytes by their digest, in memory: the shortest blob store that a pool can be given. */
public final class Shelf implements FileSource {

    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();

    public Servable model(String name, byte[] onnx) {
        return bundle(name, Map.of("model.onnx", onnx), false);
    }

    /** The same model, with a limit of its own for merging. */
    public Servable merging(Servable servable, int rows) {
        return new Servable(
                servable.name(),
                servable.version(),
                servable.digest(),
                servable.files(),
                servable.main(),
                servable.trusted(),
                rows);
    }

    public Servable bundle(String name, Map<String, byte[]> content, boolean trusted) {
        var files = new HashMap<String, Servable.File>();
        content.forEach(
                (path, bytes) -> files.put(path, new Servable.File(put(bytes), bytes.length)));
        return new Servable(
                name,
                "1",
                "sha256:" + files.get("model.onnx").sha256(),
                files,
                "model.onnx",
                trusted,
                null);
    }

    private String put(byte[] bytes) {
        try {
            var digest =
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            blobs.put(digest, bytes);
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Changes one bit of the stored bytes. */
    public void damage(String sha256) {
        blobs.computeIfPresent(
                sha256,
                (_, bytes) -> {
                    var damaged = bytes.clone();
                    damaged[damaged.length / 2] ^= 1;
                    return damaged;
                });
    }

    @Override
    public InputStream open(String sha256) throws IOException {
        var bytes = blobs.get(sha256);
        if (bytes == null) {
            throw new IOException("there is no blob " + sha256);
        }
        return new ByteArrayInputStream(bytes);
    }
}
