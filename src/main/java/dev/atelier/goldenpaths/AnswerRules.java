package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Completes answers with what the template says, and holds them against it. */
@ApplicationScoped
class AnswerRules {

    private static final int FIXPOINT = 8;

    private final Conditions conditions;
    private final Schemas schemas;
    private final RepositoryHosts hosts;
    private final FormUploads uploads;

    AnswerRules(
            Conditions conditions, Schemas schemas, RepositoryHosts hosts, FormUploads uploads) {
        this.conditions = conditions;
        this.schemas = schemas;
        this.hosts = hosts;
        this.uploads = uploads;
    }

    /**
     * Adds what the template says for answers that are missing, in all questions that are asked.
     */
    ObjectNode withDefaults(JsonNode schema, JsonNode answers) {
        var full =
                answers instanceof ObjectNode object
                        ? object.deepCopy()
                        : JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < FIXPOINT; i++) {
            boolean changed = false;
            var resolved = conditions.resolve(schema, full);
            for (var property : resolved.get("properties").properties()) {
                var part = property.getValue();
                var known = full.path(property.getKey());
                if (known.isMissingNode() && part.has("default")) {
                    full.set(property.getKey(), part.get("default").deepCopy());
                    changed = true;
                } else if (FieldSchema.type(part).equals("object") && part.has("properties")) {
                    var inner = withDefaults(part, known);
                    if (!inner.equals(known) && !(known.isMissingNode() && inner.isEmpty())) {
                        full.set(property.getKey(), inner);
                        changed = true;
                    }
                }
            }
            if (!changed) {
                return full;
            }
        }
        return full;
    }

    /** What is wrong with the answers to a page, by JSON pointer, the first of each. */
    Map<String, String> faults(JsonNode schema, ObjectNode answers) {
        var faults = new LinkedHashMap<String, String>();
        var resolved = asked(schema, answers);
        for (var fault : schemas.check(resolved, answers)) {
            faults.putIfAbsent(fault.place(), sentence(fault, resolved));
        }
        for (var property : resolved.get("properties").properties()) {
            own(property.getValue(), answers.path(property.getKey()))
                    .ifPresent(
                            reason ->
                                    faults.putIfAbsent(
                                            "/" + FieldSchema.escape(property.getKey()), reason));
        }
        return faults;
    }

    /**
     * The schema of what is asked now: with conditions resolved, so that a fault is told once,
     * where it is, and not as that of a branch.
     */
    private ObjectNode asked(JsonNode schema, JsonNode answers) {
        var resolved = conditions.resolve(schema, answers);
        var properties = (ObjectNode) resolved.get("properties");
        for (var property : List.copyOf(properties.properties())) {
            if (FieldSchema.type(property.getValue()).equals("object")
                    && property.getValue().has("properties")) {
                var part = ((ObjectNode) property.getValue()).deepCopy();
                var names = List.of("if", "then", "else", "allOf", "dependencies");
                part.remove(names);
                part.setAll(asked(property.getValue(), answers.path(property.getKey())));
                properties.set(property.getKey(), part);
            }
        }
        for (var whole : List.of("anyOf", "oneOf", "not", "minProperties")) {
            if (schema.has(whole)) {
                resolved.set(whole, schema.get(whole));
            }
        }
        return resolved;
    }

    /** What Backstage's fields check themselves. */
    private Optional<String> own(JsonNode schema, JsonNode answer) {
        if (answer.isMissingNode()) {
            return Optional.empty();
        }
        return switch (FieldSchema.ui(schema, "field").asText("")) {
            case "EntityNamePicker" ->
                    answer.asText().matches("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
                            ? Optional.empty()
                            : Optional.of(
                                    "Use letters, numbers, and between them - _ or ., 63 at most.");
            case "EntityTagsPicker" ->
                    BuiltIn.texts(answer).stream()
                                    .allMatch(
                                            tag ->
                                                    tag.matches("[a-z0-9:+#]+(-[a-z0-9:+#]+)*")
                                                            && tag.length() <= 63)
                            ? Optional.empty()
                            : Optional.of(
                                    "Tags are lowercase letters and numbers, with - between words.");
            case FieldSchema.UPLOAD -> uploads.fault(answer.asText(), schema);
            case "RepoUrlPicker" -> hosts.fault(answer.asText(), schema.path("ui:options"));
            default -> Optional.empty();
        };
    }

    private static String sentence(Schemas.Fault fault, ObjectNode resolved) {
        var name = fault.member().isEmpty() ? last(fault.at()) : fault.member();
        var part = resolved.get("properties").path(name);
        var label = part.path("title").asText(FieldSchema.words(name));
        var own = FieldSchema.ui(part, "errorMessage").asText(part.path("errorMessage").asText(""));
        if (!own.isEmpty() && !fault.keyword().equals("required")) {
            return own;
        }
        return switch (fault.keyword()) {
            case "required" ->
                    part.path("ui:field").asText().endsWith("Picker") || part.has("enum")
                            ? "Choose: %s.".formatted(label)
                            : "Enter: %s.".formatted(label);
            case "type" -> "%s must be a %s.".formatted(label, kindOf(part));
            case "enum" -> "Choose one of the list: %s.".formatted(label);
            case "pattern" ->
                    "%s does not have the form that is asked for%s"
                            .formatted(
                                    label,
                                    FieldSchema.help(part).isEmpty()
                                            ? ": " + part.path("pattern").asText() + "."
                                            : ". " + FieldSchema.help(part));
            default -> label + " " + fault.message() + ".";
        };
    }

    private static String kindOf(JsonNode schema) {
        return switch (FieldSchema.type(schema)) {
            case "integer" -> "whole number";
            case "number" -> "number";
            case "boolean" -> "yes or no";
            case "array" -> "list";
            case "object" -> "group of answers";
            default -> "text";
        };
    }

    private static String last(String pointer) {
        return FieldSchema.unescape(pointer.substring(pointer.lastIndexOf('/') + 1));
    }
}
