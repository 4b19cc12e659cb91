package dev.atelier.catalog;

import dev.atelier.catalog.EntityFilter.SqlText;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Pages, counts and facets over the entities, for both APIs and the pages. Documents leave as the
 * bytes that are stored. Counts and facets are kept until the catalog's revision changes. What is
 * hidden from whoever asks is in none of them.
 */
@ApplicationScoped
class EntityQueries {

    private static final int MOST_KEPT = 500;

    /** How a list is ordered; entities that lack the field are left out when it must be there. */
    record Order(String field, boolean descending) {}

    /** A full-text condition: the term is anywhere in one of the fields. */
    record Text(String term, List<String> fields) {}

    /** A place in an ordered list: the value that is ordered by, and the id that breaks ties. */
    record Position(@Nullable String value, long id) {}

    /**
     * @param filter which entities
     * @param text further condition, or null
     * @param order null means by id
     * @param after null begins at the start
     * @param backwards the page before {@code after} instead of the one behind it
     */
    record Page(
            EntityFilter filter,
            @Nullable Text text,
            @Nullable Order order,
            @Nullable Position after,
            boolean backwards,
            int offset,
            int limit) {}

    /** One entity as bytes of JSON, and where it stands in the list. */
    record Row(byte[] json, Position position) {}

    record Rows(long revision, List<Row> rows, boolean more) {}

    record FacetValue(String value, long count) {}

    /** How many there are in all, and by the values of some fields. */
    record Counted(long total, Map<String, List<FacetValue>> facets) {}

    private record CountRow(int part, @Nullable String value, long count) {}

    private record Kept<T>(long revision, T value) {}

    private final Sql sql;
    private final Sight sight;
    private final Map<String, Kept<Long>> counts = kept();
    private final Map<String, Kept<List<FacetValue>>> facets = kept();
    private final Map<String, Kept<Counted>> counted = kept();

    EntityQueries(Sql sql, Sight sight) {
        this.sql = sql;
        this.sight = sight;
    }

