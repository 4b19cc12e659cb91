package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** What the schema of one question says about how it is asked. */
final class FieldSchema {

    /** The field that asks for files and answers with a reference to them. */
    static final String UPLOAD = "FileUpload";

    private FieldSchema() {}

    /** Whether a question for files answers with a reference, or else with the bytes themselves. */
    static boolean isReference(JsonNode schema) {
        return ui(schema, "field").asText("").equals(UPLOAD);
    }

    static boolean isSeveral(JsonNode schema) {
        return isReference(schema) && ui(schema, "multiple").asBoolean(true);
    }

    /** A {@code ui:} key, beside the schema or among its {@code ui:options}. */
    static JsonNode ui(JsonNode schema, String key) {
        var direct = schema.path("ui:" + key);
        return direct.isMissingNode() ? schema.path("ui:options").path(key) : direct;
    }

    static String help(JsonNode schema) {
        var help = ui(schema, "help").asText("");
        var description = ui(schema, "description").asText(schema.path("description").asText(""));
        return help.isEmpty()
                ? description
                : description.isEmpty() ? help : description + " " + help;
    }

    static String words(String name) {
        var spaced = name.replaceAll("([a-z0-9])([A-Z])", "$1 $2").replaceAll("[_-]+", " ").strip();
        return spaced.isEmpty()
                ? name
                : Character.toUpperCase(spaced.charAt(0))
                        + spaced.substring(1).toLowerCase(Locale.ROOT);
    }

    static Question.Kind kind(JsonNode schema, String widget) {
        switch (ui(schema, "field").asText("")) {
            case "Secret" -> {
                return Question.Kind.PASSWORD;
            }
            case UPLOAD -> {
                return Question.Kind.FILES;
            }
            case "RepoUrlPicker" -> {
                return Question.Kind.REPOSITORY;
            }
            case "MultiEntityPicker" -> {
                return Question.Kind.CHECKS;
            }
            case "EntityTagsPicker" -> {
                return Question.Kind.LIST;
            }
            case "EntityPicker", "OwnedEntityPicker", "OwnerPicker" -> {
                return ui(schema, "allowArbitraryValues").asBoolean(false)
                        ? Question.Kind.SUGGEST
                        : Question.Kind.SELECT;
            }
            case "RepoBranchPicker", "RepoOwnerPicker" -> {
                return Question.Kind.SUGGEST;
            }
            case "MyGroupsPicker" -> {
                return Question.Kind.SELECT;
            }
            default -> {
                // A field of Backstage's that is a text, or one of an extension that is not here.
            }
        }
        var type = type(schema);
        if (schema.has("enum") || schema.has("const")) {
            return widget.equals("radio") ? Question.Kind.RADIO : Question.Kind.SELECT;
        }
        if (type.equals("string") && (schema.has("oneOf") || schema.has("anyOf"))) {
            return widget.equals("radio") ? Question.Kind.RADIO : Question.Kind.SELECT;
        }
        return switch (type) {
            case "object" -> Question.Kind.GROUP;
            case "array" ->
                    schema.path("items").has("enum")
                            ? Question.Kind.CHECKS
                            : type(schema.path("items")).equals("object")
                                    ? Question.Kind.REPEAT
                                    : Question.Kind.LIST;
            case "boolean" ->
                    widget.equals("radio") || widget.equals("select")
                            ? Question.Kind.RADIO
                            : Question.Kind.YES;
            case "integer", "number" -> Question.Kind.NUMBER;
            default ->
                    switch (widget) {
                        case "textarea" -> Question.Kind.LINES;
                        case "password" -> Question.Kind.PASSWORD;
                        default ->
                                switch (schema.path("format").asText("")) {
                                    case "date" -> Question.Kind.DATE;
                                    case "email" -> Question.Kind.EMAIL;
                                    case "uri" -> Question.Kind.ADDRESS;
                                    case "data-url" -> Question.Kind.FILES;
                                    default -> Question.Kind.TEXT;
                                };
                    };
        };
    }

    static String type(JsonNode schema) {
        var type = schema.path("type");
        if (type.isArray()) {
            return BuiltIn.texts(type).stream()
                    .filter(one -> !one.equals("null"))
                    .findFirst()
                    .orElse("string");
        }
        return type.asText(
                schema.has("properties") ? "object" : schema.has("items") ? "array" : "string");
    }

    static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    static String unescape(String name) {
        return name.replace("~1", "/").replace("~0", "~");
    }
}
