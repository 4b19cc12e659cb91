package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/**
 * Models as {@code Resource} of type {@code ai-model} with their {@code API}, endpoints as {@code
 * Component} of type {@code model-server}: the mapping of Red Hat Developer Hub's model catalog.
 */
@ApplicationScoped
class RedHatProjection {

    private static final String V1 = "backstage.io/v1alpha1";
    private static final YAMLMapper YAML = new YAMLMapper();

    private final Entities entities;

    RedHatProjection(Entities entities) {
        this.entities = entities;
    }

    String yaml() {
        var out = new StringBuilder();
        try {
            for (var document : documents()) {
                out.append(YAML.writeValueAsString(document));
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        return out.toString();
    }

    private List<ObjectNode> documents() {
        var documents = new ArrayList<ObjectNode>();
        for (var model : entities.ofKind("Model")) {
            documents.add(resource(model));
            documents.add(api(model));
        }
        for (var endpoint : entities.ofKind("Endpoint")) {
            documents.add(server(endpoint));
        }
        return documents;
    }

    private static ObjectNode resource(Entity model) {
        var json = document("Resource", model, model.name());
        var annotations = ((ObjectNode) json.get("metadata")).withObjectProperty("annotations");
        annotations.put("rhdh.modelcatalog.io/model-name", model.name());
        var spec = json.putObject("spec").put("type", "ai-model");
        spec.put("owner", owner(model));
        copy(model, spec, "system");
        var used = spec.putArray("dependencyOf");
        model.relations().stream()
                .filter(relation -> relation.type().equals("servedBy"))
                .forEach(
                        relation ->
                                used.add(
                                        "component:%s/%s"
                                                .formatted(
                                                        relation.target().namespace(),
                                                        relation.target().name())));
        return json;
    }

    private static ObjectNode api(Entity model) {
        var json = document("API", model, model.name());
        var spec = json.putObject("spec").put("type", "openapi");
        spec.put("lifecycle", model.lifecycle().orElse("unknown"));
        spec.put("owner", owner(model));
        copy(model, spec, "system");
        var path = "/v2/models/%s/infer".formatted(model.name());
        var definition = Json.object().put("openapi", "3.1.0");
        definition.putObject("info").put("title", model.displayName()).put("version", "v2");
        definition
                .putObject("paths")
                .putObject(path)
                .putObject("post")
                .put("summary", "Open Inference Protocol v2: ask " + model.displayName())
                .putObject("responses")
                .putObject("200")
                .put("description", "The outputs of the model");
        spec.put("definition", Json.write(definition));
        return json;
    }

    private static ObjectNode server(Entity endpoint) {
        var json = document("Component", endpoint, endpoint.name());
        var spec = json.putObject("spec").put("type", "model-server");
        spec.put("lifecycle", endpoint.lifecycle().orElse("unknown"));
        spec.put("owner", owner(endpoint));
        copy(endpoint, spec, "system");
        var apis = spec.putArray("providesApis");
        var models = spec.putArray("dependsOn");
        endpoint.relations().stream()
                .filter(relation -> relation.type().equals("serves"))
                .forEach(
                        relation -> {
                            var name =
                                    relation.target().namespace() + "/" + relation.target().name();
                            apis.add("api:" + name);
                            models.add("resource:" + name);
                        });
        return json;
    }

    private static ObjectNode document(String kind, Entity from, String name) {
        var json = Json.object().put("apiVersion", V1).put("kind", kind);
        var metadata =
                json.putObject("metadata").put("name", name).put("namespace", from.namespace());
        from.title().ifPresent(title -> metadata.put("title", title));
        from.description().ifPresent(text -> metadata.put("description", text));
        if (!from.tags().isEmpty()) {
            from.tags().forEach(metadata.putArray("tags")::add);
        }
        if (from.metadata().has("links")) {
            metadata.set("links", from.metadata().get("links"));
        }
        return json;
    }

    private static String owner(Entity entity) {
        return entity.owner().map(EntityRef::toString).orElse("group:default/unknown");
    }

    private static void copy(Entity entity, ObjectNode spec, String field) {
        var value = entity.spec().path(field);
        if (value.isTextual()) {
            spec.put(field, value.textValue());
        }
    }
}
