package dev.atelier.catalog;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** The relations that a document emits, both ends of each. */
final class Relations {

    record Edge(EntityRef source, String type, EntityRef target) {}

    /** One direction of each pair; the other is its inverse. */
    private static final Map<String, String> INVERSE =
            Map.ofEntries(
                    Map.entry("ownedBy", "ownerOf"),
                    Map.entry("partOf", "hasPart"),
                    Map.entry("providesApi", "apiProvidedBy"),
                    Map.entry("consumesApi", "apiConsumedBy"),
                    Map.entry("dependsOn", "dependencyOf"),
                    Map.entry("dependencyOf", "dependsOn"),
                    Map.entry("childOf", "parentOf"),
                    Map.entry("parentOf", "childOf"),
                    Map.entry("memberOf", "hasMember"),
                    Map.entry("hasMember", "memberOf"),
                    Map.entry("hasPart", "partOf"),
                    Map.entry("trainedOn", "usedToTrain"),
                    Map.entry("derivedFrom", "derivedInto"),
                    Map.entry("serves", "servedBy"),
                    Map.entry("runsAt", "hosts"));

    private final EntityDocument document;
    private final EntityRef self;
    private final Set<Edge> edges = new LinkedHashSet<>();

    private Relations(EntityDocument document) {
        this.document = document;
        this.self = document.ref();
    }

    /**
     * Relations as they are stored, a JSON array of {@code {type, targetRef}}, without those to
     * hidden entities.
     */
    static String without(String relations, Set<String> hidden) {
        if (hidden.isEmpty()) {
            return relations;
        }
        var all = Json.trusted(relations);
        var shown = JsonNodeFactory.instance.arrayNode();
        for (var relation : all) {
            if (!hidden.contains(relation.path("targetRef").asText())) {
                shown.add(relation);
            }
        }
        return shown.size() == all.size() ? relations : Json.write(shown);
    }

    /** The field of a document that emits a relation. */
    static String field(String type) {
        return switch (type) {
            case "ownedBy" -> "spec.owner";
            case "partOf" -> "spec.system";
            case "providesApi" -> "spec.providesApis";
            case "consumesApi" -> "spec.consumesApis";
            case "childOf" -> "spec.parent";
            case "parentOf" -> "spec.children";
            case "hasMember" -> "spec.members";
            default -> "spec." + type;
        };
    }

    /** For a document without faults. */
    static Set<Edge> of(EntityDocument document) {
        var relations = new Relations(document);
        relations.emit();
        return relations.edges;
    }

    private void emit() {
        each("owner", "ownedBy", "group");
        switch (document.kind()) {
            case "Component" -> {
                each("system", "partOf", "system");
                each("subcomponentOf", "partOf", "component");
                each("providesApis", "providesApi", "api");
                each("consumesApis", "consumesApi", "api");
                dependencies();
            }
            case "API" -> each("system", "partOf", "system");
            case "Resource", "Workspace", "Site" -> {
                each("system", "partOf", "system");
                each("runsAt", "runsAt", "site");
                dependencies();
            }
            case "System" -> each("domain", "partOf", "domain");
            case "Domain" -> each("subdomainOf", "partOf", "domain");
            case "Group" -> {
                each("parent", "childOf", "group");
                each("children", "parentOf", "group");
                each("members", "hasMember", "user");
            }
            case "User" -> each("memberOf", "memberOf", "group");
            case "AiResource" -> {
                each("system", "partOf", "system");
                each("skills", "hasPart", "airesource");
                each("plugins", "hasPart", "airesource");
                dependencies();
            }
            case "Model" -> {
                each("system", "partOf", "system");
                each("trainedOn", "trainedOn", "dataset");
                // The same arrow in Backstage's words, so that its graphs show it.
                each("trainedOn", "dependsOn", "dataset");
                each("derivedFrom", "derivedFrom", "model");
                each("providesApis", "providesApi", "api");
                dependencies();
            }
            case "Dataset" -> {
                each("system", "partOf", "system");
                each("derivedFrom", "derivedFrom", "dataset");
                dependencies();
            }
            case "Endpoint" -> {
                each("system", "partOf", "system");
                each("serves", "serves", "model");
                each("serves", "dependsOn", "model");
                each("runsAt", "runsAt", "site");
                dependencies();
            }
            default -> {}
        }
    }

    private void dependencies() {
        each("dependsOn", "dependsOn", "");
        each("dependencyOf", "dependencyOf", "");
    }

    private void each(String field, String type, String defaultKind) {
        var value = document.spec().path(field);
        if (value.isTextual()) {
            add(value.textValue(), type, defaultKind);
        } else {
            value.forEach(
                    item -> {
                        if (item.isTextual()) {
                            add(item.textValue(), type, defaultKind);
                        }
                    });
        }
    }

    private void add(String text, String type, String defaultKind) {
        EntityRef target;
        try {
            target =
                    EntityRef.parse(
                            text, defaultKind.isEmpty() ? null : defaultKind, self.namespace());
        } catch (IllegalArgumentException _) {
            return; // An AiResource part may be named freely; the rules refuse the others before.
        }
        edges.add(new Edge(self, type, target));
        edges.add(new Edge(target, inverse(type), self));
    }

    private static String inverse(String type) {
        var inverse = INVERSE.get(type);
        if (inverse == null) {
            throw new IllegalStateException("No inverse of " + type);
        }
        return inverse;
    }
}
