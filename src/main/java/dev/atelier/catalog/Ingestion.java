package dev.atelier.catalog;

import dev.atelier.catalog.Reading.Checked;
import dev.atelier.catalog.Sources.Target;
import dev.atelier.identity.Audit;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Brings what was read into the catalog: entities, relations, problems, and the sources that
 * Locations name. Reading itself is the {@link SourceLoop}'s.
 */
@ApplicationScoped
class Ingestion {

    private final Sql sql;
    private final CatalogConfig config;
    private final Notifications notifications;

    Ingestion(Sql sql, CatalogConfig config, Notifications notifications) {
        this.sql = sql;
        this.config = config;
        this.notifications = notifications;
    }

    /** Publishes a Location for every configured folder and file. */
    @Transactional
    void configure() {
        var locations = new ArrayList<EntityDocument>();
        for (var root : config.roots()) {
            var folder = !Files.isRegularFile(root);
            locations.add(
                    location(
                            new Target(
                                    "file",
                                    folder ? root + "/**/*.{yaml,yml}" : root.toString(),
                                    false)));
        }
        publish("configuration", locations);
        sql.run(
                connection -> {
                    for (int i = 0; i < locations.size(); i++) {
                        var root = config.roots().get(i);
                        Sources.name(
                                connection,
                                locations.get(i).ref().toString(),
                                List.of(
                                        new Target(
                                                Files.isRegularFile(root) ? "file" : "folder",
                                                root.toString(),
                                                false)));
                    }
                    forget(connection, false);
                });
    }

    /** Makes the provider's Locations these; each names its target. */
    @Transactional(Transactional.TxType.MANDATORY)
    void publish(String provider, List<EntityDocument> locations) {
        sql.run(
                connection -> {
                    var writes = EntityWrites.begin(connection);
                    long source = Sources.provider(connection, provider);
                    var kept = new HashSet<String>();
                    var list = new ArrayList<EntityWrites.Write>();
                    for (var location : locations) {
                        kept.add(location.ref().toString());
                        list.add(
                                new EntityWrites.Write(
                                        location, source, EntityWrites.Origin.PROVIDER, 0));
                    }
                    writes.put(list);
                    var gone =
                            Entities.owned(connection, source).stream()
                                    .filter(ref -> !kept.contains(ref))
                                    .toList();
                    writes.remove(gone);
                    for (var ref : gone) {
                        Sources.name(connection, ref, List.of());
                    }
                    writes.end();
                });
    }

    /** The Location entity that stands for a target, named as Backstage names it. */
    static EntityDocument location(Target target) {
        var document =
                EntityDocument.of(
                        "backstage.io/v1alpha1",
                        "Location",
                        EntityRef.DEFAULT_NAMESPACE,
                        "generated-" + sha1(target.toString()));
        document.metadata()
                .withObjectProperty("annotations")
                .put("backstage.io/managed-by-location", target.toString())
                .put("backstage.io/managed-by-origin-location", target.toString());
        document.spec().put("type", target.type()).put("target", target.target());
        if (target.optional()) {
            document.spec().put("presence", "optional");
        }
        return document;
    }

