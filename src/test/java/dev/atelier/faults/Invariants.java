package dev.atelier.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.faults.Workload.Told;
import java.io.IOException;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** What must hold after every fault, once the portal is up again. */
final class Invariants {

    private final PortalProcess portal;
    private final Connections database;
    private final Workload log;

    interface Connections {
        Connection open() throws SQLException, IOException;
    }

    Invariants(PortalProcess portal, Connections database, Workload log) {
        this.portal = portal;
        this.database = database;
        this.log = log;
    }

    /** The embedded database of the portal that runs on this folder. */
    static Connections embedded(Path data) {
        return () -> {
            var at = EmbeddedAddress.of(data);
            return DriverManager.getConnection(at.url(), at.user(), at.password());
        };
    }

    void hold() throws IOException, SQLException {
        everyVersionComesToAVerdict();
        log.tasks.allAreDone(database);
        try (var connection = database.open()) {
            uploads(connection);
            aliases(connection);
            locations(connection);
            audit(connection);
            log.recordings.batchesAreWhole(connection);
            log.tasks.eachIsDoneOnce(connection);
        }
        everyModelIsInTheCatalog();
        acknowledgedFilesReadBack();
        log.recordings.artifactsReadBack(portal);
        log.tasks.areInTheCatalog(portal);
        assertThat(log.indecent).as("I7: answers with stack traces").isEmpty();
    }

    /** I4. */
    private void everyVersionComesToAVerdict() throws IOException, SQLException {
        var until = System.nanoTime() + 60_000_000_000L;
        List<String> waiting;
        do {
            try (var connection = database.open()) {
                waiting =
                        strings(
                                connection,
                                "select model || ' ' || number from model_version where state = 'SCANNING'");
            }
            if (!waiting.isEmpty()) {
                PortalProcess.pause(200);
            }
        } while (!waiting.isEmpty() && System.nanoTime() < until);
        assertThat(waiting).as("I4: versions without a verdict").isEmpty();
    }

    /** The entry is written after the registration; a crash between the two is made up for. */
    private void everyModelIsInTheCatalog() throws IOException, SQLException {
        List<String> models;
        try (var connection = database.open()) {
            models = strings(connection, "select name from model");
        }
        var until = System.nanoTime() + 30_000_000_000L;
        for (var model : models) {
            var address = "/api/catalog/entities/by-name/model/default/" + model;
            while (portal.status(address) != 200 && System.nanoTime() < until) {
                PortalProcess.pause(100);
            }
            assertThat(portal.status(address)).as("the catalog's entry of " + model).isEqualTo(200);
        }
    }

    /** Every registration that was confirmed is there once, none that was denied. */
    private void uploads(Connection connection) throws SQLException {
        var there = new HashMap<String, String>();
        for (var row :
                strings(
                        connection,
                        """
                        select v.model || '|' || v.idempotency_key || '|' || v.number || '|' || f.digest
                        from model_version v join model_version_file f using (model, number)
                        where v.idempotency_key is not null
                        """)) {
            var parts = row.split("\\|");
            assertThat(there.put(parts[0] + "|" + parts[1], parts[2] + "|" + parts[3]))
                    .as("registered twice: " + row)
                    .isNull();
        }
        for (var upload : log.uploads) {
            var row = there.remove(upload.model() + "|" + upload.key());
            switch (upload.told()) {
                case OK ->
                        assertThat(row)
                                .as("confirmed and lost: " + upload)
                                .isEqualTo(upload.version() + "|" + upload.sha256());
                case FAILED -> assertThat(row).as("denied and there: " + upload).isNull();
                case UNKNOWN -> {
                    if (row != null) {
                        assertThat(row).as("half of " + upload).endsWith(upload.sha256());
                    }
                }
            }
        }
        assertThat(there).as("versions nobody registered").isEmpty();
        assertThat(
                        strings(
                                connection,
                                """
                                select model || ' ' || number from model_version v
                                where not exists (select 1 from model_version_file f
                                    where f.model = v.model and f.number = v.number)
                                """))
                .as("versions without files")
                .isEmpty();
    }

