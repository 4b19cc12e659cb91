package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An entity as someone wrote it: {@code apiVersion, kind, metadata, spec}. It may still break
 * rules; {@link EntityRules} says which.
 */
public record EntityDocument(ObjectNode json) {

    /** A document to fill: {@code metadata()} and {@code spec()} are its live parts. */
    public static EntityDocument of(String apiVersion, String kind, String namespace, String name) {
        var json = Json.object().put("apiVersion", apiVersion).put("kind", kind);
        json.putObject("metadata").put("namespace", namespace).put("name", name);
        json.putObject("spec");
        return new EntityDocument(json);
    }

    public ObjectNode metadata() {
        return part("metadata");
    }

    public ObjectNode spec() {
        return part("spec");
    }

    private ObjectNode part(String name) {
        return json.get(name) instanceof ObjectNode object ? object : Json.object();
    }

    public String apiVersion() {
        return json.path("apiVersion").asText("");
    }

    public String kind() {
        return json.path("kind").asText("");
    }

    public String namespace() {
        return metadata().path("namespace").asText(EntityRef.DEFAULT_NAMESPACE);
    }

    public String name() {
        return metadata().path("name").asText("");
    }

    /** Only a document whose kind and name pass the rules has one. */
    public EntityRef ref() {
        return new EntityRef(kind(), namespace(), name());
    }

    public Optional<String> annotation(String key) {
        var value = metadata().path("annotations").path(key);
        return value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
    }

    Optional<String> specText(String field) {
        var value = spec().path(field);
        return value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
    }

    List<String> tags() {
        return strings(metadata().path("tags"));
    }

    static List<String> strings(JsonNode node) {
        var list = new ArrayList<String>();
        node.forEach(
                item -> {
                    if (item.isTextual()) {
                        list.add(item.textValue());
                    }
                });
        return list;
    }
}
