package dev.atelier.platform.blobs;

import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooLarge;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Files that belong together, on their way in: they go straight from the network to the blob store
 * as they come, each under a name that every system can keep. Closed without being {@link #kept},
 * it leaves nothing.
 */
public final class Incoming implements AutoCloseable {

    /**
     * @param file bytes of one
     * @param files at most
     * @param what they make, for sentences: say {@code A version}
     */
    public record Limits(
            long file, String fileSetting, int files, String filesSetting, String what) {}

    private final Blobs blobs;
    private final String owner;
    private final Limits limits;
    private final Map<String, Staged> files = new TreeMap<>();
    private final Map<String, String> names = new HashMap<>();
    private boolean kept;

    /**
     * @param owner reference of whoever sends them
     */
    public Incoming(Blobs blobs, String owner, Limits limits) {
        this.blobs = blobs;
        this.owner = owner;
        this.limits = limits;
    }

    /**
     * Takes in one file.
     *
     * @param expected bytes that will come, or −1
     * @throws Invalid when it cannot have that name, or another has it
     * @throws TooLarge when it is, or when there are too many
     */
    public void add(String rawPath, InputStream body, long expected) throws IOException {
        var path = name(rawPath);
        try {
            files.put(path, blobs.stage(body, owner, limits.file, expected));
        } catch (TooLarge e) {
            throw new TooLarge(
                    "\"%s\" has more than %,d bytes (%s). Nothing was kept."
                            .formatted(shown(path), limits.file, limits.fileSetting));
        }
    }

    /** The path that a file will have, which no other has yet. */
    public String name(String rawPath) {
        var path = BundlePath.normalised(rawPath);
        var fault = BundlePath.fault(path);
        if (fault != null) {
            throw new Invalid(
                    "A file cannot be kept under its name.",
                    List.of(new Invalid.Field("file", "\"" + shown(path) + "\" " + fault)));
        }
        var same = names.putIfAbsent(BundlePath.key(path), path);
        if (same != null) {
            throw new Invalid(
                    "Two files have the same name.",
                    List.of(
                            new Invalid.Field(
                                    "file",
                                    "\"%s\" and \"%s\" are one name on some systems"
                                            .formatted(shown(same), shown(path)))));
        }
        if (names.size() > limits.files) {
            throw new TooLarge(
                    "%s has at most %d files (%s)."
                            .formatted(limits.what, limits.files, limits.filesSetting));
        }
        return path;
    }

    /** Whether a file has that name, or one that some systems take for it. */
    public boolean has(String path) {
        return names.containsKey(BundlePath.key(path));
    }

    private static String shown(String path) {
        var text = path.length() > 100 ? path.substring(0, 100) + "…" : path;
        return text.replaceAll("\\p{C}", "�");
    }

    /** Files that came in and are no blobs yet, by their paths, sorted. */
    public Map<String, Staged> files() {
        return Collections.unmodifiableMap(files);
    }

    /** Its files are blobs now; closing it takes nothing away. */
    public void kept() {
        kept = true;
    }

    @Override
    public void close() {
        if (!kept) {
            blobs.discard(files.values());
        }
    }
}
