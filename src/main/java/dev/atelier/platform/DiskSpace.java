package dev.atelier.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** How much is left on a disk, in words; told before anything is refused. */
public final class DiskSpace {

    private static final double GIB = 1L << 30;
    private static final int SHARE = 10;

    private DiskSpace() {}

    /** A sentence when less than a tenth is free, else nothing. */
    public static Optional<String> shortage(String disk, long free, long total) {
        if (total == Long.MAX_VALUE || free >= total / SHARE) {
            return Optional.empty();
        }
        return Optional.of(
                String.format(
                        Locale.ROOT,
                        "%s is nearly full: %.1f of %.1f GiB free. Free some space before uploads are"
                                + " refused.",
                        disk,
                        free / GIB,
                        total / GIB));
    }

    /** The same for the disk on which a folder lies. */
    public static Optional<String> shortage(String disk, Path folder) throws IOException {
        var store = Files.getFileStore(folder);
        return shortage(disk, store.getUsableSpace(), store.getTotalSpace());
    }
}
