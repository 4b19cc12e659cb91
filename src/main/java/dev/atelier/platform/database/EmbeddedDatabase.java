package dev.atelier.platform.database;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL of our own in the data folder, for machines where nobody runs one.
 *
 * <p>Durable (fsync and synchronous_commit on, checksums), reachable on loopback with a generated
 * password only. After {@code kill -9} of the portal its server lives on; the next start stops it
 * first, because adopting a process we did not start would leave nobody to stop it.
 */
public final class EmbeddedDatabase {

    /** In the folder's name: data of another major version cannot be opened. */
    private static final String MAJOR = "18";

    private static @Nullable PostgresServer running;
    private static @Nullable FileLock folderLock;

    private EmbeddedDatabase() {}

    /** Starts the server in the data folder and sets the data source's properties. */
    public static synchronized void start() {
        if (running != null) {
            return;
        }
        folderLock = DataFolder.lock();
        var home = DataFolder.part("postgres-" + MAJOR);
        var password = home.resolve("password");
        try {
            writePassword(password);
            running = PostgresServer.start(home, password);
            System.setProperty(
                    "quarkus.datasource.jdbc.url",
                    "jdbc:postgresql://127.0.0.1:" + running.port() + "/postgres");
            System.setProperty("quarkus.datasource.username", "postgres");
            System.setProperty("quarkus.datasource.password", Files.readString(password).strip());
        } catch (IOException e) {
            throw new CannotStart(
                    "The embedded PostgreSQL did not start: "
                            + e.getMessage()
                            + "\nIts log is "
                            + home.resolve("postgres.log")
                            + ". An external database can be named with --jdbc-url.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotStart("Interrupted while the database started.", e);
        }
    }

    static synchronized boolean isRunning() {
        return running != null;
    }

    /** Stops it, if it was started here. Called when nothing uses it any more. */
    public static synchronized void stop() {
        if (running != null) {
            running.stop();
            running = null;
        }
        if (folderLock != null) {
            try {
                folderLock.channel().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            folderLock = null;
        }
    }

    /** The file of the password below a data folder; it exists once the database was started. */
    public static Path passwordFile() {
        return DataFolder.path().resolve("postgres-" + MAJOR).resolve("password");
    }

    /** Whether the data folder holds a database already. */
    static boolean exists() {
        return Files.exists(passwordFile().resolveSibling("cluster").resolve("PG_VERSION"));
    }

    /** The port that the server of the data folder has written down. */
    static OptionalInt portInUse() throws IOException {
        var file = passwordFile().resolveSibling("cluster").resolve("postmaster.pid");
        if (Files.notExists(file)) {
            return OptionalInt.empty();
        }
        var lines = Files.readAllLines(file);
        return lines.size() < 4
                ? OptionalInt.empty()
                : OptionalInt.of(Integer.parseInt(lines.get(3).strip()));
    }

    private static void writePassword(Path file) throws IOException {
        // An empty one is left by a start that died here.
        if (Files.notExists(file) || Files.size(file) == 0) {
            var bytes = new byte[24];
            new SecureRandom().nextBytes(bytes);
            Files.deleteIfExists(file);
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, HexFormat.of().formatHex(bytes));
        }
    }
}
