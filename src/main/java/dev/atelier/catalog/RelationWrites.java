package dev.atelier.catalog;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The relations side of {@link EntityWrites}: rows of both ends, and their copy in the row of every
 * entity, for reading in one piece.
 */
final class RelationWrites {

    private final Connection connection;

    /** Entities whose copy is older than the rows. */
    private final Set<String> affected = new TreeSet<>();

    RelationWrites(Connection connection) {
        this.connection = connection;
    }

    /** Drops what these emit. */
    void drop(Collection<String> refs) throws SQLException {
        try (var delete =
                connection.prepareStatement(
                        "delete from catalog_relation where emitted_by = any(?)"
                                + " returning source_ref")) {
            delete.setArray(1, texts(refs));
            try (var rows = delete.executeQuery()) {
                while (rows.next()) {
                    affected.add(rows.getString(1));
                }
            }
        }
    }

    /** Makes these the relations that each of the entities emits. */
    void relate(List<EntityWrites.Prepared> entities) throws SQLException {
        var old = new HashMap<String, Set<List<String>>>();
        try (var select =
                connection.prepareStatement(
                        "select emitted_by, source_ref, type, target_ref from catalog_relation"
                                + " where emitted_by = any(?)")) {
            select.setArray(1, texts(entities.stream().map(EntityWrites.Prepared::ref).toList()));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    old.computeIfAbsent(rows.getString(1), _ -> new HashSet<>())
                            .add(List.of(rows.getString(2), rows.getString(3), rows.getString(4)));
                }
            }
        }
        try (var insert =
                        connection.prepareStatement(
                                "insert into catalog_relation"
                                        + " (emitted_by, source_ref, type, target_ref)"
                                        + " values (?, ?, ?, ?) on conflict do nothing");
                var delete =
                        connection.prepareStatement(
                                "delete from catalog_relation where emitted_by = ?"
                                        + " and source_ref = ? and type = ? and target_ref = ?")) {
            for (var entity : entities) {
                var gone = old.getOrDefault(entity.ref(), new HashSet<>());
                for (var edge : entity.edges()) {
                    var row =
                            List.of(
                                    edge.source().toString(),
                                    edge.type(),
                                    edge.target().toString());
                    if (!gone.remove(row)) {
                        batch(insert, entity.ref(), row);
                    }
                }
                for (var row : gone) {
                    batch(delete, entity.ref(), row);
                }
            }
            insert.executeBatch();
            delete.executeBatch();
        }
    }

    private void batch(PreparedStatement statement, String emitter, List<String> row)
            throws SQLException {
        if (!row.getFirst().equals(emitter)) {
            affected.add(row.getFirst());
        }
        statement.setString(1, emitter);
        for (int i = 0; i < 3; i++) {
            statement.setString(i + 2, row.get(i));
        }
        statement.addBatch();
    }

    private static final String STITCHED =
            """
            select d.source_ref as ref, json_agg(json_build_object(
                'type', d.type, 'targetRef', d.target_ref)
                order by d.type, d.target_ref)::text as text
            from (select distinct source_ref, type, target_ref from catalog_relation
                where source_ref = any(?)) d
            group by d.source_ref
            """;

    /** Relations of these as JSON, by reference. */
    Map<String, String> of(List<String> refs) throws SQLException {
        var relations = new HashMap<String, String>();
        try (var select = connection.prepareStatement(STITCHED)) {
            select.setArray(1, texts(refs));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    relations.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return relations;
    }

    /** Writes the relations of every touched entity into its row, for reading in one piece. */
    void stitch(long revision) throws SQLException {
        try (var update =
                connection.prepareStatement(
                        """
                        update catalog_entity e set relations = coalesce(r.text, '[]'), revision = ?
                        from catalog_entity old left join (
                        """
                                + STITCHED
                                + """
                        ) r on r.ref = old.ref
                        where old.ref = any(?) and e.id = old.id
                          and e.relations <> coalesce(r.text, '[]')
                        """)) {
            var refs = existing();
            update.setLong(1, revision);
            update.setArray(2, refs);
            update.setArray(3, refs);
            update.executeUpdate();
        }
    }

    /** Of the touched ones: many relations lead to entities that do not exist. */
    private Array existing() throws SQLException {
        var refs = new ArrayList<String>();
        try (var select =
                connection.prepareStatement("select ref from catalog_entity where ref = any(?)")) {
            select.setArray(1, texts(affected));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    refs.add(rows.getString(1));
                }
            }
        }
        return texts(refs);
    }

    private Array texts(Collection<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray());
    }
}
