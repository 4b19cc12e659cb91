package dev.atelier.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * The folder that holds everything an embedded portal keeps: database, blobs, slots of the sandbox.
 *
 * <p>Set by {@code ATELIER_DATA} or {@code -Datelier.data}; {@code ./data} otherwise.
 */
public final class DataFolder {

    private DataFolder() {}

    public static Path path() {
        var set =
                Optional.ofNullable(System.getProperty("atelier.data"))
                        .or(() -> Optional.ofNullable(System.getenv("ATELIER_DATA")));
        return Path.of(set.orElse("data")).toAbsolutePath().normalize();
    }

    /** The folder of one part, created with mode 0700 when it is missing. */
    public static Path part(String name) {
        var folder = path().resolve(name);
        try {
            if (Files.notExists(folder)) {
                Files.createDirectories(
                        folder,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The data folder "
                            + path()
                            + " cannot be written. Choose another with --data or ATELIER_DATA.",
                    e);
        }
    }

    /**
     * Takes the folder for this process until it ends; the kernel gives it back even after {@code
     * kill -9}.
     *
     * @throws IllegalStateException when another portal holds it
     */
    public static FileLock lock() {
        var file = part("").resolve("portal.lock");
        try {
            var channel =
                    FileChannel.open(
                            file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            var lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new IllegalStateException(
                        "Another portal is using "
                                + path()
                                + ". Stop it, or choose another folder with --data.");
            }
            return lock;
        } catch (IOException e) {
            throw new UncheckedIOException("The data folder cannot be locked: " + file, e);
        }
    }
}
