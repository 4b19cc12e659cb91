package dev.atelier.catalog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Relations.Edge;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One transaction's changes to the catalog, in batches. Holds the revision's row from the first to
 * the commit, so that writers follow each other and revisions become visible in their order.
 */
final class EntityWrites {

    /**
     * Part of every digest: raise it when rules, relations or index change, and all is rewritten.
     */
    static final String FORMAT = "1";

    /**
     * @param document without faults, annotated with where it came from
     * @param index of the document in its source
     */
    record Write(EntityDocument document, long sourceId, Origin origin, int index) {}

    /** Who says it: that decides whose entity it may take over. */
    enum Origin {
        PROVIDER,
        FILE,
        ADDRESS;

        static Origin of(Sources.Source source) {
            return source.type().equals("url") ? ADDRESS : FILE;
        }
    }

    /** A document that would take what is not its own: why, and what its author can do. */
    record Clash(Write write, String holder, String field, String reason, String remedy) {}

    private record Known(
            UUID uid,
            String digest,
            @Nullable Long sourceId,
            @Nullable String sourceType,
            @Nullable String location,
            boolean orphan,
            boolean faulty,
            int index,
            @Nullable String owner) {}

    private final Connection connection;
    private final long revision;
    private final RelationWrites relations;
    private boolean changed;

    private EntityWrites(Connection connection, long revision) {
        this.connection = connection;
        this.revision = revision;
        this.relations = new RelationWrites(connection);
    }

