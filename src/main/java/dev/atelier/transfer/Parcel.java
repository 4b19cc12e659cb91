package dev.atelier.transfer;

import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A ZIP archive that is made while it is sent. What cannot be in it is named at its end, in {@code
 * left-out.csv}: a download cannot change its mind half way.
 */
final class Parcel implements AutoCloseable {

    private final ZipOutputStream zip;
    private final Blobs blobs;
    private final StringBuilder leftOut = new StringBuilder();

    Parcel(OutputStream out, Blobs blobs) {
        this.blobs = blobs;
        zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
        zip.setLevel(Deflater.BEST_SPEED);
    }

    void add(String path, byte[] bytes) throws IOException {
        try (var entry = entry(path)) {
            entry.write(bytes);
        }
    }

    void add(String path, String text) throws IOException {
        add(path, text.getBytes(StandardCharsets.UTF_8));
    }

    void folder(String path) throws IOException {
        zip.putNextEntry(new ZipEntry(path + "/"));
        zip.closeEntry();
    }

    void add(String path, Blob blob) throws IOException {
        java.io.InputStream bytes;
        try {
            bytes = blobs.open(blob.digest());
        } catch (Problem e) {
            leave(path, e.detail());
            return;
        }
        try (bytes;
                var entry = entry(path)) {
            bytes.transferTo(entry);
        }
    }

    /** A file whose bytes are written as they are found; close it before the next. */
    OutputStream entry(String path) throws IOException {
        zip.putNextEntry(new ZipEntry(path));
        return new java.io.FilterOutputStream(zip) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                zip.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                zip.closeEntry();
            }
        };
    }

    void leave(String path, String reason) {
        leftOut.append('"')
                .append(path.replace("\"", "\"\""))
                .append("\",\"")
                .append(reason.replace("\"", "\"\""))
                .append("\"\n");
    }

    /** Keys that are files where another one is a folder: no file system has both. */
    static Set<String> clashing(Set<String> keys) {
        var clashing = new HashSet<String>();
        for (var key : keys) {
            for (int i = key.indexOf('/'); i > 0; i = key.indexOf('/', i + 1)) {
                if (keys.contains(key.substring(0, i))) {
                    clashing.add(key);
                }
            }
        }
        return clashing;
    }

    @Override
    public void close() throws IOException {
        if (!leftOut.isEmpty()) {
            add("left-out.csv", "\"path\",\"reason\"\n" + leftOut);
        }
        zip.finish();
        zip.flush();
    }
}
