package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashSet;

/**
 * Works out which questions a page asks, given the answers so far: {@code if/then/else}, {@code
 * allOf}, {@code dependencies} (JSON Schema draft 7) and {@code dependentRequired}, as the form of
 * Backstage (react-jsonschema-form) resolves them.
 */
@ApplicationScoped
class Conditions {

    private static final int DEEPEST = 20;

    private final Schemas schemas;

    Conditions(Schemas schemas) {
        this.schemas = schemas;
    }

    /**
     * @return an object schema with {@code properties}, {@code required} and {@code ui:order} only
     */
    ObjectNode resolve(JsonNode schema, JsonNode values) {
        var resolved = JsonNodeFactory.instance.objectNode().put("type", "object");
        resolved.putObject("properties");
        resolved.putArray("required");
        merge(schema, values, resolved, 0);
        return resolved;
    }

    private void merge(JsonNode schema, JsonNode values, ObjectNode into, int depth) {
        if (depth > DEEPEST || !schema.isObject()) {
            return;
        }
        var properties = (ObjectNode) into.get("properties");
        for (var property : schema.path("properties").properties()) {
            var known = properties.get(property.getKey());
            if (known instanceof ObjectNode object
                    && property.getValue() instanceof ObjectNode more) {
                // A branch that narrows a question keeps what the question says.
                var both = object.deepCopy();
                both.setAll(more);
                properties.set(property.getKey(), both);
            } else {
                properties.set(property.getKey(), property.getValue());
            }
        }
        require(schema.path("required"), into);
        if (schema.has("ui:order")) {
            into.set("ui:order", schema.get("ui:order"));
        }
        for (var part : schema.path("allOf")) {
            merge(part, values, into, depth + 1);
        }
        if (schema.has("if")) {
            var branch = schema.path(holds(schema.get("if"), values) ? "then" : "else");
            merge(branch, values, into, depth + 1);
        }
        for (var name : new String[] {"dependencies", "dependentSchemas", "dependentRequired"}) {
            for (var dependency : schema.path(name).properties()) {
                if (values.has(dependency.getKey())) {
                    depend(dependency.getKey(), dependency.getValue(), values, into, depth);
                }
            }
        }
    }

    private void depend(
            String on, JsonNode dependency, JsonNode values, ObjectNode into, int depth) {
        if (dependency.isArray()) {
            require(dependency, into);
            return;
        }
        if (!dependency.has("oneOf")) {
            merge(dependency, values, into, depth + 1);
            return;
        }
        for (var branch : dependency.get("oneOf")) {
            var test = JsonNodeFactory.instance.objectNode().put("type", "object");
            test.putObject("properties").set(on, branch.path("properties").path(on));
            if (branch.path("properties").has(on) && holds(test, values)) {
                var rest = ((ObjectNode) branch).deepCopy();
                ((ObjectNode) rest.get("properties")).remove(on);
                merge(rest, values, into, depth + 1);
                return;
            }
        }
    }

    private boolean holds(JsonNode condition, JsonNode values) {
        return schemas.check(condition, values).isEmpty();
    }

    private static void require(JsonNode names, ObjectNode into) {
        var required = (ArrayNode) into.get("required");
        var known = new HashSet<String>();
        required.forEach(name -> known.add(name.asText()));
        for (var name : names) {
            if (known.add(name.asText())) {
                required.add(name.asText());
            }
        }
    }
}
