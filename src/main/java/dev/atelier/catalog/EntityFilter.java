package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.platform.problems.Invalid;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/**
 * Which entities: Backstage's filter parameters and its predicate language, as one tree that writes
 * itself as SQL. Keys and values compare without case.
 */
sealed interface EntityFilter {

    record All(List<EntityFilter> parts) implements EntityFilter {}

    record Any(List<EntityFilter> parts) implements EntityFilter {}

    record Not(EntityFilter part) implements EntityFilter {}

    /** The path leads somewhere. */
    record Has(String key) implements EntityFilter {}

    /** The path leads to one of these. */
    record Is(String key, List<String> values) implements EntityFilter {}

    record Begins(String key, String prefix) implements EntityFilter {}

    /** Every word stands somewhere in name, title, description, tags, type or owner. */
    record Words(List<String> words) implements EntityFilter {}

    EntityFilter EVERYTHING = new All(List.of());

    /** Our own key for the owner's full reference; no document has a member of this name. */
    String OWNER = "@owner";

    /** Our own key for the entity's reference. */
    String REF = "@ref";

    int MOST_PARTS = 500;
    int DEEPEST = 20;

    /**
     * Reads {@code filter} parameters: the parameters are alternatives; inside one, comma-separated
     * parts must all hold; {@code key} means the key exists; a key that is there twice means either
     * value.
     */
    static EntityFilter parse(List<String> parameters) {
        var any = new ArrayList<EntityFilter>();
        for (var parameter : parameters) {
            var byKey = new LinkedHashMap<String, List<String>>();
            for (var statement : parameter.split(",", -1)) {
                var part = statement.strip();
                if (part.isEmpty()) {
                    continue;
                }
                var equals = part.indexOf('=');
                var key = (equals < 0 ? part : part.substring(0, equals)).strip();
                if (key.isEmpty()) {
                    throw new Invalid(
                            "Invalid filter, '%s' is not a valid statement (expected a string on the form a=b or a= or a)"
                                    .formatted(part));
                }
                var values = byKey.computeIfAbsent(key, _ -> new ArrayList<>());
                if (equals >= 0) {
                    values.add(part.substring(equals + 1).strip());
                }
            }
            if (byKey.size() > MOST_PARTS) {
                throw new Invalid("Invalid filter, it has too many parts");
            }
            var all = new ArrayList<EntityFilter>();
            byKey.forEach(
                    (key, values) ->
                            all.add(values.isEmpty() ? new Has(key) : new Is(key, values)));
            if (!all.isEmpty()) {
                any.add(new All(all));
            }
        }
        return any.isEmpty() ? EVERYTHING : any.size() == 1 ? any.getFirst() : new Any(any);
    }

    /** Reads the predicate language: {@code {"kind": "component", "$not": {…}}}. */
    static EntityFilter parse(JsonNode query) {
        if (query.isMissingNode() || query.isNull()) {
            return EVERYTHING;
        }
        return predicate(query, 0);
    }

    private static EntityFilter predicate(JsonNode query, int depth) {
        if (!query.isObject() || depth > DEEPEST || query.size() > MOST_PARTS) {
            throw new Invalid("Invalid query, expected an object of conditions");
        }
        var all = new ArrayList<EntityFilter>();
        for (var member : query.properties()) {
            var value = member.getValue();
            all.add(
                    switch (member.getKey()) {
                        case "$all" -> new All(predicates(value, depth));
                        case "$any" -> new Any(predicates(value, depth));
                        case "$not" -> new Not(predicate(value, depth + 1));
                        default -> condition(member.getKey(), value);
                    });
        }
        return all.size() == 1 ? all.getFirst() : new All(all);
    }

    private static List<EntityFilter> predicates(JsonNode list, int depth) {
        if (!list.isArray() || list.size() > MOST_PARTS) {
            throw new Invalid("Invalid query, $all and $any take a list");
        }
        var parts = new ArrayList<EntityFilter>();
        list.forEach(item -> parts.add(predicate(item, depth + 1)));
        return parts;
    }

    private static EntityFilter condition(String key, JsonNode value) {
        if (key.startsWith("$")) {
            throw new Invalid("Invalid query, the operator %s is not known".formatted(key));
        }
        if (value.isValueNode() && !value.isNull()) {
            return new Is(key, List.of(value.asText()));
        }
        if (!value.isObject() || value.size() != 1) {
            throw new Invalid("Invalid query, the condition on %s cannot be read".formatted(key));
        }
        var operator = value.fieldNames().next();
        var operand = value.get(operator);
        return switch (operator) {
            case "$exists" -> operand.asBoolean() ? new Has(key) : new Not(new Has(key));
            case "$in" -> {
                if (!operand.isArray() || operand.size() > 10_000) {
                    throw new Invalid("Invalid query, $in takes a list");
                }
                var values = new ArrayList<String>();
                operand.forEach(item -> values.add(item.asText()));
                yield new Is(key, values);
            }
            case "$contains" -> {
                if (!operand.isValueNode()) {
                    throw new Invalid("Invalid query, $contains takes a text, number or boolean");
                }
                yield new Is(key, List.of(operand.asText()));
            }
            case "$hasPrefix" -> new Begins(key, operand.asText());
            case "$not" -> new Not(condition(key, operand));
            default ->
                    throw new Invalid(
                            "Invalid query, the operator %s is not known".formatted(operator));
        };
    }

