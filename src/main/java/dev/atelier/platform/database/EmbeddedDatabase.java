package dev.atelier.platform.database;

import dev.atelier.platform.DataFolder;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
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

    private static final Duration STARTUP = Duration.ofSeconds(60);
    private static final Logger LOG = Logger.getLogger(EmbeddedDatabase.class);

    private static @Nullable EmbeddedPostgres running;
    private static @Nullable FileLock folderLock;

    private EmbeddedDatabase() {}

    /**
     * Starts it and points the data source at it, unless {@code ATELIER_JDBC_URL} or the data
     * source's own property names another database.
     */
    public static synchronized void startUnlessConfigured() {
        var external =
                Optional.ofNullable(System.getProperty("atelier.jdbc.url"))
                        .or(() -> Optional.ofNullable(System.getenv("ATELIER_JDBC_URL")));
        if (external.isPresent()) {
            System.setProperty("quarkus.datasource.jdbc.url", external.get());
            copyEnvironment("ATELIER_JDBC_USER", "quarkus.datasource.username");
            copyEnvironment("ATELIER_JDBC_PASSWORD", "quarkus.datasource.password");
            return;
        }
        if (System.getProperty("quarkus.datasource.jdbc.url") != null
                || System.getenv("QUARKUS_DATASOURCE_JDBC_URL") != null) {
            return;
        }
        start();
    }

    /** Starts the server in the data folder and sets the data source's properties. */
    public static synchronized void start() {
        if (running != null) {
            return;
        }
        folderLock = DataFolder.lock();
        var home = DataFolder.part("postgres-" + MAJOR);
        var cluster = home.resolve("cluster");
        var password = password(home.resolve("password"));
        stopLeftover(cluster);
        try {
            running =
                    EmbeddedPostgres.builder()
                            .setOverrideWorkingDirectory(home.resolve("binaries").toFile())
                            .setDataDirectory(cluster)
                            .setCleanDataDirectory(false)
                            .setLocaleConfig("pwfile", home.resolve("password").toString())
                            .setLocaleConfig("auth-local", "scram-sha-256")
                            .setLocaleConfig("auth-host", "scram-sha-256")
                            .setLocaleConfig("locale-provider", "builtin")
                            .setLocaleConfig("builtin-locale", "C.UTF-8")
                            .setLocaleConfig("locale", "C.UTF-8")
                            .setConnectConfig("password", password)
                            .setServerConfig("listen_addresses", "127.0.0.1")
                            .setServerConfig("unix_socket_directories", "")
                            .setServerConfig("fsync", "on")
                            .setServerConfig("synchronous_commit", "on")
                            .setServerConfig("full_page_writes", "on")
                            .setServerConfig("max_connections", "100")
                            .setServerConfig("shared_buffers", "256MB")
                            .setServerConfig("max_wal_size", "1GB")
                            .setServerConfig("idle_in_transaction_session_timeout", "30s")
                            .setErrorRedirector(
                                    ProcessBuilder.Redirect.appendTo(
                                            home.resolve("postgres.log").toFile()))
                            .setOutputRedirector(
                                    ProcessBuilder.Redirect.appendTo(
                                            home.resolve("postgres.log").toFile()))
                            .setPGStartupWait(STARTUP)
                            .start();
        } catch (IOException | IllegalStateException e) {
            throw new IllegalStateException(
                    "The embedded PostgreSQL did not start. Its log is "
                            + home.resolve("postgres.log")
                            + "; an external database can be named with ATELIER_JDBC_URL.",
                    e);
        }
        System.setProperty(
                "quarkus.datasource.jdbc.url",
                "jdbc:postgresql://127.0.0.1:" + running.getPort() + "/postgres");
        System.setProperty("quarkus.datasource.username", "postgres");
        System.setProperty("quarkus.datasource.password", password);
    }

    private static void copyEnvironment(String variable, String property) {
        var value = System.getenv(variable);
        if (value != null) {
            System.setProperty(property, value);
        }
    }

    private static String password(Path file) {
        try {
            if (Files.notExists(file)) {
                var bytes = new byte[24];
                new SecureRandom().nextBytes(bytes);
                Files.createFile(
                        file,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
                Files.writeString(file, HexFormat.of().formatHex(bytes));
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void stopLeftover(Path cluster) {
        var pidFile = cluster.resolve("postmaster.pid");
        if (Files.notExists(pidFile)) {
            return;
        }
        try {
            var pid = Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
            var process = ProcessHandle.of(pid).filter(EmbeddedDatabase::isPostgres);
            if (process.isPresent()) {
                LOG.infof("Stopping the database server that an earlier portal left behind.");
                process.get().destroy();
                process.get().onExit().get(20, TimeUnit.SECONDS);
            }
        } catch (IOException | NumberFormatException | ExecutionException e) {
            LOG.warnf(e, "The database's process file %s could not be read.", pidFile);
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "An earlier database server on " + cluster + " does not stop.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while stopping the database.", e);
        }
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info().command().filter(command -> command.contains("postgres")).isPresent();
    }
}