    private static <T> Map<String, Kept<T>> kept() {
        return Collections.synchronizedMap(
                new LinkedHashMap<>(16, 0.75f, true) {
                    private static final long serialVersionUID = 1;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<String, Kept<T>> eldest) {
                        return size() > MOST_KEPT;
                    }
                });
    }

    /** One page; reads one row more than the limit to know whether there is more. */
    Rows page(Page page) {
        var key = orderKey(page.order);
        var direction = (page.order != null && page.order.descending) != page.backwards;
        var query = new SqlText();
        query.add("select e.id, ");
        orderValue(query, key);
        query.add(
                " as k, e.document, e.relations, e.errors, (select n from catalog_revision)"
                        + " from catalog_entity e where ");
        var hidden = sight.blind().hidden();
        where(query, page.filter, page.text, page.order);
        query.except(hidden);
        if (key != null) {
            query.add(" and ");
            orderValue(query, key);
            query.add(" is not null");
        }
        var after = page.after;
        if (after != null) {
            var sign = direction ? " < " : " > ";
            if (key == null) {
                query.add(" and e.id" + sign + "?", after.id);
            } else {
                query.add(" and (");
                orderValue(query, key);
                query.add(", e.id)" + sign + "(?, ?)", String.valueOf(after.value), after.id);
            }
        }
        var way = direction ? " desc" : " asc";
        query.add(" order by ");
        if (key != null) {
            orderValue(query, key);
            query.add(way + ", ");
        }
        query.add("e.id" + way + " limit ? offset ?", page.limit + 1, page.offset);
        var revision = new long[] {-1};
        var rows =
                new ArrayList<>(
                        sql.list(
                                query.text(),
                                row -> {
                                    revision[0] = row.getLong(6);
                                    return row(row, hidden);
                                },
                                query.values()));
        boolean more = rows.size() > page.limit;
        if (more) {
            rows.removeLast();
        }
        if (page.backwards) {
            Collections.reverse(rows);
        }
        return new Rows(revision[0], rows, more);
    }

    private static Row row(ResultSet row, Set<String> hidden) throws SQLException {
        var document = row.getBytes(3);
        var relations =
                hidden.isEmpty()
                        ? row.getBytes(4)
                        : Relations.without(row.getString(4), hidden)
                                .getBytes(StandardCharsets.UTF_8);
        var errors = row.getString(5);
        var out = new ByteArrayOutputStream(document.length + relations.length + 20);
        append(out, document, relations, errors);
        return new Row(out.toByteArray(), new Position(row.getString(2), row.getLong(1)));
    }

    private static void append(
            ByteArrayOutputStream out, byte[] document, byte[] relations, @Nullable String errors) {
        out.write(document, 0, document.length - 1);
        out.writeBytes(RELATIONS);
        out.writeBytes(relations);
        if (errors != null) {
            out.writeBytes(STATUS);
            out.writeBytes(Entity.status(errors).getBytes(StandardCharsets.UTF_8));
        }
        out.write('}');
    }

    private static final byte[] RELATIONS = ",\"relations\":".getBytes(StandardCharsets.UTF_8);
    private static final byte[] STATUS = ",\"status\":".getBytes(StandardCharsets.UTF_8);

    /** Entities by reference, those that exist and match. */
    Map<String, byte[]> byRefs(List<String> refs, EntityFilter filter) {
        var query = new SqlText();
        query.add(
                "select e.id, null, e.document, e.relations, e.errors, e.ref from catalog_entity e"
                        + " where e.ref = any(?) and ",
                (Object) refs.toArray(String[]::new));
        filter.write(query);
        var hidden = sight.blind().hidden();
        query.except(hidden);
        var found = new java.util.HashMap<String, byte[]>();
        sql.list(
                        query.text(),
                        row -> Map.entry(row.getString(6), row(row, hidden).json),
                        query.values())
                .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
        return found;
    }

    /** All matching entities as one JSON array, written row by row. */
    StreamingOutput stream(
            EntityFilter filter, List<Order> orders, int offset, UnaryOperator<byte[]> projection) {
        // Asked now: when it is written, it may no longer be known for whom.
        var hidden = sight.blind().hidden();
        var query = ordered(filter, orders, hidden).add(" offset ?", offset);
        return out -> {
            out.write('[');
            var count = new int[1];
            sql.each(
                    query.text(),
                    row -> {
                        if (count[0]++ > 0) {
                            out.write(',');
                        }
                        out.write(projection.apply(row(row, hidden).json));
                    },
                    query.values());
            out.write(']');
        };
    }

    /** Some of the matching entities, by their place in the whole list. */
    List<byte[]> slice(EntityFilter filter, List<Order> orders, int offset, int limit) {
        var hidden = sight.blind().hidden();
        var query = ordered(filter, orders, hidden).add(" offset ? limit ?", offset, limit);
        return sql.list(query.text(), row -> row(row, hidden).json, query.values());
    }

    private static SqlText ordered(EntityFilter filter, List<Order> orders, Set<String> hidden) {
        var query =
                new SqlText()
                        .add(
                                "select e.id, null, e.document, e.relations, e.errors"
                                        + " from catalog_entity e where ");
        filter.write(query);
        query.except(hidden);
        query.add(" order by ");
        for (var order : orders) {
            orderValue(query, EntityIndex.fold(order.field));
            query.add(order.descending ? " desc nulls last, " : " asc nulls last, ");
        }
        return query.add("e.id");
    }

    /** How many there are in all, kept until the catalog changes. */
    long count(EntityFilter filter, @Nullable Text text, @Nullable Order order, long revision) {
        var query = new SqlText();
        where(query, filter, text, order);
        query.except(sight.blind().hidden());
        var key = orderKey(order);
        if (key != null && !EntityFilter.ALWAYS.contains(key)) {
            query.add(" and ");
            orderValue(query, key);
            query.add(" is not null");
        }
        var question = query.key();
        var known = counts.get(question);
        if (known != null && known.revision == revision) {
            return known.value;
        }
        var fresh =
                sql.one(
                        "select count(*), (select n from catalog_revision) from catalog_entity e where "
                                + query.text(),
                        row -> new Kept<>(row.getLong(2), row.getLong(1)),
                        query.values());
        counts.put(question, fresh);
        return fresh.value;
    }

    /**
     * The total and several facets of one question, from one look at the entities; kept until the
     * catalog changes.
     *
     * @param fields columns or {@code metadata.tags}
     */
    Counted counted(List<String> fields, EntityFilter filter, long revision) {
        var condition = new SqlText();
        filter.write(condition);
        condition.except(sight.blind().hidden());
        var question = String.join(",", fields) + "\u001d" + condition.key();
        var known = counted.get(question);
        if (known != null && known.revision == revision) {
            return known.value;
        }
        var query =
                new SqlText()
                        .add(
                                "with hit as materialized (select e.kind, e.type, e.lifecycle, e.owner,"
                                        + " e.tags from catalog_entity e where ")
                        .add(condition.text(), condition.values())
                        .add(") select -1, null, count(*) from hit");
        for (int i = 0; i < fields.size(); i++) {
            query.add(
                    fields.get(i).equals("metadata.tags")
                            ? " union all (select %d, t, count(*) from hit, lateral (select distinct t from unnest(tags) t) x group by t order by 3 desc, 2 limit 10000)"
                                    .formatted(i)
                            : " union all (select %d, %2$s, count(*) from hit where %2$s is not null group by %2$s order by 3 desc, 2 limit 10000)"
                                    .formatted(
                                            i,
                                            Objects.requireNonNull(facetColumn(fields.get(i)))
                                                    .substring(2)));
        }
        long total = 0;
        var values = new LinkedHashMap<String, List<FacetValue>>();
        fields.forEach(field -> values.put(field, new ArrayList<>()));
        for (var row :
                sql.list(
                        query.text(),
                        row -> new CountRow(row.getInt(1), row.getString(2), row.getLong(3)),
                        query.values())) {
            if (row.value == null) {
                total = row.count;
            } else {
                Objects.requireNonNull(values.get(fields.get(row.part)))
                        .add(new FacetValue(row.value, row.count));
            }
        }
        var fresh = new Counted(total, values);
        counted.put(question, new Kept<>(revision, fresh));
        return fresh;
    }

    /** The column that a facet counts; null when it is none of its own. */
    private static @Nullable String facetColumn(String foldedField) {
        return switch (foldedField) {
            case "kind" -> "e.kind";
            case "metadata.name" -> "e.name";
            case "metadata.namespace" -> "e.namespace";
            case "metadata.uid" -> "e.uid::text";
            case "spec.type" -> "e.type";
            case "spec.lifecycle" -> "e.lifecycle";
            case EntityFilter.OWNER -> "e.owner";
            default -> null;
        };
    }

    /** Values of a field with their counts, most frequent first; kept until the catalog changes. */
    List<FacetValue> facet(String field, EntityFilter filter, @Nullable Text text, long revision) {
        var condition = new SqlText();
        where(condition, filter, text, null);
        var hidden = sight.blind().hidden();
        condition.except(hidden);
        var question = EntityIndex.fold(field) + "\u001d" + condition.key();
        var known = facets.get(question);
        if (known != null && known.revision == revision) {
            return known.value;
        }
        var query = new SqlText();
        var key = EntityIndex.fold(field);
        var column = facetColumn(key);
        if (column != null) {
            query.add("select " + column + " as v, count(*) from catalog_entity e where ");
        } else if (key.equals("metadata.tags")) {
            // The facts are long and lie apart from the row; the tags do not.
            query.add(
                    "select v, count(*) from catalog_entity e"
                            + " cross join lateral (select distinct t from unnest(e.tags) t) x (v) where ");
        } else if (key.startsWith("relations.")) {
            query.add(
                    "select r.target_ref as v, count(distinct e.id) from catalog_entity e"
                            + " join catalog_relation r on r.source_ref = e.ref and lower(r.type) = ?"
                            + " where ",
                    key.substring("relations.".length()));
        } else {
            query.add(
                    "select v, count(*) from catalog_entity e"
                            + " cross join lateral jsonb_array_elements_text(e.facts -> ?) v where ",
                    key);
        }
        query.add(condition.text(), condition.values());
        if (key.startsWith("relations.") && !hidden.isEmpty()) {
            query.add(" and r.target_ref <> all(?)", (Object) hidden.toArray(String[]::new));
        }
        query.add(" group by 1 having " + (column == null ? "true" : column + " is not null"));
        query.add(" order by 2 desc, 1 limit 10000");
        var values =
                sql.list(
                        query.text(),
                        row -> new FacetValue(row.getString(1), row.getLong(2)),
                        query.values());
        facets.put(question, new Kept<>(revision, values));
        return values;
    }

    private static @Nullable String orderKey(@Nullable Order order) {
        return order == null ? null : EntityIndex.fold(order.field);
    }

    private static void orderValue(SqlText query, @Nullable String key) {
        if (key == null) {
            query.add("null::text");
            return;
        }
        var column = EntityFilter.column(key);
        if (column != null) {
            query.add(column);
        } else if (key.startsWith("relations.")) {
            query.add(
                    "(select min(r.target_ref) from catalog_relation r where r.source_ref = e.ref"
                            + " and lower(r.type) = '%s')"
                                    .formatted(key.substring(10).replaceAll("\\W", "")));
        } else {
            // As text in the statement, because the planner and the row comparison need the very
            // same
            // expression; quotes and backslashes cannot occur then.
            query.add(
                    "lower(e.facts -> '%s' ->> 0)".formatted(key.replaceAll("[^-\\w.:/+#@ ]", "")));
        }
    }

    private static void where(
            SqlText query, EntityFilter filter, @Nullable Text text, @Nullable Order order) {
        filter.write(query);
        if (text == null || text.term.isBlank()) {
            return;
        }
        var pattern = "%" + Entities.likePattern(EntityIndex.fold(text.term.strip())) + "%";
        var fields =
                !text.fields.isEmpty()
                        ? text.fields
                        : List.of(order == null ? "metadata.uid" : order.field);
        query.add(" and (");
        for (int i = 0; i < fields.size(); i++) {
            query.add(i == 0 ? "" : " or ");
            var key = EntityIndex.fold(fields.get(i));
            var column = EntityFilter.column(key);
            if (column != null) {
                query.add(column + " like ?", pattern);
            } else {
                query.add(
                        "exists (select from jsonb_array_elements_text(e.facts -> ?) v"
                                + " where lower(v) like ?)",
                        key,
                        pattern);
            }
        }
        query.add(")");
    }
}