    /** A name that Backstage derives from it; not for security. */
    private static String sha1(String text) {
        try {
            return java.util.HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-1")
                                    .digest(
                                            text.getBytes(
                                                    java.nio.charset.StandardCharsets.UTF_8)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes what was read; sources that another replica took meanwhile are left out. */
    @Transactional
    void apply(List<Reading> all) {
        sql.run(
                connection -> {
                    var writes = EntityWrites.begin(connection);
                    var readings = stillOurs(connection, all);
                    var fresh = readings.stream().filter(Reading::isNews).toList();
                    var clashes = write(connection, writes, fresh);
                    var faulty = Problems.put(connection, fresh, clashes);
                    tell(fresh, faulty);
                    writes.end();
                    close(connection, readings, clashes);
                    if (fresh.stream().anyMatch(r -> r.files() != null || hasLocations(r))) {
                        forget(connection, false);
                    }
                });
    }

    /** Whoever registered a place hears of it when it turns bad, not each time it is read. */
    private void tell(List<Reading> readings, Map<Long, String> faulty) {
        for (var reading : readings) {
            var reason = faulty.get(reading.source().id());
            if (reason == null) {
                continue;
            }
            var by =
                    sql.list(
                            """
                            select id::text, added_by from catalog_location
                            where type || ':' || target in (?, ?)
                            """,
                            row -> Map.entry(row.getString(1), row.getString(2)),
                            reading.source().location(),
                            reading.source().origin());
            for (var location : by) {
                notifications.postBy(
                        Audit.SYSTEM,
                        new News(
                                Topic.LOCATION,
                                "%s: %s".formatted(reading.source().target(), reason),
                                "location:default/" + location.getKey(),
                                "/catalog/problems"),
                        new To(location.getValue(), "you registered it"));
            }
        }
    }

    private static boolean hasLocations(Reading reading) {
        return reading.documents().stream()
                .anyMatch(d -> d.document() != null && d.document().kind().equals("Location"));
    }

    private static List<Reading> stillOurs(Connection connection, List<Reading> all)
            throws SQLException {
        var epochs = new HashMap<Long, Long>();
        try (var select =
                connection.prepareStatement(
                        "select id, epoch from catalog_source where id = any(?) order by id for update")) {
            select.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint", all.stream().map(r -> r.source().id()).toArray()));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    epochs.put(rows.getLong(1), rows.getLong(2));
                }
            }
        }
        return all.stream()
                .filter(r -> Objects.equals(epochs.get(r.source().id()), r.source().epoch()))
                .toList();
    }

    private static Map<Long, List<EntityWrites.Clash>> write(
            Connection connection, EntityWrites writes, List<Reading> readings)
            throws SQLException {
        var owned = owned(connection, readings);
        var good = new ArrayList<EntityWrites.Write>();
        var faulty = new LinkedHashMap<String, List<Fault>>();
        var orphans = new ArrayList<String>();
        for (var reading : readings) {
            if (reading.fault() != null) {
                continue;
            }
            var missing = new HashSet<>(owned.getOrDefault(reading.source().id(), List.of()));
            var unknown = new ArrayList<Fault>();
            for (var document : reading.documents()) {
                if (document.isGood() && document.document() != null) {
                    good.add(
                            new EntityWrites.Write(
                                    document.document(),
                                    reading.source().id(),
                                    EntityWrites.Origin.of(reading.source()),
                                    document.index()));
                    missing.remove(document.document().ref().toString());
                }
            }
            for (var document : reading.documents()) {
                if (!document.isGood()) {
                    var ref = Objects.toString(document.ref(), null);
                    if (ref != null && missing.remove(ref)) {
                        faulty.put(ref, document.faults());
                    } else if (ref == null) {
                        unknown.addAll(document.faults());
                    }
                }
            }
            if (unknown.isEmpty()) {
                orphans.addAll(missing);
            } else {
                // One of these may be the document that nobody can read now: keep them all.
                missing.forEach(ref -> faulty.put(ref, unknown));
            }
        }
        writes.orphan(orphans);
        var clashes = new HashMap<Long, List<EntityWrites.Clash>>();
        for (var clash : writes.put(good)) {
            clashes.computeIfAbsent(clash.write().sourceId(), _ -> new ArrayList<>()).add(clash);
        }
        writes.markFaulty(faulty);
        for (var reading : readings) {
            name(connection, reading);
        }
        return clashes;
    }

    private static void name(Connection connection, Reading reading) throws SQLException {
        if (reading.files() != null) {
            Sources.name(connection, "source:" + reading.source().id(), reading.files());
        }
        for (Checked document : reading.documents()) {
            if (document.isGood()
                    && document.document() != null
                    && document.document().kind().equals("Location")) {
                Sources.name(connection, document.document().ref().toString(), document.targets());
            }
        }
    }

    private static Map<Long, List<String>> owned(Connection connection, List<Reading> readings)
            throws SQLException {
        var owned = new HashMap<Long, List<String>>();
        try (var select =
                connection.prepareStatement(
                        "select source_id, ref from catalog_entity where source_id = any(?)")) {
            select.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint", readings.stream().map(r -> r.source().id()).toArray()));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    owned.computeIfAbsent(rows.getLong(1), _ -> new ArrayList<>())
                            .add(rows.getString(2));
                }
            }
        }
        return owned;
    }

    private void close(
            Connection connection,
            List<Reading> readings,
            Map<Long, List<EntityWrites.Clash>> clashes)
            throws SQLException {
        try (var update =
                connection.prepareStatement(
                        """
                        update catalog_source set leased_until = null, tried_at = clock_timestamp(),
                            read_at = case when ? then clock_timestamp() else read_at end,
                            digest = case when ? then ? else digest end, etag = ?,
                            documents = case when ? then ? else documents end,
                            next_read_at = clock_timestamp()
                                + make_interval(secs => ? * (1 + 0.5 * random()))
                        where id = ?
                        """)) {
            for (var reading : readings) {
                boolean read = reading.fault() == null;
                // A name that is taken may become free: look at those again next time.
                var digest = clashes.containsKey(reading.source().id()) ? null : reading.digest();
                update.setBoolean(1, read);
                update.setBoolean(2, reading.isNews());
                update.setString(3, digest);
                update.setString(4, reading.etag());
                update.setBoolean(5, read && reading.isNews());
                update.setInt(
                        6,
                        reading.files() == null
                                ? reading.documents().size()
                                : reading.files().size());
                update.setDouble(7, config.interval());
                update.setLong(8, reading.source().id());
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    /**
     * Drops sources that nobody names any more.
     *
     * @param atOnce deletes their entities now instead of marking them
     */
    void forget(Connection connection, boolean atOnce) throws SQLException {
        var lost = Sources.prune(connection);
        if (lost.isEmpty()) {
            return;
        }
        var writes = EntityWrites.begin(connection);
        if (atOnce) {
            writes.remove(lost);
        } else {
            writes.orphan(lost);
        }
        writes.end();
    }

    /** Deletes orphans that have been so for half a minute, unless they are to be kept. */
    @Transactional
    int sweep() {
        if (config.orphans() == CatalogConfig.Orphans.KEEP) {
            return 0;
        }
        return sql.call(
                connection -> {
                    var refs = new ArrayList<String>();
                    try (var select =
                                    connection.prepareStatement(
                                            "select ref from catalog_entity"
                                                    + " where orphaned_at < clock_timestamp() - interval '30 s'"
                                                    + " limit 5000");
                            var rows = select.executeQuery()) {
                        while (rows.next()) {
                            refs.add(rows.getString(1));
                        }
                    }
                    if (refs.isEmpty()) {
                        return 0;
                    }
                    var writes = EntityWrites.begin(connection);
                    int removed = writes.remove(refs);
                    for (var ref : refs) {
                        if (ref.startsWith("location:")) {
                            Sources.name(connection, ref, List.of());
                        }
                    }
                    writes.end();
                    forget(connection, false);
                    return removed;
                });
    }
}
