package dev.atelier.platform.database;

import com.sun.security.auth.module.UnixSystem;
import dev.atelier.platform.CannotStart;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One PostgreSQL server on one folder, as a process of its own session: Ctrl-C at the terminal
 * stops the portal, and the portal stops the server when its last request is answered.
 */
final class PostgresServer {

    private static final Logger LOG = Logger.getLogger(PostgresServer.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path home;
    private final Path cluster;
    private final Path binaries;
    private final List<String> prefix;
    private final int port;
    private volatile boolean stopping;

    private PostgresServer(Path home, Path binaries, int port) {
        this.home = home;
        this.binaries = binaries;
        this.port = port;
        cluster = home.resolve("cluster");
        prefix = prefix();
    }

    int port() {
        return port;
    }

    /**
     * Starts the server; makes its folder first when there is none.
     *
     * @param password a file that holds the password of the user {@code postgres}
     */
    static PostgresServer start(Path home, Path password) throws IOException, InterruptedException {
        var server =
                new PostgresServer(home, PostgresBinaries.in(home.resolve("binaries")), freePort());
        if (Files.notExists(server.cluster.resolve("PG_VERSION"))) {
            server.initialize(password);
        }
        server.stopLeftover();
        server.launch();
        server.watch();
        return server;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * PostgreSQL refuses to run as root. In a user namespace of its own it is nobody, and the files
     * are still ours.
     */
    private static List<String> prefix() {
        return new UnixSystem().getUid() == 0 ? List.of("unshare", "-U") : List.of();
    }

    private void initialize(Path password) throws IOException, InterruptedException {
        run(
                PATIENCE.multipliedBy(2),
                List.of(
                        binaries.resolve("bin/initdb").toString(),
                        "--username=postgres",
                        "--pwfile=" + password,
                        "--auth-local=scram-sha-256",
                        "--auth-host=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C.UTF-8",
                        "--data-checksums",
                        "--pgdata=" + cluster));
    }

    private void launch() throws IOException, InterruptedException {
        var settings =
                List.of(
                        "-p " + port,
                        "-c listen_addresses=127.0.0.1",
                        "-c unix_socket_directories=",
                        "-c fsync=on",
                        "-c synchronous_commit=on",
                        "-c full_page_writes=on",
                        "-c max_connections=100",
                        "-c shared_buffers=256MB",
                        "-c max_wal_size=1GB",
                        "-c idle_in_transaction_session_timeout=30s");
        run(
                PATIENCE.plusSeconds(5),
                List.of(
                        binaries.resolve("bin/pg_ctl").toString(),
                        "start",
                        "--silent",
                        "--wait",
                        "--timeout=" + PATIENCE.toSeconds(),
                        "--pgdata=" + cluster,
                        "--log=" + home.resolve("postgres.log"),
                        "--options=" + String.join(" ", settings)));
    }

    /** Starts the server again, at the same address, when it ends while nobody asked it to. */
    private void watch() throws IOException {
        var process =
                process()
                        .orElseThrow(
                                () -> new IOException("the server ended as soon as it was up"));
        var unused = process.onExit().thenRun(this::revive);
    }

    private void revive() {
        for (int attempt = 0; !stopping; attempt++) {
            try {
                LOG.warnf("The database server has ended. Starting it again (%s).", cluster);
                launch();
                watch();
                return;
            } catch (IOException e) {
                LOG.errorf("The database server does not start again: %s", e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            try {
                TimeUnit.SECONDS.sleep(Math.min(30, 1L << Math.min(attempt, 5)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Ends all connections and the server; what was committed is on the disk. */
    void stop() {
        stopping = true;
        try {
            end();
        } catch (IOException e) {
            LOG.warnf("The database server did not stop: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end() throws IOException, InterruptedException {
        if (process().isEmpty()) {
            return;
        }
        var stop =
                List.of(
                        binaries.resolve("bin/pg_ctl").toString(),
                        "stop",
                        "--silent",
                        "--wait",
                        "--pgdata=" + cluster);
        try {
            run(Duration.ofSeconds(25), with(stop, "--mode=fast", "--timeout=20"));
        } catch (IOException e) {
            LOG.warnf("Stopping the database server the hard way: %s", e.getMessage());
            run(Duration.ofSeconds(25), with(stop, "--mode=immediate", "--timeout=20"));
        }
    }

    /** A server that outlived its portal, after {@code kill -9}. */
    private void stopLeftover() throws IOException, InterruptedException {
        if (process().isPresent()) {
            LOG.info("Stopping the database server that an earlier portal left behind.");
            end();
        }
        var pid = pid();
        if (pid.flatMap(ProcessHandle::of).isPresent()) {
            // Another process has its number now; PostgreSQL would take it for a living server. We
            // hold the lock of the data folder, so there is none.
            Files.deleteIfExists(cluster.resolve("postmaster.pid"));
        }
    }

    private Optional<ProcessHandle> process() throws IOException {
        return pid().flatMap(ProcessHandle::of)
                .filter(
                        process ->
                                process.info()
                                        .command()
                                        .filter(command -> command.contains("postgres"))
                                        .isPresent());
    }

    private Optional<Long> pid() throws IOException {
        var file = cluster.resolve("postmaster.pid");
        if (Files.notExists(file)) {
            return Optional.empty();
        }
        var lines = Files.readAllLines(file);
        try {
            return lines.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Long.valueOf(lines.get(0).strip()));
        } catch (NumberFormatException e) {
            throw new IOException("cannot be read: " + file, e);
        }
    }

    private static List<String> with(List<String> command, String... more) {
        var all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }

    private void run(Duration limit, List<String> command)
            throws IOException, InterruptedException {
        var whole = new ArrayList<>(prefix);
        whole.addAll(command);
        var words = home.resolve("commands.log").toFile();
        var builder = new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(words);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            if (!prefix.isEmpty()) {
                throw new CannotStart(
                        "PostgreSQL does not run as root, and 'unshare' is missing. Start Atelier as"
                                + " an ordinary user, install util-linux, or name a database with"
                                + " --jdbc-url.",
                        e);
            }
            throw e;
        }
        process.getOutputStream().close();
        if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(
                    command.getFirst() + " took more than " + limit.toSeconds() + " s");
        }
        if (process.exitValue() != 0) {
            var said = Files.readString(words.toPath()).strip();
            throw new IOException(
                    Path.of(command.getFirst()).getFileName()
                            + " ended with "
                            + process.exitValue()
                            + (said.isEmpty() ? "" : ": " + said));
        }
    }
}
