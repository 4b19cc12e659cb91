package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers that an address brings, as Backstage's {@code ?formData=} does. Anybody can write such a
 * link, so it answers only questions that are asked and shown; none of them a secret.
 */
@ApplicationScoped
class Prefill {

    static final String NAME = "formData";

    /** Characters of JSON. */
    private static final int LONGEST = 8_000;

    private static final int FIXPOINT = 8;

    /**
     * What was taken.
     *
     * @param note for whoever sees the form; null when the address brings nothing
     * @param taken whether anything was
     */
    record Given(ObjectNode answers, @Nullable String note, boolean taken) {}

    private final ObjectMapper json;
    private final Conditions conditions;
    private final Choices choices;

    Prefill(ObjectMapper json, Conditions conditions, Choices choices) {
        this.json = json;
        this.conditions = conditions;
        this.choices = choices;
    }

    Given read(Template template, @Nullable String formData) {
        var kept = json.createObjectNode();
        if (formData == null || formData.isBlank()) {
            return new Given(kept, null, false);
        }
        if (formData.length() > LONGEST) {
            return new Given(
                    kept,
                    "The link brings more than %,d characters of answers. None was taken."
                            .formatted(LONGEST),
                    false);
        }
        if (!(parsed(formData) instanceof ObjectNode given)) {
            return new Given(
                    kept,
                    "The answers that the link brings are no JSON object. None was taken.",
                    false);
        }
        var unoffered = new LinkedHashSet<String>();
        for (var page : template.pages()) {
            take(page.schema(), given, kept, unoffered);
        }
        given.remove(kept.propertyStream().map(Map.Entry::getKey).toList());
        given.remove(unoffered);
        var left =
                left("it is not among what is offered", unoffered)
                        + left(
                                "no question asks for it here",
                                given.propertyStream().map(Map.Entry::getKey).toList());
        return kept.isEmpty()
                ? new Given(kept, "The link brings no answer to these questions." + left, false)
                : new Given(
                        kept,
                        "A link has filled in %s. Look at all of it before you go on.%s"
                                .formatted(
                                        kept.size() == 1 ? "an answer" : kept.size() + " answers",
                                        left),
                        true);
    }

    private static String left(String why, Collection<String> names) {
        return names.isEmpty()
                ? ""
                : " Left out, because %s: %s."
                        .formatted(why, Workspace.shown(String.join(", ", names)));
    }

    private @Nullable JsonNode parsed(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /** Which questions are asked depends on the answers that were taken. */
    private void take(JsonNode schema, ObjectNode given, ObjectNode kept, Set<String> unoffered) {
        for (int i = 0; i < FIXPOINT; i++) {
            var before = kept.deepCopy();
            for (var property : conditions.resolve(schema, kept).get("properties").properties()) {
                var value = given.get(property.getKey());
                var allowed = value == null ? null : allowed(property.getValue(), value, unoffered);
                if (allowed != null && allowed.isMissingNode()) {
                    unoffered.add(property.getKey());
                } else if (allowed != null) {
                    kept.set(property.getKey(), allowed);
                }
            }
            if (kept.equals(before)) {
                return;
            }
        }
    }

    /** What of a value a link may bring; null when nothing, missing what cannot be chosen. */
    private @Nullable JsonNode allowed(JsonNode schema, JsonNode value, Set<String> unoffered) {
        var widget = FieldSchema.ui(schema, "widget").asText("");
        if (widget.equals("hidden")
                || FieldSchema.ui(schema, "disabled").asBoolean()
                || schema.path("readOnly").asBoolean()
                || FieldSchema.kind(schema, widget) == Question.Kind.PASSWORD
                || FieldSchema.kind(schema, widget) == Question.Kind.FILES) {
            return null;
        }
        if (schema.has("properties") && value instanceof ObjectNode object) {
            var inner = json.createObjectNode();
            take(schema, object, inner, unoffered);
            return inner;
        }
        if (schema.path("items").has("properties") && value instanceof ArrayNode list) {
            var inner = json.createArrayNode();
            for (var one : list) {
                var allowed = allowed(schema.path("items"), one, unoffered);
                if (allowed != null
                        && !allowed.isMissingNode()
                        && inner.size() < Forms.MOST_ENTRIES) {
                    inner.add(allowed);
                }
            }
            return inner;
        }
        return FieldSchema.kind(schema, widget) == Question.Kind.SELECT
                ? chosen(schema, value)
                : value;
    }

    /** What is offered that a value means: itself, or the one entity of that name. */
    private JsonNode chosen(JsonNode schema, JsonNode value) {
        if (schema.path("enum").isArray()) {
            return schema.path("enum").valueStream().anyMatch(value::equals)
                    ? value
                    : MissingNode.getInstance();
        }
        var field = FieldSchema.ui(schema, "field").asText("");
        if (field.isEmpty() || !value.isTextual()) {
            return value;
        }
        var text = value.textValue();
        var refs =
                choices.offers(field, schema.path("ui:options")).stream()
                        .map(Choices.Offer::ref)
                        .toList();
        if (refs.contains(text)) {
            return value;
        }
        var named = refs.stream().filter(ref -> ref.endsWith("/" + text)).toList();
        return named.size() == 1 ? TextNode.valueOf(named.getFirst()) : MissingNode.getInstance();
    }
}