    /** A condition in SQL with its values; {@code e} is the entity. */
    final class SqlText {
        private final StringBuilder text = new StringBuilder();
        private final List<Object> values = new ArrayList<>();

        String text() {
            return text.toString();
        }

        Object[] values() {
            return values.toArray();
        }

        SqlText add(String sql, Object... bound) {
            text.append(sql);
            values.addAll(List.of(bound));
            return this;
        }

        /** Leaves out what whoever asks is not shown. */
        SqlText except(Collection<String> hidden) {
            return hidden.isEmpty()
                    ? this
                    : add(" and e.ref <> all(?)", (Object) hidden.toArray(String[]::new));
        }

        /** The same text and values mean the same question. */
        String key() {
            var key = new StringBuilder(text);
            for (var value : values) {
                key.append('\u001e')
                        .append(value instanceof String[] texts ? List.of(texts) : value);
            }
            return key.toString();
        }
    }

    Set<String> ALWAYS =
            Set.of("kind", "apiversion", "metadata.name", "metadata.namespace", "metadata.uid");

    /** The typed column of a key, or null; the column's own order and comparison are lower case. */
    static @org.jspecify.annotations.Nullable String column(String foldedKey) {
        return switch (foldedKey) {
            case "kind" -> "lower(e.kind)";
            case "metadata.name" -> "lower(e.name)";
            case "metadata.namespace" -> "e.namespace";
            case "spec.type" -> "lower(e.type)";
            case "spec.lifecycle" -> "lower(e.lifecycle)";
            case "metadata.title" -> "lower(e.title)";
            case "metadata.uid" -> "e.uid::text";
            case OWNER -> "e.owner";
            case REF -> "e.ref";
            default -> null;
        };
    }

    default void write(SqlText sql) {
        switch (this) {
            case All all -> join(sql, all.parts, " and ", "true");
            case Any any -> join(sql, any.parts, " or ", "false");
            case Words words -> {
                sql.add("true");
                for (var word : words.words) {
                    sql.add(
                            " and e.search like ?",
                            "%" + Entities.likePattern(EntityIndex.fold(word)) + "%");
                }
            }
            case Not not -> {
                sql.add("not coalesce(");
                not.part.write(sql);
                sql.add(", false)");
            }
            case Has has -> {
                var key = EntityIndex.fold(has.key);
                if (ALWAYS.contains(key)) {
                    sql.add("true");
                } else if (key.startsWith("relations.")) {
                    sql.add(
                            "exists (select from catalog_relation r where r.source_ref = e.ref"
                                    + " and lower(r.type) = ?)",
                            key.substring("relations.".length()));
                } else {
                    sql.add("e.terms @> ?", (Object) new String[] {key});
                }
            }
            case Is is -> {
                var key = EntityIndex.fold(is.key);
                var values = is.values.stream().map(EntityIndex::fold).toArray(String[]::new);
                var column = column(key);
                if (column != null && !key.equals("metadata.title")) {
                    if (values.length == 1) {
                        sql.add(column + " = ?", values[0]);
                    } else {
                        sql.add(column + " = any(?)", (Object) values);
                    }
                } else if (key.startsWith("relations.")) {
                    sql.add(
                            "e.ref in (select r.source_ref from catalog_relation r"
                                    + " where lower(r.type) = ? and r.target_ref = any(?))",
                            key.substring("relations.".length()),
                            values);
                } else {
                    var terms = new String[values.length];
                    for (int i = 0; i < values.length; i++) {
                        terms[i] = key + EntityIndex.SEPARATOR + values[i];
                    }
                    sql.add(terms.length == 1 ? "e.terms @> ?" : "e.terms && ?", (Object) terms);
                }
            }
            case Begins begins -> {
                var key = EntityIndex.fold(begins.key);
                var pattern = Entities.likePattern(EntityIndex.fold(begins.prefix)) + "%";
                var column = column(key);
                if (column != null) {
                    sql.add(column + " like ?", pattern);
                } else if (key.startsWith("relations.")) {
                    sql.add(
                            "exists (select from catalog_relation r where r.source_ref = e.ref"
                                    + " and lower(r.type) = ? and r.target_ref like ?)",
                            key.substring("relations.".length()),
                            pattern);
                } else {
                    sql.add(
                            "exists (select from unnest(e.terms) t where t like ?)",
                            Entities.likePattern(key + EntityIndex.SEPARATOR) + pattern);
                }
            }
        }
    }

    private static void join(SqlText sql, List<EntityFilter> parts, String word, String none) {
        if (parts.isEmpty()) {
            sql.add(none);
            return;
        }
        sql.add("(");
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                sql.add(word);
            }
            parts.get(i).write(sql);
        }
        sql.add(")");
    }
}
