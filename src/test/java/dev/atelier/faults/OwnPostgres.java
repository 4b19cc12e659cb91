package dev.atelier.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A PostgreSQL beside the portal, for tests that take it away: the external database. */
final class OwnPostgres implements AutoCloseable {

    private static final String PASSWORD = "of-the-fault-suite";

    private final Path folder;
    private final Path programs;
    private final int port;

    /**
     * @param folder for its data
     * @param dataFolder of a portal that was started once: its programs are used
     */
    OwnPostgres(Path folder, Path dataFolder) throws IOException {
        this.folder = folder;
        try (var found = Files.walk(dataFolder.resolve("postgres-18/binaries"), 3)) {
            programs =
                    found.filter(file -> file.endsWith("bin/pg_ctl"))
                            .findFirst()
                            .orElseThrow()
                            .getParent();
        }
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Files.createDirectories(folder);
        var password = Files.writeString(folder.resolve("password"), PASSWORD);
        command(
                "initdb",
                "--username=atelier",
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--pgdata=" + folder.resolve("cluster"));
        start();
    }

    private void command(String program, String... arguments) {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        PortalProcess.run(command.toArray(String[]::new));
    }

    void start() {
        command(
                "pg_ctl",
                "start",
                "--wait",
                "--silent",
                "--pgdata=" + folder.resolve("cluster"),
                "--log=" + folder.resolve("postgres.log"),
                "--options=-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories="
                        .formatted(port));
    }

    /** As a power cut would: nothing is written any more. */
    void stopAtOnce() {
        command(
                "pg_ctl",
                "stop",
                "--mode=immediate",
                "--silent",
                "--pgdata=" + folder.resolve("cluster"));
    }

    int port() {
        return port;
    }

    private static String url(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    }

    PortalProcess.Setup usedBy(PortalProcess.Setup setup) {
        return usedBy(setup, port);
    }

    /**
     * @param at the port under which the portal finds it: a proxy's
     */
    PortalProcess.Setup usedBy(PortalProcess.Setup setup, int at) {
        return setup.environment("ATELIER_JDBC_URL", url(at))
                .environment("ATELIER_JDBC_USER", "atelier")
                .environment("ATELIER_JDBC_PASSWORD_FILE", folder.resolve("password").toString());
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url(port), "atelier", PASSWORD);
    }

    /** Ends every connection of the portal, in the middle of whatever it does. */
    void cutConnections() throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'atelier' and pid <> pg_backend_pid()
                    """);
        }
    }

    @Override
    public void close() {
        stopAtOnce();
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
