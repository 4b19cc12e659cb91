package dev.atelier.catalog;

import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The entities of the catalog. Whoever asks sees those that are not hidden from them. */
@ApplicationScoped
public class Entities {

    static final String COLUMNS =
            """
            e.id, e.uid, e.api_version, e.kind, e.namespace, e.name, e.type, e.lifecycle, e.owner,
            e.title, e.description, e.tags, e.document, e.relations, e.errors, s.type as source_type,
            s.target as source_target, e.orphaned_at is not null as orphan, e.revision,
            e.created_at, e.updated_at
            """;
    static final String FROM =
            " from catalog_entity e left join catalog_source s on s.id = e.source_id ";

    /**
     * What changed in the catalog after a revision.
     *
     * @param revision to ask with next time
     * @param present entities that are new or different; those that turned orphan or faulty too
     * @param gone entities that were deleted
     */
    public record Changes(long revision, List<Entity> present, List<EntityRef> gone) {}

    /** A document that was not taken, and why. */
    public record Refusal(EntityDocument document, String reason) {}

    private final Sql sql;
    private final dev.atelier.identity.Audit audit;
    private final Sight sight;

    Entities(Sql sql, dev.atelier.identity.Audit audit, Sight sight) {
        this.sql = sql;
        this.audit = audit;
        this.sight = sight;
    }

    public Optional<Entity> find(EntityRef ref) {
        return query("where e.ref = ?", ref.toString()).stream().findFirst();
    }

    Optional<Entity> findByUid(UUID uid) {
        return query("where e.uid = ?", uid).stream().findFirst();
    }

    /** Deletes an entity; while its source still names it, the next read brings it back. */
    @Transactional(Transactional.TxType.MANDATORY)
    void delete(Entity entity) {
        sql.run(
                connection -> {
                    var writes = EntityWrites.begin(connection);
                    writes.remove(List.of(entity.ref().toString()));
                    if (entity.kind().equals("Location")) {
                        Sources.name(connection, entity.ref().toString(), List.of());
                    }
                    writes.end();
                    sql.update(
                            "update catalog_source set digest = null where type || ':' || target = ?",
                            entity.location().orElse(""));
                    audit.record(
                            "catalog-entity.delete",
                            entity.ref().toString(),
                            java.util.Map.of("uid", entity.uid().toString()));
                });
    }

    /** Those that exist, in no order. */
    public List<Entity> find(Collection<EntityRef> refs) {
        return query(
                "where e.ref = any(?)",
                (Object) refs.stream().map(EntityRef::toString).toArray(String[]::new));
    }

    /** All of a kind by name; for kinds with few entities. */
    public List<Entity> ofKind(String kind) {
        return query(
                "where lower(e.kind) = ? order by lower(e.name), e.id", EntityIndex.fold(kind));
    }

    /** The first of a kind by what people call them. */
    public List<Entity> firstOfKind(String kind, int limit) {
        return query(
                "where lower(e.kind) = ? and e.ref <> all(?)"
                        + " order by lower(coalesce(e.title, e.name)), e.id limit ?",
                EntityIndex.fold(kind),
                hidden(),
                limit);
    }

    /** Those of a kind that any of these users or groups owns, the last changed first. */
    public List<Entity> ownedBy(Collection<String> owners, String kind, int limit) {
        return query(
                "where lower(e.kind) = ? and e.owner = any(?) and e.ref <> all(?)"
                        + " order by e.updated_at desc, e.id limit ?",
                EntityIndex.fold(kind),
                owners.toArray(String[]::new),
                hidden(),
                limit);
    }

    private String[] hidden() {
        return sight.blind().hidden().toArray(String[]::new);
    }

    /** Whether any entity carries this annotation. */
    public boolean anyAnnotated(String annotation) {
        return sql.one(
                "select exists (select from catalog_entity e where e.terms @> ?)",
                row -> row.getBoolean(1),
                (Object) new String[] {EntityIndex.fold("metadata.annotations." + annotation)});
    }

    /** Grows with every change of the catalog; cheap to ask. */
    public long revision() {
        return sql.one("select n from catalog_revision", row -> row.getLong(1));
    }

    /**
     * Changes of one kind since a revision, all of them; begin with 0. Poll it (every second is
     * cheap: nothing new costs one look-up) and keep the revision with what you made of the
     * changes.
     */
    public Changes changesSince(long revision, String kind) {
        var now = revision();
        if (now == revision) {
            return new Changes(now, List.of(), List.of());
        }
        var present =
                query(
                        "where e.revision > ? and e.revision <= ? and lower(e.kind) = ?"
                                + " order by e.revision, e.id",
                        revision,
                        now,
                        EntityIndex.fold(kind));
        var gone =
                sql.list(
                        "select ref from catalog_departure where revision > ? and revision <= ?"
                                + " and lower(kind) = ?",
                        row -> EntityRef.parse(row.getString(1)),
                        revision,
                        now,
                        EntityIndex.fold(kind));
        return new Changes(now, present, gone);
    }

