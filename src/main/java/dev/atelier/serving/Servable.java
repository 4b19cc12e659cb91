package dev.atelier.serving;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model version that a runner can load.
 *
 * @param digest of the version as a whole; equal digests have equal files
 * @param files of the bundle by their relative path
 * @param main the model file among them
 * @param trusted whether it may run where no sandbox works
 * @param batch rows that one run of it may merge at most, where its registration said so
 */
public record Servable(
        String name,
        String version,
        String digest,
        Map<String, File> files,
        String main,
        boolean trusted,
        @Nullable Integer batch) {

    /** A file by its content. */
    public record File(String sha256, long size) {}

    public Servable {
        files = Map.copyOf(files);
        if (!files.containsKey(main)) {
            throw new IllegalArgumentException("the main file is not among the files");
        }
    }

    /** Rows merged into one run: the model may lower the portal's limit, never raise it. */
    int batch(int limit) {
        return batch == null ? limit : Math.min(batch, limit);
    }

    /** Bytes of all files. */
    long size() {
        return files.values().stream().mapToLong(File::size).sum();
    }

    String key() {
        return name + "@" + version + "@" + digest;
    }

    @Override
    public String toString() {
        return name + " version " + version;
    }
}
