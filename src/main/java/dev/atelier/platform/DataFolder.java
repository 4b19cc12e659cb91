package dev.atelier.platform;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
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
            throw unwritable(e);
        }
    }

    /**
     * Takes the folder for this process until it ends; the kernel gives it back even after {@code
     * kill -9}.
     *
     * @throws CannotStart when another portal holds it, or it cannot be written
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
                throw new CannotStart(
                        "Another portal is using "
                                + path()
                                + ". Stop it, or choose another folder with --data.");
            }
            return lock;
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Whether another process holds the folder. */
    public static boolean isInUse() {
        var file = path().resolve("portal.lock");
        if (Files.notExists(file)) {
            return false;
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE);
                var lock = channel.tryLock()) {
            return lock == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static CannotStart unwritable(IOException e) {
        return new CannotStart(
                "The data folder %s cannot be written (%s). Choose another with --data or ATELIER_DATA."
                        .formatted(path(), reason(e)),
                e);
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "it is a file, not a folder";
            case FileSystemException system when system.getReason() != null -> system.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
