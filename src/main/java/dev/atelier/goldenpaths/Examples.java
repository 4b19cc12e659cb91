package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;

/** Values of a schema to show where there are none. */
final class Examples {
    private Examples() {}

    static ObjectNode of(JsonNode schema) {
        var made = JsonNodeFactory.instance.objectNode();
        var all = new HashMap<String, JsonNode>();
        schema.path("properties").properties().forEach(p -> all.put(p.getKey(), p.getValue()));
        all.forEach((name, part) -> made.set(name, value(part)));
        return made;
    }

    private static JsonNode value(JsonNode schema) {
        var nodes = JsonNodeFactory.instance;
        return switch (schema.path("type").asText()) {
            case "string" -> nodes.textNode("<example>");
            case "number", "integer" -> nodes.numberNode(0);
            case "boolean" -> nodes.booleanNode(false);
            case "array" -> nodes.arrayNode();
            case "object" -> of(schema);
            default -> nodes.nullNode();
        };
    }
}
