package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import jakarta.inject.Singleton;
import java.util.Optional;

/** {@code catalog:fetch}. */
@Singleton
class CatalogFetch extends BuiltIn {

    private final Entities entities;

    CatalogFetch(Entities entities) {
        super(
                "catalog:fetch",
                "Reads entities of the catalog, as far as whoever started the task may see them.",
                """
                {"type": "object", "properties": {
                  "entityRef": {"type": "string", "title": "One entity"},
                  "entityRefs": {"type": "array", "items": {"type": "string"}, "title": "Several"},
                  "optional": {"type": "boolean", "title": "None is no failure"},
                  "defaultKind": {"type": "string", "title": "Kind where a reference names none"},
                  "defaultNamespace": {"type": "string",
                    "title": "Namespace where a reference names none"}}}
                """,
                """
                {"type": "object", "properties": {
                  "entity": {"title": "The entity; null where there is none"},
                  "entities": {"type": "array", "title": "In the order of the references"}}}
                """,
                new Example(
                        "Read an entity that may be missing",
                        """
                        - id: found
                          action: catalog:fetch
                          input:
                            entityRef: component:default/nobody-knows
                            optional: true
                        """));
        this.entities = entities;
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed {
        var input = context.input();
        if (input.has("entityRef") == input.has("entityRefs")) {
            throw new ActionFailed("Give either entityRef or entityRefs.");
        }
        boolean optional = input.path("optional").asBoolean();
        if (input.has("entityRef")) {
            context.output("entity", one(input.path("entityRef").asText(), input, optional));
            return;
        }
        var all = JsonNodeFactory.instance.arrayNode();
        for (var ref : texts(input.path("entityRefs"))) {
            all.add(one(ref, input, optional));
        }
        context.output("entities", all);
    }

    private JsonNode one(String text, JsonNode input, boolean optional) throws ActionFailed {
        EntityRef ref;
        try {
            ref =
                    EntityRef.parse(
                            text,
                            input.path("defaultKind").asText(null),
                            input.path("defaultNamespace").asText("default"));
        } catch (IllegalArgumentException e) {
            throw new ActionFailed(String.valueOf(e.getMessage()));
        }
        Optional<Entity> found = entities.find(ref);
        if (found.isEmpty() && !optional) {
            throw new ActionFailed(
                    "There is no %s in the catalog, or it is not shown to you.".formatted(ref));
        }
        return found.map(Entity::json).orElse(JsonNodeFactory.instance.nullNode());
    }
}