    /** Takes the catalog for writing until the end of the transaction. */
    static EntityWrites begin(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("set local lock_timeout = '30s'");
            statement.execute("set local statement_timeout = '60s'");
            try (var rows = statement.executeQuery("select n from catalog_revision for update")) {
                rows.next();
                return new EntityWrites(connection, rows.getLong(1) + 1);
            }
        }
    }

    /** Stitches what was touched. Nothing else may be written afterwards. */
    void end() throws SQLException {
        if (!changed) {
            return;
        }
        relations.stitch(revision);
        try (var update =
                connection.prepareStatement("update catalog_revision set n = ? where n < ?")) {
            update.setLong(1, revision);
            update.setLong(2, revision);
            update.executeUpdate();
        }
    }

    /**
     * Inserts and updates; unchanged documents cost one look-up. A name stays with the source that
     * holds it; a feature's entity yields to a document that someone wrote. A document at an
     * address must name the same owner for that, and a model's owner it never changes.
     */
    List<Clash> put(Collection<Write> writes) throws SQLException {
        var byRef = new LinkedHashMap<String, Write>();
        var clashes = new ArrayList<Clash>();
        for (var write : writes) {
            var ref = write.document.ref().toString();
            var first = byRef.putIfAbsent(ref, write);
            if (first != null) {
                clashes.add(
                        clash(write, "document %d of the same read".formatted(first.index + 1)));
            }
        }
        var known = known(byRef.keySet());
        var fresh = new ArrayList<Prepared>();
        for (var entry : byRef.entrySet()) {
            var write = entry.getValue();
            var old = known.get(entry.getKey());
            if (old != null
                    && old.sourceId != null
                    && old.sourceId != write.sourceId
                    && !old.orphan) {
                var holder = String.valueOf(old.location);
                if (write.origin == Origin.PROVIDER || !"provider".equals(old.sourceType)) {
                    clashes.add(clash(write, holder));
                    continue;
                }
            }
            if (old != null && handsOver(write, old)) {
                clashes.add(
                        new Clash(
                                write,
                                String.valueOf(old.location),
                                "spec.owner",
                                "A document at an address cannot give another owner to "
                                        + write.document.name(),
                                "It is in the portal already, owned by %s. Name that owner, or describe it in a file of the catalog's folders."
                                        .formatted(old.owner)));
                continue;
            }
            var prepared = prepare(entry.getKey(), write, old);
            if (old == null
                    || old.orphan
                    || old.faulty
                    || !prepared.digest.equals(old.digest)
                    || old.sourceId == null
                    || old.sourceId != write.sourceId
                    || old.index != write.index) {
                fresh.add(prepared);
            }
        }
        if (!fresh.isEmpty()) {
            changed = true;
            // Relations first: rows are then written once, with their relations in them.
            relations.relate(fresh);
            upsert(fresh);
        }
        return clashes;
    }

    /**
     * Whether an address gives away what is not its own: a feature's entity or, at whatever time, a
     * model. Whoever owns a model may act on it, and whoever writes the document need not.
     */
    private static boolean handsOver(Write write, Known old) {
        return write.origin == Origin.ADDRESS
                && (write.document.kind().equalsIgnoreCase("Model")
                        || "provider".equals(old.sourceType))
                && !Objects.equals(old.owner, owner(Relations.of(write.document)));
    }

    private static Clash clash(Write write, String holder) {
        return new Clash(
                write,
                holder,
                "metadata.name",
                "Two documents claim the name " + write.document.name(),
                "The other one is in %s. Rename one; the older keeps the name for now."
                        .formatted(holder));
    }

    /** Keeps the last good version of these and says on them what is wrong with the newest. */
    void markFaulty(Map<String, List<Fault>> faults) throws SQLException {
        try (var update =
                connection.prepareStatement(
                        """
                        update catalog_entity set errors = ?, revision = ?, orphaned_at = null
                        where ref = ? and (errors is distinct from ? or orphaned_at is not null)
                        """)) {
            for (var entry : faults.entrySet()) {
                var errors =
                        Json.write(
                                entry.getValue().stream()
                                        .map(f -> Map.of("field", f.field(), "reason", f.reason()))
                                        .toList());
                update.setString(1, errors);
                update.setLong(2, revision);
                update.setString(3, entry.getKey());
                update.setString(4, errors);
                changed |= update.executeUpdate() > 0;
            }
        }
    }

    /** Marks entities that nothing names any more; {@code backstage.io/orphan} says so. */
    int orphan(Collection<String> refs) throws SQLException {
        if (refs.isEmpty()) {
            return 0;
        }
        try (var select =
                        connection.prepareStatement(
                                "select ref, document from catalog_entity"
                                        + " where ref = any(?) and orphaned_at is null");
                var update =
                        connection.prepareStatement(
                                """
                                update catalog_entity
                                set document = ?, facts = ?::jsonb, terms = ?, revision = ?,
                                    orphaned_at = clock_timestamp()
                                where ref = ?
                                """)) {
            select.setArray(1, texts(refs));
            int count = 0;
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    var document = new EntityDocument((ObjectNode) Json.trusted(rows.getString(2)));
                    document.metadata()
                            .withObjectProperty("annotations")
                            .put("backstage.io/orphan", "true");
                    var index = EntityIndex.of(document);
                    update.setString(1, Json.write(document.json()));
                    update.setString(2, index.facts());
                    update.setArray(3, connection.createArrayOf("text", index.terms()));
                    update.setLong(4, revision);
                    update.setString(5, rows.getString(1));
                    update.addBatch();
                    count++;
                }
            }
            if (count > 0) {
                update.executeBatch();
                changed = true;
            }
            return count;
        }
    }

    /** Deletes entities, their relations, and remembers that they left. */
    int remove(Collection<String> refs) throws SQLException {
        if (refs.isEmpty()) {
            return 0;
        }
        int removed;
        try (var delete =
                connection.prepareStatement(
                        """
                        with gone as (
                            delete from catalog_entity where ref = any(?) returning ref, kind)
                        insert into catalog_departure (ref, kind, revision)
                        select ref, kind, ? from gone
                        on conflict (ref) do update
                        set revision = excluded.revision, kind = excluded.kind,
                            at = clock_timestamp()
                        """)) {
            delete.setArray(1, texts(refs));
            delete.setLong(2, revision);
            removed = delete.executeUpdate();
        }
        if (removed > 0) {
            changed = true;
            relations.drop(refs);
        }
        return removed;
    }

    private java.sql.Array texts(Collection<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray());
    }

    private Map<String, Known> known(Collection<String> refs) throws SQLException {
        var known = new HashMap<String, Known>();
        try (var select =
                connection.prepareStatement(
                        """
                        select e.ref, e.uid, e.digest, e.source_id, s.type, s.type || ':' || s.target,
                               e.orphaned_at is not null, e.errors is not null, e.document_index,
                               e.owner
                        from catalog_entity e left join catalog_source s on s.id = e.source_id
                        where e.ref = any(?)
                        """)) {
            select.setArray(1, texts(refs));
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    known.put(
                            rows.getString(1),
                            new Known(
                                    rows.getObject(2, UUID.class),
                                    rows.getString(3),
                                    rows.getObject(4, Long.class),
                                    rows.getString(5),
                                    rows.getString(6),
                                    rows.getBoolean(7),
                                    rows.getBoolean(8),
                                    rows.getInt(9),
                                    rows.getString(10)));
                }
            }
        }
        return known;
    }

    record Prepared(
            String ref,
            Write write,
            UUID uid,
            String digest,
            EntityDocument document,
            Set<Edge> edges) {}

    private static Prepared prepare(String ref, Write write, @Nullable Known old) {
        var document = new EntityDocument(write.document.json().deepCopy());
        var metadata = document.metadata();
        metadata.remove("uid");
        if (!metadata.has("namespace")) {
            metadata.put("namespace", EntityRef.DEFAULT_NAMESPACE);
        }
        var digest = sha256(FORMAT + Json.write(document.json()));
        var uid = old == null ? UUID.randomUUID() : old.uid;
        metadata.put("uid", uid.toString());
        if (!metadata.has("etag")) {
            metadata.put("etag", digest.substring(0, 40));
        }
        return new Prepared(ref, write, uid, digest, document, Relations.of(document));
    }

    static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void upsert(List<Prepared> entities) throws SQLException {
        var stitched = relations.of(entities.stream().map(Prepared::ref).toList());
        try (var insert =
                connection.prepareStatement(
                        """
                        insert into catalog_entity
                            (uid, ref, api_version, kind, namespace, name, type, lifecycle, owner,
                             title, description, tags, document, facts, terms, search, source_id,
                             document_index, digest, revision, relations)
                        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?)
                        on conflict (ref) do update set
                            api_version = excluded.api_version, kind = excluded.kind,
                            namespace = excluded.namespace, name = excluded.name,
                            type = excluded.type, lifecycle = excluded.lifecycle,
                            owner = excluded.owner, title = excluded.title,
                            description = excluded.description, tags = excluded.tags,
                            document = excluded.document, facts = excluded.facts,
                            terms = excluded.terms, search = excluded.search,
                            source_id = excluded.source_id,
                            document_index = excluded.document_index, digest = excluded.digest,
                            revision = excluded.revision, relations = excluded.relations, errors = null, orphaned_at = null,
                            updated_at = clock_timestamp()
                        """)) {
            for (var entity : entities) {
                var document = entity.document;
                var index = EntityIndex.of(document);
                var owner = owner(entity.edges);
                int i = 1;
                insert.setObject(i++, entity.uid);
                insert.setString(i++, entity.ref);
                insert.setString(i++, document.apiVersion());
                insert.setString(i++, document.kind());
                insert.setString(i++, document.namespace());
                insert.setString(i++, document.name());
                insert.setString(
                        i++,
                        document.specText("type").filter(EntityIndex::isFindable).orElse(null));
                insert.setString(
                        i++,
                        document.specText("lifecycle")
                                .filter(EntityIndex::isFindable)
                                .orElse(null));
                insert.setString(i++, owner);
                insert.setString(i++, text(document, "title"));
                insert.setString(i++, text(document, "description"));
                insert.setArray(i++, texts(document.tags()));
                insert.setString(i++, Json.write(document.json()));
                insert.setString(i++, index.facts());
                insert.setArray(i++, connection.createArrayOf("text", index.terms()));
                insert.setString(i++, search(document, owner));
                insert.setLong(i++, entity.write.sourceId);
                insert.setInt(i++, entity.write.index);
                insert.setString(i++, entity.digest);
                insert.setLong(i++, revision);
                insert.setString(i, stitched.getOrDefault(entity.ref, "[]"));
                insert.addBatch();
            }
            insert.executeBatch();
        }
        try (var arrived =
                connection.prepareStatement("delete from catalog_departure where ref = any(?)")) {
            arrived.setArray(1, texts(entities.stream().map(Prepared::ref).toList()));
            arrived.executeUpdate();
        }
    }

    private static @Nullable String owner(Set<Edge> edges) {
        return edges.stream()
                .filter(edge -> edge.type().equals("ownedBy"))
                .map(edge -> edge.target().toString())
                .findFirst()
                .orElse(null);
    }

    private static @Nullable String text(EntityDocument document, String key) {
        return document.metadata().path(key).textValue();
    }

    private static String search(EntityDocument document, @Nullable String owner) {
        var words = new ArrayList<String>();
        words.add(document.name());
        words.add(document.metadata().path("title").asText(""));
        words.add(document.spec().path("profile").path("displayName").asText(""));
        words.add(document.metadata().path("description").asText(""));
        words.addAll(document.tags());
        words.add(document.specText("type").orElse(""));
        if (owner != null) {
            words.add(owner.substring(owner.indexOf('/') + 1));
        }
        words.removeIf(String::isEmpty);
        var text = EntityIndex.fold(String.join("\n", words));
        return text.length() <= 4000 ? text : text.substring(0, 4000);
    }
}
