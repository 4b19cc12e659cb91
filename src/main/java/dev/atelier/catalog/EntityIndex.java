package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/**
 * What filters, facets and orderings see of a document, by Backstage's rules: paths descend through
 * arrays, texts in arrays count as {@code path.item=true} too, keys and values beyond 200
 * characters cannot be found, status and attachments are left out.
 */
final class EntityIndex {

    /** Between path and value of a term; cannot occur in a document. */
    static final char SEPARATOR = '\u001f';

    private static final int LONGEST = 200;

    /** More scalars than any honest entity has; the rest cannot be filtered by. */
    private static final int MOST_TERMS = 2000;

    private static final Set<String> SKIPPED =
            Set.of("attachments", "relations", "status", "metadata.uid", "metadata.etag");

    private final ObjectNode facts = Json.object();
    private final Set<String> terms = new LinkedHashSet<>();

    private EntityIndex() {}

    static EntityIndex of(EntityDocument document) {
        var index = new EntityIndex();
        index.visit("", document.json());
        if (!document.metadata().has("namespace")) {
            index.add("metadata.namespace", EntityRef.DEFAULT_NAMESPACE);
        }
        return index;
    }

    String facts() {
        return Json.write(facts);
    }

    String[] terms() {
        return terms.toArray(String[]::new);
    }

    /** Longer values are in the document only. */
    static boolean isFindable(String value) {
        return value.length() <= LONGEST;
    }

    static String fold(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String term(String key, String value) {
        return fold(key) + SEPARATOR + fold(value);
    }

    private void visit(String path, JsonNode node) {
        if (SKIPPED.contains(path)) {
            return;
        }
        if (node.isObject()) {
            node.properties()
                    .forEach(
                            member ->
                                    visit(
                                            path.isEmpty()
                                                    ? member.getKey()
                                                    : path + "." + member.getKey(),
                                            member.getValue()));
        } else if (node.isArray()) {
            for (var item : node) {
                visit(path, item);
                if (item.isTextual()) {
                    add(path + "." + item.textValue(), "true");
                }
            }
        } else if (node.isNull()) {
            key(fold(path));
        } else {
            add(path, node.asText());
        }
    }

    private void add(String path, String value) {
        var key = fold(path);
        if (!key(key)) {
            return;
        }
        if (isFindable(value) && terms.add(key + SEPARATOR + fold(value))) {
            var values = facts.get(key) instanceof ArrayNode array ? array : facts.putArray(key);
            values.add(value);
        }
    }

    private boolean key(String key) {
        if (key.length() > LONGEST || terms.size() >= MOST_TERMS) {
            return false;
        }
        terms.add(key);
        return true;
    }
}
