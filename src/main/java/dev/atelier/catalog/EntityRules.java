package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What makes an entity document good: Backstage's envelope and kinds (catalog-model 1.10), the
 * {@code AiResource} kind and {@code mcp-server} APIs of its model module, and our own kinds.
 *
 * <p>Stateless. All faults are collected, not only the first, so that one round mends a file.
 */
final class EntityRules {

    static final String OURS = "atelier.dev/v1alpha1";

    private static final Set<String> ROOT = Set.of("apiVersion", "kind", "metadata", "spec");
    private final ObjectNode json;
    private final List<Fault> faults = new ArrayList<>();

    private EntityRules(ObjectNode json) {
        this.json = json;
    }

    static Set<String> kinds() {
        return KindRules.ALL.keySet();
    }

    /** All faults of a document; empty when it is good. */
    static List<Fault> check(JsonNode node) {
        if (!(node instanceof ObjectNode object)) {
            return List.of(
                    Fault.error(
                            "(document)",
                            "The document is not a mapping",
                            "Write apiVersion, kind, metadata and spec at its top."));
        }
        var rules = new EntityRules(object);
        rules.envelope();
        rules.metadata();
        KindRules.check(object, rules.faults);
        return rules.faults;
    }

    private void fault(String field, String reason, String remedy) {
        faults.add(Fault.error(field, reason, remedy));
    }

    private void envelope() {
        json.fieldNames()
                .forEachRemaining(
                        key -> {
                            if (!ROOT.contains(key)) {
                                fault(
                                        key,
                                        "The key \"%s\" does not belong at the top"
                                                .formatted(Fault.shown(key)),
                                        "Only apiVersion, kind, metadata and spec stand there. Move"
                                                + " it into metadata or spec.");
                            }
                        });
        var apiVersion = required(json, "apiVersion", "apiVersion");
        if (apiVersion != null && !EntityNames.isApiVersion(apiVersion)) {
            fault(
                    "apiVersion",
                    "\"%s\" is not an API version".formatted(Fault.shown(apiVersion)),
                    "Write backstage.io/v1alpha1 or " + OURS + ".");
        }
        var kind = required(json, "kind", "kind");
        if (kind != null && !EntityNames.isKind(kind)) {
            fault(
                    "kind",
                    "\"%s\" is not a kind".formatted(Fault.shown(kind)),
                    "Use letters and digits, a letter first, at most 63.");
        }
        if (!(json.get("metadata") instanceof ObjectNode)) {
            fault("metadata", "The metadata is missing", "Add metadata with a name.");
        }
        var spec = json.get("spec");
        if (spec != null && !(spec instanceof ObjectNode)) {
            fault("spec", "The spec is not a mapping", "Write it as key: value lines.");
        }
    }

    private void metadata() {
        if (!(json.get("metadata") instanceof ObjectNode metadata)) {
            return;
        }
        var name = required(metadata, "name", "metadata.name");
        if (name != null && !EntityNames.isObjectName(name)) {
            fault(
                    "metadata.name",
                    "\"%s\" is not a name".formatted(Fault.shown(name)),
                    "Use letters, digits, '-', '_' and '.', at most 63, beginning and ending with a"
                            + " letter or digit.");
        }
        var namespace = optional(metadata, "namespace", "metadata.namespace");
        if (namespace != null && !EntityNames.isDnsLabel(namespace)) {
            fault(
                    "metadata.namespace",
                    "\"%s\" is not a namespace".formatted(Fault.shown(namespace)),
                    "Use small letters, digits and '-' inside, at most 63.");
        }
        notEmpty(metadata, "uid");
        notEmpty(metadata, "etag");
        notEmpty(metadata, "title");
        var description = metadata.get("description");
        if (description != null && !description.isTextual()) {
            fault("metadata.description", "The description is not text", "Put it in quotes.");
        }
        labels(metadata.get("labels"));
        annotations(metadata.get("annotations"));
        tags(metadata.get("tags"));
        links(metadata.get("links"));
    }

    private void notEmpty(ObjectNode metadata, String key) {
        var value = metadata.get(key);
        if (value != null && (!value.isTextual() || value.textValue().isEmpty())) {
            fault(
                    "metadata." + key,
                    "The %s is empty or not text".formatted(key),
                    "Give it a text or leave it out.");
        }
    }