    /** What is wrong with a document that a feature would publish, as sentences. */
    public List<String> faults(EntityDocument document) {
        return EntityRules.check(document.json()).stream()
                .filter(Fault::isError)
                .map(fault -> "%s: %s. %s".formatted(fault.field(), fault.reason(), fault.remedy()))
                .toList();
    }

    /**
     * Publishes entities of a feature: inserts or updates these, leaves its others alone. A
     * document that someone wrote under the same name goes before and stays; when it is deleted,
     * publish again ({@link #changesSince} tells).
     *
     * @param provider the feature's name, say {@code models}
     * @return documents that were not taken: another source holds the name, or a rule is broken
     */
    @Transactional
    public List<Refusal> upsert(String provider, Collection<EntityDocument> documents) {
        return provide(provider, documents, false);
    }

    /** As {@link #upsert}, and deletes what the provider published before and does not now. */
    @Transactional
    public List<Refusal> replaceAll(String provider, Collection<EntityDocument> documents) {
        return provide(provider, documents, true);
    }

    /** Deletes entities that this provider published; others of these names stay. */
    @Transactional
    public void remove(String provider, Collection<EntityRef> refs) {
        sql.run(
                connection -> {
                    var writes = EntityWrites.begin(connection);
                    var source = Sources.provider(connection, provider);
                    writes.remove(
                            owned(connection, source).stream()
                                    .filter(
                                            refs.stream()
                                                            .map(EntityRef::toString)
                                                            .collect(Collectors.toSet())
                                                    ::contains)
                                    .toList());
                    writes.end();
                });
    }

    private List<Refusal> provide(
            String provider, Collection<EntityDocument> documents, boolean complete) {
        var refusals = new ArrayList<Refusal>();
        return sql.call(
                connection -> {
                    var writes = EntityWrites.begin(connection);
                    var source = Sources.provider(connection, provider);
                    var good = new ArrayList<EntityWrites.Write>();
                    for (var document : documents) {
                        var faults =
                                EntityRules.check(document.json()).stream()
                                        .filter(Fault::isError)
                                        .toList();
                        if (faults.isEmpty()) {
                            var copy = new EntityDocument(document.json().deepCopy());
                            var location = "provider:" + provider;
                            copy.metadata()
                                    .withObjectProperty("annotations")
                                    .put("backstage.io/managed-by-location", location)
                                    .put("backstage.io/managed-by-origin-location", location);
                            good.add(
                                    new EntityWrites.Write(
                                            copy, source, EntityWrites.Origin.PROVIDER, 0));
                        } else {
                            var fault = faults.getFirst();
                            refusals.add(
                                    new Refusal(document, fault.field() + ": " + fault.reason()));
                        }
                    }
                    for (var clash : writes.put(good)) {
                        refusals.add(
                                new Refusal(clash.write().document(), "held by " + clash.holder()));
                    }
                    if (complete) {
                        var kept =
                                good.stream()
                                        .map(write -> write.document().ref().toString())
                                        .collect(Collectors.toSet());
                        writes.remove(
                                owned(connection, source).stream()
                                        .filter(ref -> !kept.contains(ref))
                                        .toList());
                    }
                    writes.end();
                    return refusals;
                });
    }

