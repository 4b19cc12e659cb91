package dev.atelier.catalog;

import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What is wrong with sources and their documents, and since when. */
@ApplicationScoped
public class Problems {

    /**
     * @param location {@code type:target} of the source
     * @param document in the source, counted from 1; null when the source itself is meant
     * @param entity reference, when the document says that much
     */
    public record Problem(
            String location,
            @Nullable Integer document,
            @Nullable String entity,
            String level,
            String field,
            String reason,
            String remedy,
            Instant since) {
        boolean isError() {
            return level.equals("error");
        }
    }

    /** A source with its problems. */
    public record Place(
            String location,
            String name,
            @Nullable Instant read,
            int documents,
            List<Problem> problems) {
        public boolean isFile() {
            return location.startsWith("file:");
        }

        public long errors() {
            return problems.stream().filter(Problem::isError).count();
        }
    }

    private record Row(@Nullable Integer index, @Nullable String entity, Fault fault) {}

    private record Key(@Nullable Integer index, String field, String reason) {}

    private final Sql sql;
    private final Sight sight;

    private final CatalogConfig config;

    Problems(Sql sql, Sight sight, CatalogConfig config) {
        this.sql = sql;
        this.sight = sight;
        this.config = config;
    }

    /**
     * Replaces what is known about these sources; what stays wrong keeps its beginning.
     *
     * @return the first new error of each source that had none before
     */
    static Map<Long, String> put(
            Connection connection,
            List<Reading> readings,
            Map<Long, List<EntityWrites.Clash>> clashes)
            throws SQLException {
        var wanted = new HashMap<Long, Map<Key, Row>>();
        for (var reading : readings) {
            var rows = new LinkedHashMap<Key, Row>();
            if (reading.fault() != null) {
                add(rows, new Row(null, null, reading.fault()));
            }
            for (var document : reading.documents()) {
                for (var fault : document.faults()) {
                    add(
                            rows,
                            new Row(
                                    document.index(),
                                    Objects.toString(document.ref(), null),
                                    fault));
                }
            }
            for (var clash : clashes.getOrDefault(reading.source().id(), List.of())) {
                var document = clash.write().document();
                add(
                        rows,
                        new Row(
                                clash.write().index(),
                                document.ref().toString(),
                                Fault.error(clash.field(), clash.reason(), clash.remedy())));
            }
            wanted.put(reading.source().id(), rows);
        }
        var gone = new ArrayList<Long>();
        var bad = new HashSet<Long>();
        try (var select =
                connection.prepareStatement(
                        "select id, source_id, document_index, field, reason, level from catalog_problem"
                                + " where source_id = any(?)")) {
            select.setArray(1, connection.createArrayOf("bigint", wanted.keySet().toArray()));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    var key =
                            new Key(
                                    rows.getObject(3, Integer.class),
                                    rows.getString(4),
                                    rows.getString(5));
                    if (rows.getString(6).equals("error")) {
                        bad.add(rows.getLong(2));
                    }
                    var open = wanted.get(rows.getLong(2));
                    if (open == null || open.remove(key) == null) {
                        gone.add(rows.getLong(1));
                    }
                }
            }
        }
        if (!gone.isEmpty()) {
            try (var delete =
                    connection.prepareStatement("delete from catalog_problem where id = any(?)")) {
                delete.setArray(1, connection.createArrayOf("bigint", gone.toArray()));
                delete.executeUpdate();
            }
        }
        try (var insert =
                connection.prepareStatement(
                        """
                        insert into catalog_problem
                            (source_id, document_index, entity_ref, level, field, reason, remedy)
                        values (?, ?, ?, ?, ?, ?, ?)
                        """)) {
            for (var source : wanted.entrySet()) {
                for (var row : source.getValue().values()) {
                    insert.setLong(1, source.getKey());
                    insert.setObject(2, row.index);
                    insert.setString(3, row.entity);
                    insert.setString(4, row.fault.isError() ? "error" : "warning");
                    insert.setString(5, row.fault.field());
                    insert.setString(6, row.fault.reason());
                    insert.setString(7, row.fault.remedy());
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        }
        var turned = new HashMap<Long, String>();
        wanted.forEach(
                (source, rows) ->
                        rows.values().stream()
                                .filter(row -> row.fault.isError() && !bad.contains(source))
                                .findFirst()
                                .ifPresent(row -> turned.put(source, row.fault.reason())));
        return turned;
    }

    private static void add(Map<Key, Row> rows, Row row) {
        if (rows.size() < 1000) {
            rows.put(new Key(row.index, row.fault.field(), row.fault.reason()), row);
        }
    }

    /** Stored faults, and relations that lead nowhere; newest first within a location. */
    List<Problem> all() {
        var list = new ArrayList<>(stored());
        list.addAll(loose());
        list.removeIf(problem -> problem.entity != null && sight.hides(problem.entity));
        return list;
    }

    private List<Problem> stored() {
        return sql.list(
                """
                select s.type || ':' || s.target, p.document_index, p.entity_ref, p.level, p.field,
                       p.reason, p.remedy, p.since
                from catalog_problem p join catalog_source s on s.id = p.source_id
                order by s.target, p.document_index nulls first, p.id limit 5000
                """,
                row ->
                        new Problem(
                                row.getString(1),
                                row.getObject(2) == null ? null : row.getInt(2) + 1,
                                row.getString(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                row.getString(7),
                                row.getObject(8, java.time.OffsetDateTime.class).toInstant()));
    }

    private record Loose(
            String location,
            int index,
            String emitter,
            String type,
            String target,
            @Nullable String near,
            Instant since) {}

    private record Dangling(long revision, List<Problem> problems) {}

    private volatile @Nullable Dangling known;

    private final ReentrantLock looking = new ReentrantLock();

    /**
     * As {@link #dangling}, kept until the catalog changes: it looks at every relation. One looks;
     * who comes meanwhile takes what was true before, or waits when nobody has looked yet.
     */
    private List<Problem> loose() {
        long revision = sql.one("select n from catalog_revision", row -> row.getLong(1));
        var last = known;
        if (last != null && (last.revision == revision || !looking.tryLock())) {
            return last.problems;
        }
        if (last == null) {
            looking.lock();
        }
        try {
            last = known;
            if (last == null || last.revision != revision) {
                last = new Dangling(revision, dangling());
                known = last;
            }
            return last.problems;
        } finally {
            looking.unlock();
        }
    }

    /**
     * Relations towards entities that do not exist, with the nearest name of the same kind. Where
     * there are many of one or the other, the first of them in the order of the primary key:
     * sorting all would take seconds.
     */
    private List<Problem> dangling() {
        var loose =
                sql.list(
                        """
                        with loose as (
                            select distinct on (r.emitted_by, r.target_ref)
                                   r.emitted_by, r.type, r.target_ref, r.since
                            from (select * from catalog_relation r
                                  where r.source_ref = r.emitted_by and not exists (
                                      select from catalog_entity t where t.ref = r.target_ref)
                                  order by r.emitted_by, r.source_ref, r.type, r.target_ref
                                  limit 2000) r
                            order by r.emitted_by, r.target_ref, r.type <> 'ownedBy',
                                     r.type = 'dependsOn'
                            limit 500),
                        target as (
                            select t.target_ref, (
                                select n.ref
                                from (select ref from catalog_entity
                                      where lower(kind) = split_part(t.target_ref, ':', 1)
                                        and lower(name) like left(split_part(t.target_ref, '/', 2), 1) || '%'
                                      limit 2000) n
                                where similarity(n.ref, t.target_ref) > 0.6
                                order by similarity(n.ref, t.target_ref) desc limit 1) as near
                            from (select distinct target_ref from loose limit 50) t)
                        select coalesce(s.type || ':' || s.target, 'unknown'), e.document_index,
                               l.emitted_by, l.type, l.target_ref, g.near, l.since
                        from loose l join catalog_entity e on e.ref = l.emitted_by
                        left join catalog_source s on s.id = e.source_id
                        left join target g on g.target_ref = l.target_ref
                        order by 1, 2
                        """,
                        row ->
                                new Loose(
                                        row.getString(1),
                                        row.getInt(2),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getString(6),
                                        row.getObject(7, java.time.OffsetDateTime.class)
                                                .toInstant()));
        return loose.stream()
                .map(
                        l -> {
                            var target = EntityRef.parse(l.target);
                            var what = EntityShells.kindName(target.kind());
                            return new Problem(
                                    l.location,
                                    l.index + 1,
                                    l.emitter,
                                    "warning",
                                    Relations.field(l.type),
                                    (l.type.equals("ownedBy") ? "Owner" : what)
                                            + " \"%s\" does not exist".formatted(target.name()),
                                    l.near == null
                                            ? "Add %s to the catalog, or correct the name."
                                                    .formatted(l.target)
                                            : "Did you mean %s?".formatted(l.near),
                                    l.since);
                        })
                .toList();
    }

    /** Places that people or the configuration name, those with problems first. */
    List<Place> places() {
        var byLocation = new LinkedHashMap<String, List<Problem>>();
        for (var problem : all()) {
            byLocation.computeIfAbsent(problem.location, _ -> new ArrayList<>()).add(problem);
        }
        var hidden = sight.blind().hidden().toArray(String[]::new);
        var places = new ArrayList<Place>();
        var seen = new HashSet<String>();
        sql.list(
                        """
                        select s.type || ':' || s.target, s.read_at, s.documents from catalog_source s
                        where (s.documents > 0 and s.type <> 'provider' or s.type = 'url'
                               or exists (select from catalog_problem p where p.source_id = s.id))
                          -- The name of a file may tell of the hidden entity in it.
                          and (not exists (select from catalog_entity e
                                           where e.source_id = s.id and e.ref = any(?))
                               or exists (select from catalog_entity e
                                          where e.source_id = s.id and e.ref <> all(?)))
                        order by s.type, s.target limit 5000
                        """,
                        row ->
                                new Place(
                                        row.getString(1),
                                        config.shown(row.getString(1)),
                                        row.getObject(2) == null
                                                ? null
                                                : Entities.instant(row, "read_at"),
                                        row.getInt(3),
                                        byLocation.getOrDefault(row.getString(1), List.of())),
                        hidden,
                        hidden)
                .forEach(
                        place -> {
                            seen.add(place.location);
                            places.add(place);
                        });
        byLocation.forEach(
                (location, problems) -> {
                    if (!seen.contains(location)) {
                        places.add(new Place(location, config.shown(location), null, 0, problems));
                    }
                });
        return places;
    }

    /** How many problems are open in the documents of what these users and groups own. */
    public long count(Collection<String> owners) {
        return sql.one(
                """
                select count(*) from catalog_problem p join catalog_entity e on e.ref = p.entity_ref
                where e.owner = any(?)
                """,
                row -> row.getLong(1),
                (Object) owners.toArray(String[]::new));
    }

    /** How many problems are open. */
    public long count() {
        return sql.one("select count(*) from catalog_problem", row -> row.getLong(1));
    }
}