    private void labels(@Nullable JsonNode labels) {
        if (labels == null) {
            return;
        }
        if (!(labels instanceof ObjectNode object)) {
            fault("metadata.labels", "The labels are not a mapping", "Write key: value lines.");
            return;
        }
        var folded = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        object.properties()
                .forEach(
                        label -> {
                            var field = "metadata.labels." + label.getKey();
                            qualifiedKey(field, label.getKey(), "label");
                            var value = label.getValue();
                            if (!value.isTextual()
                                    || !(value.textValue().isEmpty()
                                            || EntityNames.isObjectName(value.textValue()))) {
                                fault(
                                        field,
                                        "The value of label \"%s\" is not allowed"
                                                .formatted(Fault.shown(label.getKey())),
                                        "Use letters, digits, '-', '_' and '.', at most 63; quote"
                                                + " numbers. Longer text belongs in an annotation.");
                            }
                            var twin = folded.put(label.getKey(), field);
                            if (twin != null) {
                                faults.add(
                                        Fault.warning(
                                                field,
                                                "Two labels differ only in case",
                                                "Filters cannot tell them apart. Keep one."));
                            }
                        });
    }

    private void annotations(@Nullable JsonNode annotations) {
        if (annotations == null) {
            return;
        }
        if (!(annotations instanceof ObjectNode object)) {
            fault(
                    "metadata.annotations",
                    "The annotations are not a mapping",
                    "Write key: value lines.");
            return;
        }
        object.properties()
                .forEach(
                        annotation -> {
                            var field = "metadata.annotations." + annotation.getKey();
                            qualifiedKey(field, annotation.getKey(), "annotation");
                            if (!annotation.getValue().isTextual()) {
                                fault(
                                        field,
                                        "The value of annotation \"%s\" is not text"
                                                .formatted(Fault.shown(annotation.getKey())),
                                        "Put it in quotes.");
                            }
                        });
    }

    private void qualifiedKey(String field, String key, String what) {
        var parts = key.split("/", -1);
        var valid =
                parts.length == 1
                        ? EntityNames.isObjectName(parts[0])
                        : parts.length == 2
                                && EntityNames.isDnsSubdomain(parts[0])
                                && EntityNames.isObjectName(parts[1]);
        if (!valid) {
            fault(
                    field,
                    "\"%s\" is not a key of %s".formatted(Fault.shown(key), what),
                    "Write name or prefix/name; the prefix is a domain in small letters, the name"
                            + " has at most 63 letters, digits, '-', '_' and '.'.");
        }
    }

    private void tags(@Nullable JsonNode tags) {
        if (tags == null) {
            return;
        }
        if (!tags.isArray()) {
            fault("metadata.tags", "The tags are not a list", "Write [one, two].");
            return;
        }
        for (int i = 0; i < tags.size(); i++) {
            var tag = tags.get(i);
            if (!tag.isTextual() || !EntityNames.isTag(tag.textValue())) {
                fault(
                        "metadata.tags." + i,
                        "\"%s\" is not a tag".formatted(Fault.shown(tag.asText())),
                        "Use small letters, digits, ':', '+', '#', with single '-' between, at most"
                                + " 63.");
            }
        }
    }

    private void links(@Nullable JsonNode links) {
        if (links == null) {
            return;
        }
        if (!links.isArray()) {
            fault("metadata.links", "The links are not a list", "Begin each with '- url:'.");
            return;
        }
        for (int i = 0; i < links.size(); i++) {
            var field = "metadata.links." + i;
            var link = links.get(i);
            var url = link.path("url");
            if (!url.isTextual() || !EntityNames.isAbsoluteUrl(url.textValue())) {
                fault(
                        field + ".url",
                        "A link has no absolute address",
                        "Write a full one, beginning with https:// or mailto:.");
            }
            for (var key : List.of("title", "icon", "type")) {
                var value = link.get(key);
                if (value != null && (!value.isTextual() || value.textValue().isBlank())) {
                    fault(
                            field + "." + key,
                            "The %s of a link is empty".formatted(key),
                            "Give it a text or leave it out.");
                }
            }
        }
    }

    private @Nullable String required(ObjectNode node, String key, String path) {
        var value = node.get(key);
        if (value == null || value.isNull()) {
            fault(path, "The %s is missing".formatted(KindRules.words(key)), "Add " + key + ": ….");
            return null;
        }
        return textOrFault(value, path);
    }

    private @Nullable String optional(ObjectNode node, String key, String path) {
        var value = node.get(key);
        return value == null ? null : textOrFault(value, path);
    }

    private @Nullable String textOrFault(JsonNode value, String path) {
        if (!value.isTextual()) {
            fault(path, "This is not text", "Put it in quotes.");
            return null;
        }
        return value.textValue();
    }
}
