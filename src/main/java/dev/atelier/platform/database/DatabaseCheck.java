package dev.atelier.platform.database;

import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationState;

/** Whether the database answers, keeps what it confirms, and has the portal's tables. */
public final class DatabaseCheck implements Check {

    private static final int OLDEST = 15;

    @Override
    public String subject() {
        return "Database";
    }

    @Override
    public int order() {
        return 30;
    }

    @Override
    public List<Finding> examine(Installation installation) throws SQLException {
        var database = installation.database();
        if (database == null) {
            return List.of(
                    Database.isExternal()
                            ? Finding.problem(
                                    "The database " + Database.address() + " does not answer.",
                                    "Start it, or correct ATELIER_JDBC_URL, ATELIER_JDBC_USER and"
                                            + " ATELIER_JDBC_PASSWORD.")
                            : Finding.note("There is none yet; the first start makes it."));
        }
        var findings = new ArrayList<Finding>();
        try (var connection = database.getConnection()) {
            findings.add(version(connection));
            findings.add(durable(connection));
            findings.add(checksums(connection));
            findings.add(connections(connection));
            findings.add(idle(connection));
            findings.add(clock(connection));
        }
        findings.add(migrations(installation));
        return findings;
    }

    private static Finding version(Connection connection) throws SQLException {
        var major = connection.getMetaData().getDatabaseMajorVersion();
        var text =
                "PostgreSQL %s, %s MiB"
                        .formatted(
                                connection.getMetaData().getDatabaseProductVersion(),
                                one(
                                        connection,
                                        "select pg_database_size(current_database()) >> 20"));
        return major < OLDEST
                ? Finding.problem(text, "Atelier needs PostgreSQL " + OLDEST + " or newer.")
                : Finding.ok(text);
    }

    private static Finding durable(Connection connection) throws SQLException {
        var off = new ArrayList<String>();
        for (var setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
            if (one(connection, "show " + setting).equals("off")) {
                off.add(setting);
            }
        }
        return off.isEmpty()
                ? Finding.ok("What it confirms is on the disk (fsync, synchronous_commit are on)")
                : Finding.problem(
                        off + " is off: what people were told is saved can be lost.",
                        "Switch it on in postgresql.conf and restart PostgreSQL.");
    }

    private static Finding checksums(Connection connection) throws SQLException {
        var broken =
                one(connection, "select coalesce(sum(checksum_failures), 0) from pg_stat_database");
        if (!broken.equals("0")) {
            return Finding.problem(
                    "PostgreSQL read " + broken + " damaged pages: the disk is failing.",
                    "Back up now, then restore on another disk.");
        }
        return one(connection, "show data_checksums").equals("on")
                ? Finding.ok("Pages carry checksums, none failed")
                : Finding.warning(
                        "Pages carry no checksums: a failing disk would not be noticed.",
                        "pg_checksums --enable while the server is stopped.");
    }

    private static Finding connections(Connection connection) throws SQLException {
        var used = Integer.parseInt(one(connection, "select count(*) from pg_stat_activity"));
        var most = Integer.parseInt(one(connection, "show max_connections"));
        var text = "%d of %d connections in use".formatted(used, most);
        return used > most * 0.8
                ? Finding.warning(
                        text, "Raise max_connections; each portal replica takes up to 20.")
                : Finding.ok(text);
    }

    private static Finding idle(Connection connection) throws SQLException {
        var held =
                one(
                        connection,
                        """
                        select count(*) from pg_stat_activity
                        where state like 'idle in transaction%'
                          and state_change < clock_timestamp() - interval '1 minute'
                        """);
        return held.equals("0")
                ? Finding.ok("No transaction is held open")
                : Finding.warning(
                        held + " transactions are open and idle for more than a minute.",
                        "Find who holds them in pg_stat_activity, and end them with"
                                + " pg_terminate_backend.");
    }

    private static Finding clock(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("select clock_timestamp()")) {
            row.next();
            var apart =
                    Duration.between(
                                    row.getObject(1, OffsetDateTime.class).toInstant(),
                                    Instant.now())
                            .abs();
            return apart.compareTo(Duration.ofSeconds(5)) > 0
                    ? Finding.warning(
                            "The clocks of database and portal are %d seconds apart."
                                    .formatted(apart.toSeconds()),
                            "Let both follow the same time server.")
                    : Finding.ok("Its clock agrees with this machine's");
        }
    }

    private static Finding migrations(Installation installation) {
        var flyway =
                Flyway.configure(DatabaseCheck.class.getClassLoader())
                        .dataSource(installation.needDatabase())
                        .locations("classpath:db/migration")
                        .outOfOrder(true)
                        .load();
        var all = flyway.info().all();
        var wrong = new ArrayList<String>();
        int pending = 0;
        for (var migration : all) {
            var state = migration.getState();
            if (state == MigrationState.PENDING) {
                pending++;
            } else if (state.isFailed()
                    || state == MigrationState.FUTURE_SUCCESS
                    || state == MigrationState.MISSING_SUCCESS) {
                wrong.add(migration.getVersion() + " (" + state.getDisplayName() + ")");
            }
        }
        if (!wrong.isEmpty()) {
            return Finding.problem(
                    "The tables are not those of this version of Atelier: " + wrong + ".",
                    "A newer Atelier has used this database: run that version, or restore the backup"
                            + " made before the upgrade.");
        }
        return pending > 0
                ? Finding.note(pending + " migrations wait; the next start applies them.")
                : Finding.ok(all.length + " migrations applied, none is missing");
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
