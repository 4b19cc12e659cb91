package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.identity.Caller;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** What the pickers of forms offer: entities of the catalog, as far as whoever asks sees them. */
@ApplicationScoped
class Choices {

    static final int MOST = 300;

    /** An entity to choose. */
    record Offer(String ref, String title) {}

    private final Entities entities;
    private final Caller caller;

    Choices(Entities entities, Caller caller) {
        this.entities = entities;
        this.caller = caller;
    }

    /**
     * @param options {@code ui:options} of the field
     */
    List<Offer> offers(String field, JsonNode options) {
        return switch (field) {
            case "MyGroupsPicker" -> groups();
            case "OwnedEntityPicker" ->
                    select(options, List.of()).stream()
                            .filter(
                                    entity ->
                                            entity.owner()
                                                    .map(o -> caller.signedIn().owns(o.toString()))
                                                    .orElse(false))
                            .map(Choices::offer)
                            .limit(MOST)
                            .toList();
            case "OwnerPicker" ->
                    select(options, List.of("Group", "User")).stream()
                            .map(Choices::offer)
                            .limit(MOST)
                            .toList();
            default -> select(options, List.of()).stream().map(Choices::offer).limit(MOST).toList();
        };
    }

    private List<Offer> groups() {
        var mine = caller.signedIn().teams();
        var titles = entities.titles(mine);
        return mine.stream()
                .sorted()
                .map(ref -> new Offer(ref, titles.getOrDefault(ref, ref)))
                .toList();
    }

    private static Offer offer(Entity entity) {
        return new Offer(entity.ref().toString(), entity.displayName());
    }

    private List<Entity> select(JsonNode options, List<String> kinds) {
        var filters = options.path("catalogFilter");
        var wanted = new LinkedHashSet<String>();
        var list = new ArrayList<JsonNode>();
        if (filters.isArray()) {
            filters.forEach(list::add);
        } else if (filters.isObject()) {
            list.add(filters);
        }
        for (var filter : list) {
            texts(filter.path("kind")).forEach(wanted::add);
        }
        texts(options.path("allowedKinds")).forEach(wanted::add);
        if (wanted.isEmpty()) {
            wanted.addAll(kinds.isEmpty() ? List.of("Component", "Model", "Resource") : kinds);
        }
        var found = new ArrayList<Entity>();
        for (var kind : wanted) {
            entities.firstOfKind(kind, MOST * 2).stream()
                    .filter(
                            entity ->
                                    list.isEmpty()
                                            || list.stream().anyMatch(f -> matches(entity, f)))
                    .forEach(found::add);
        }
        return found;
    }

    private static boolean matches(Entity entity, JsonNode filter) {
        for (var one : filter.properties()) {
            var value = value(entity.json(), one.getKey());
            if (one.getValue().isObject()) {
                if (one.getValue().path("exists").asBoolean() == value.isMissingNode()) {
                    return false;
                }
            } else if (texts(one.getValue()).stream()
                    .noneMatch(
                            wanted -> texts(value).stream().anyMatch(wanted::equalsIgnoreCase))) {
                return false;
            }
        }
        return true;
    }

    /** A value by its path; names with dots in annotations and labels included. */
    private static JsonNode value(JsonNode node, String path) {
        for (var map : List.of("metadata.annotations.", "metadata.labels.")) {
            if (path.startsWith(map)) {
                return node.path("metadata")
                        .path(map.substring(9, map.length() - 1))
                        .path(path.substring(map.length()));
            }
        }
        var at = node;
        for (var step : path.split("\\.")) {
            at = at.path(step);
        }
        return at;
    }

    private static List<String> texts(JsonNode node) {
        if (node.isArray()) {
            return BuiltIn.texts(node);
        }
        return node.isValueNode() && !node.isMissingNode() && !node.isNull()
                ? List.of(node.asText())
                : List.of();
    }
}