    /** I3. */
    private void aliases(Connection connection) throws SQLException {
        var last = new HashMap<String, String>();
        var seen = new HashMap<String, Integer>();
        for (var row :
                strings(
                        connection,
                        """
                        select model || '|' || coalesce(from_number, 0) || '|' || coalesce(to_number, 0)
                        from model_alias_move where alias = 'steady' order by id
                        """)) {
            var parts = row.split("\\|");
            assertThat(parts[1])
                    .as("I3: the chain of aliases of " + parts[0])
                    .isEqualTo(last.getOrDefault(parts[0], "0"));
            last.put(parts[0], parts[2]);
            seen.merge(row, 1, Integer::sum);
        }
        for (var row :
                strings(
                        connection,
                        "select model || '|' || number from model_alias where alias = 'steady'")) {
            var parts = row.split("\\|");
            assertThat(parts[1]).as("I3: alias of " + parts[0]).isEqualTo(last.get(parts[0]));
        }
        var confirmed = new HashMap<String, Integer>();
        var possible = new HashMap<String, Integer>();
        for (var move : log.moves) {
            var row = move.model() + "|" + move.from() + "|" + move.to();
            if (move.told() == Told.OK) {
                confirmed.merge(row, 1, Integer::sum);
            }
            if (move.told() != Told.FAILED) {
                possible.merge(row, 1, Integer::sum);
            }
        }
        confirmed.forEach(
                (row, times) ->
                        assertThat(seen.getOrDefault(row, 0))
                                .as("I3: confirmed moves " + row)
                                .isGreaterThanOrEqualTo(times));
        seen.forEach(
                (row, times) ->
                        assertThat(times)
                                .as("I3: moves nobody asked for " + row)
                                .isLessThanOrEqualTo(possible.getOrDefault(row, 0)));
    }

    private void locations(Connection connection) throws SQLException {
        var there = new HashSet<>(strings(connection, "select target from catalog_location"));
        for (var location : log.locations) {
            switch (location.told()) {
                case OK -> assertThat(there).as("confirmed and lost").contains(location.target());
                case FAILED ->
                        assertThat(there).as("denied and there").doesNotContain(location.target());
                case UNKNOWN -> {}
            }
        }
    }

    /** I5: as many rows of the log as changes, neither more nor fewer. */
    private void audit(Connection connection) throws SQLException {
        for (var pair :
                Map.of(
                                "select count(*) from model_version",
                                "select count(*) from audit_event where action = 'model-version.register'",
                                "select count(*) from model_version where state = 'READY'",
                                "select count(*) from audit_event where action = 'model-version.ready'",
                                "select count(*) from model_alias_move",
                                "select count(*) from audit_event where action = 'model-alias.move'",
                                "select count(*) from catalog_location",
                                "select count(*) from audit_event where action = 'catalog-location.register'")
                        .entrySet()) {
            assertThat(strings(connection, pair.getValue()))
                    .as("I5: " + pair.getValue())
                    .isEqualTo(strings(connection, pair.getKey()));
        }
    }

    /** I1 and I2: every confirmed file comes back byte for byte. */
    private void acknowledgedFilesReadBack() throws IOException {
        for (var upload : log.uploads) {
            if (upload.told() != Told.OK) {
                continue;
            }
            var answer =
                    portal.get(
                            "/api/v1/models/%s/versions/%d/files/weights.bin"
                                    .formatted(upload.model(), upload.version()),
                            BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).as("I1: " + upload).isEqualTo(200);
            assertThat(Workload.sha256(answer.body()))
                    .as("I1: " + upload)
                    .isEqualTo(upload.sha256());
        }
    }

    /** I2 over all rows, also those nobody of ours registered: no row without its whole file. */
    static void everyRowHasItsFile(Connections database, Path blobs)
            throws IOException, SQLException {
        try (var connection = database.open()) {
            for (var row : strings(connection, "select digest || '|' || size from blob")) {
                var parts = row.split("\\|");
                var file =
                        blobs.resolve("sha256")
                                .resolve(parts[0].substring(0, 2))
                                .resolve(parts[0].substring(2, 4))
                                .resolve(parts[0]);
                assertThat(file).as("I2").exists().hasSize(Long.parseLong(parts[1]));
                assertThat(Workload.sha256(Files.readAllBytes(file))).as("I2").isEqualTo(parts[0]);
            }
        }
    }

    static List<String> strings(Connection connection, String sql) throws SQLException {
        var all = new ArrayList<String>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                all.add(rows.getString(1));
            }
        }
        return all;
    }
}