    static List<String> owned(Connection connection, long sourceId) throws SQLException {
        try (var select =
                connection.prepareStatement("select ref from catalog_entity where source_id = ?")) {
            select.setLong(1, sourceId);
            var refs = new ArrayList<String>();
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    refs.add(rows.getString(1));
                }
            }
            return refs;
        }
    }

    private record Kinds(long revision, Map<String, Long> counts) {}

    private volatile @Nullable Kinds kinds;

    /** How many entities there are of each kind, the most first; kept until the catalog changes. */
    public Map<String, Long> countByKind() {
        var all = countAllByKind();
        var hidden = hidden();
        if (hidden.length == 0) {
            return all;
        }
        var counts = new LinkedHashMap<>(all);
        sql.list(
                        "select kind, count(*) from catalog_entity where ref = any(?) group by kind",
                        row -> Map.entry(row.getString(1), row.getLong(2)),
                        (Object) hidden)
                .forEach(entry -> counts.merge(entry.getKey(), -entry.getValue(), Long::sum));
        return counts;
    }

    private Map<String, Long> countAllByKind() {
        long revision = revision();
        var known = kinds;
        if (known != null && known.revision == revision) {
            return known.counts;
        }
        var counts = new LinkedHashMap<String, Long>();
        sql.list(
                        """
                        select kind, count(*) from catalog_entity where kind <> 'Location'
                        group by kind order by count(*) desc, kind
                        """,
                        row -> Map.entry(row.getString(1), row.getLong(2)))
                .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
        kinds = new Kinds(revision, Collections.unmodifiableMap(counts));
        return counts;
    }

    /** What a suggestion list shows of an entity. */
    public record Suggestion(
            EntityRef ref, String kind, String title, String description, double score) {}

    /**
     * Entities whose name or title is near to what was typed, best first: beginnings before
     * substrings before misspellings.
     */
    public List<Suggestion> suggest(String typed, int limit) {
        var q = EntityIndex.fold(typed.strip());
        if (q.isEmpty()) {
            return List.of();
        }
        if (q.length() > 100) {
            q = q.substring(0, 100);
        }
        var like = likePattern(q);
        // Each step costs more than the one before, and most questions are answered by the first.
        var found = new LinkedHashMap<EntityRef, Suggestion>();
        suggestions(
                found,
                limit,
                2,
                "lower(name) like ? or lower(left(title, 100)) like ?",
                "length(name), lower(name), id",
                List.of(like + "%", like + "%"),
                List.of());
        suggestions(
                found,
                limit,
                1,
                "search like ?",
                "word_similarity(?, search) desc, lower(name), id",
                List.of("%" + like + "%"),
                List.of(q));
        suggestions(
                found,
                limit,
                0,
                "? <% search",
                "word_similarity(?, search) desc, lower(name), id",
                List.of(q),
                List.of(q));
        return List.copyOf(found.values());
    }

    /** How many entities that match are looked at to find the best of them. */
    private static final int CANDIDATES = 500;

    private void suggestions(
            Map<EntityRef, Suggestion> found,
            int limit,
            double score,
            String condition,
            String order,
            List<String> conditionValues,
            List<String> orderValues) {
        if (found.size() >= limit) {
            return;
        }
        var values = new ArrayList<Object>(conditionValues);
        values.add(hidden());
        values.add(CANDIDATES);
        values.addAll(orderValues);
        values.add(limit);
        sql
                .list(
                        """
                        select ref, kind, coalesce(title, name), coalesce(description, '')
                        from (select * from catalog_entity
                              where (%s) and kind <> 'Location' and ref <> all(?) limit ?) candidate
                        order by %s limit ?
                        """
                                .formatted(condition, order),
                        row ->
                                new Suggestion(
                                        EntityRef.parse(row.getString(1)),
                                        row.getString(2),
                                        row.getString(3),
                                        row.getString(4),
                                        score),
                        values.toArray())
                .stream()
                .filter(each -> !found.containsKey(each.ref()))
                .limit(limit - found.size())
                .toList()
                .forEach(each -> found.put(each.ref(), each));
    }

    static String likePattern(String text) {
        return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
    }

    /** Display names of those that exist, by reference. */
    public Map<String, String> titles(Collection<String> refs) {
        return sql
                .list(
                        """
                        select ref, coalesce(title, facts -> 'spec.profile.displayname' ->> 0, name)
                        from catalog_entity where ref = any(?)
                        """,
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        (Object) refs.toArray(String[]::new))
                .stream()
                .filter(entry -> !sight.hides(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private List<Entity> query(String where, Object... values) {
        var all = sql.list("select " + COLUMNS + FROM + where, Entities::read, values);
        var hidden = sight.blind().hidden();
        return hidden.isEmpty()
                ? all
                : all.stream()
                        .filter(entity -> !hidden.contains(entity.ref().toString()))
                        .map(entity -> entity.without(hidden))
                        .toList();
    }

    static Entity read(ResultSet row) throws SQLException {
        return new Entity(
                row.getLong("id"),
                row.getObject("uid", UUID.class),
                row.getString("api_version"),
                row.getString("kind"),
                row.getString("namespace"),
                row.getString("name"),
                row.getString("type"),
                row.getString("lifecycle"),
                row.getString("owner"),
                row.getString("title"),
                row.getString("description"),
                List.of((String[]) row.getArray("tags").getArray()),
                row.getString("document"),
                row.getString("relations"),
                row.getString("errors"),
                row.getString("source_type"),
                row.getString("source_target"),
                row.getBoolean("orphan"),
                row.getLong("revision"),
                instant(row, "created_at"),
                instant(row, "updated_at"));
    }

    static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
