package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
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
    private static final Set<String> BACKSTAGE =
            Set.of("backstage.io/v1alpha1", "backstage.io/v1beta1");

    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]+(?:-+[a-z0-9]+)*");
    private static final Pattern OBJECT_NAME =
            Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
    private static final Pattern VERSION = Pattern.compile("[a-z0-9A-Z]+");
    private static final Pattern KIND = Pattern.compile("[a-zA-Z][a-z0-9A-Z]*");
    private static final Pattern TAG = Pattern.compile("[a-z0-9:+#]+(-[a-z0-9:+#]+)*");

    private enum Shape {
        TEXT("text"),
        TEXTS("a list of texts"),
        OBJECT("a mapping"),
        OBJECTS("a list of mappings"),
        PRESENCE("required or optional"),
        REF("a reference"),
        REFS("a list of references");

        final String words;

        Shape(String words) {
            this.words = words;
        }
    }

    /**
     * @param refKind for references: the kind a bare name means; empty means the kind must be
     *     written
     */
    private record Field(String name, Shape shape, boolean required, String refKind) {
        static Field need(String name, Shape shape) {
            return new Field(name, shape, true, "");
        }

        static Field may(String name, Shape shape) {
            return new Field(name, shape, false, "");
        }

        static Field need(String name, Shape shape, String refKind) {
            return new Field(name, shape, true, refKind);
        }

        static Field may(String name, Shape shape, String refKind) {
            return new Field(name, shape, false, refKind);
        }
    }

    private record Kind(Set<String> apiVersions, List<Field> fields) {}

    private static final Field TYPE = Field.need("type", Shape.TEXT);
    private static final Field LIFECYCLE = Field.need("lifecycle", Shape.TEXT);
    private static final Field OWNER = Field.need("owner", Shape.REF, "group");
    private static final Field SYSTEM = Field.may("system", Shape.REF, "system");
    private static final Field DEPENDS_ON = Field.may("dependsOn", Shape.REFS);
    private static final Field DEPENDENCY_OF = Field.may("dependencyOf", Shape.REFS);

    private static final Map<String, Kind> KINDS =
            Map.ofEntries(
                    Map.entry(
                            "Component",
                            backstage(
                                    TYPE,
                                    LIFECYCLE,
                                    OWNER,
                                    SYSTEM,
                                    Field.may("subcomponentOf", Shape.REF, "component"),
                                    Field.may("providesApis", Shape.REFS, "api"),
                                    Field.may("consumesApis", Shape.REFS, "api"),
                                    DEPENDS_ON,
                                    DEPENDENCY_OF)),
                    Map.entry("API", backstage(TYPE, LIFECYCLE, OWNER, SYSTEM)),
                    Map.entry(
                            "Resource", backstage(TYPE, OWNER, SYSTEM, DEPENDS_ON, DEPENDENCY_OF)),
                    Map.entry(
                            "System",
                            backstage(
                                    OWNER,
                                    Field.may("domain", Shape.REF, "domain"),
                                    Field.may("type", Shape.TEXT))),
                    Map.entry(
                            "Domain",
                            backstage(
                                    OWNER,
                                    Field.may("subdomainOf", Shape.REF, "domain"),
                                    Field.may("type", Shape.TEXT))),
                    Map.entry(
                            "Group",
                            backstage(
                                    TYPE,
                                    Field.need("children", Shape.REFS, "group"),
                                    Field.may("parent", Shape.REF, "group"),
                                    Field.may("members", Shape.REFS, "user"),
                                    Field.may("profile", Shape.OBJECT))),
                    Map.entry(
                            "User",
                            backstage(
                                    Field.need("memberOf", Shape.REFS, "group"),
                                    Field.may("profile", Shape.OBJECT))),
                    Map.entry(
                            "Location",
                            backstage(
                                    Field.may("type", Shape.TEXT),
                                    Field.may("target", Shape.TEXT),
                                    Field.may("targets", Shape.TEXTS),
                                    Field.may("presence", Shape.PRESENCE))),
                    Map.entry(
                            "Template",
                            new Kind(
                                    Set.of("scaffolder.backstage.io/v1beta3"),
                                    List.of(
                                            TYPE,
                                            Field.need("steps", Shape.OBJECTS),
                                            Field.may("owner", Shape.REF, "group"),
                                            Field.may("lifecycle", Shape.TEXT)))),
                    Map.entry("AiResource", backstage(TYPE, LIFECYCLE, OWNER, SYSTEM, DEPENDS_ON)),
                    Map.entry(
                            "Model",
                            ours(
                                    TYPE,
                                    LIFECYCLE,
                                    OWNER,
                                    SYSTEM,
                                    Field.may("license", Shape.TEXT),
                                    Field.may("trainedOn", Shape.REFS, "dataset"),
                                    Field.may("derivedFrom", Shape.REFS, "model"),
                                    Field.may("providesApis", Shape.REFS, "api"),
                                    Field.may("bundle", Shape.TEXT),
                                    DEPENDS_ON,
                                    DEPENDENCY_OF)),
                    Map.entry(
                            "Dataset",
                            ours(
                                    TYPE,
                                    OWNER,
                                    Field.may("lifecycle", Shape.TEXT),
                                    SYSTEM,
                                    Field.may("license", Shape.TEXT),
                                    Field.may("region", Shape.TEXT),
                                    Field.may("sensitivity", Shape.TEXT),
                                    Field.may("derivedFrom", Shape.REFS, "dataset"),
                                    DEPENDS_ON,
                                    DEPENDENCY_OF)),
                    Map.entry(
                            "Workspace",
                            ours(
                                    TYPE,
                                    OWNER,
                                    Field.may("lifecycle", Shape.TEXT),
                                    SYSTEM,
                                    Field.may("runsAt", Shape.REFS, "site"),
                                    DEPENDS_ON,
                                    DEPENDENCY_OF)),
                    Map.entry(
                            "Endpoint",
                            ours(
                                    TYPE,
                                    LIFECYCLE,
                                    OWNER,
                                    SYSTEM,
                                    Field.need("serves", Shape.REFS, "model"),
                                    Field.may("runsAt", Shape.REFS, "site"),
                                    DEPENDS_ON,
                                    DEPENDENCY_OF)),
                    Map.entry(
                            "Site",
                            ours(
                                    TYPE,
                                    OWNER,
                                    Field.may("lifecycle", Shape.TEXT),
                                    SYSTEM,
                                    Field.may("region", Shape.TEXT),
                                    DEPENDS_ON,
                                    DEPENDENCY_OF)));

    private final ObjectNode json;
    private final List<Fault> faults = new ArrayList<>();

    private EntityRules(ObjectNode json) {
        this.json = json;
    }

    private static Kind backstage(Field... fields) {
        return new Kind(BACKSTAGE, List.of(fields));
    }

    private static Kind ours(Field... fields) {
        return new Kind(Set.of(OURS), List.of(fields));
    }

    static Set<String> kinds() {
        return KINDS.keySet();
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
        rules.kind();
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
                                                .formatted(shown(key)),
                                        "Only apiVersion, kind, metadata and spec stand there. Move"
                                                + " it into metadata or spec.");
                            }
                        });
        var apiVersion = required(json, "apiVersion", "apiVersion");
        if (apiVersion != null && !isApiVersion(apiVersion)) {
            fault(
                    "apiVersion",
                    "\"%s\" is not an API version".formatted(shown(apiVersion)),
                    "Write backstage.io/v1alpha1 or " + OURS + ".");
        }
        var kind = required(json, "kind", "kind");
        if (kind != null && (kind.length() > 63 || !KIND.matcher(kind).matches())) {
            fault(
                    "kind",
                    "\"%s\" is not a kind".formatted(shown(kind)),
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
        if (name != null && !isObjectName(name)) {
            fault(
                    "metadata.name",
                    "\"%s\" is not a name".formatted(shown(name)),
                    "Use letters, digits, '-', '_' and '.', at most 63, beginning and ending with a"
                            + " letter or digit.");
        }
        var namespace = optional(metadata, "namespace", "metadata.namespace");
        if (namespace != null && !isDnsLabel(namespace)) {
            fault(
                    "metadata.namespace",
                    "\"%s\" is not a namespace".formatted(shown(namespace)),
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
                                            || isObjectName(value.textValue()))) {
                                fault(
                                        field,
                                        "The value of label \"%s\" is not allowed"
                                                .formatted(shown(label.getKey())),
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
                                                .formatted(shown(annotation.getKey())),
                                        "Put it in quotes.");
                            }
                        });
    }

    private void qualifiedKey(String field, String key, String what) {
        var parts = key.split("/", -1);
        var valid =
                parts.length == 1
                        ? isObjectName(parts[0])
                        : parts.length == 2 && isDnsSubdomain(parts[0]) && isObjectName(parts[1]);
        if (!valid) {
            fault(
                    field,
                    "\"%s\" is not a key of %s".formatted(shown(key), what),
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
            if (!tag.isTextual() || !isTag(tag.textValue())) {
                fault(
                        "metadata.tags." + i,
                        "\"%s\" is not a tag".formatted(shown(tag.asText())),
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
            if (!url.isTextual() || !isAbsoluteUrl(url.textValue())) {
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

    private void kind() {
        var name = json.path("kind").asText("");
        if (name.isEmpty() || !json.path("kind").isTextual()) {
            return;
        }
        var kind = KINDS.get(name);
        if (kind == null) {
            var meant =
                    KINDS.keySet().stream()
                            .filter(known -> known.equalsIgnoreCase(name))
                            .findFirst()
                            .map("Did you mean %s?"::formatted)
                            .orElseGet(
                                    () ->
                                            "Known kinds are "
                                                    + String.join(
                                                            ", ",
                                                            KINDS.keySet().stream()
                                                                    .sorted()
                                                                    .toList())
                                                    + ".");
            fault("kind", "The kind \"%s\" is not known".formatted(shown(name)), meant);
            return;
        }
        var apiVersion = json.path("apiVersion").asText("");
        if (isApiVersion(apiVersion) && !kind.apiVersions.contains(apiVersion)) {
            fault(
                    "apiVersion",
                    "%s has no version \"%s\"".formatted(name, shown(apiVersion)),
                    "Write "
                            + String.join(" or ", kind.apiVersions.stream().sorted().toList())
                            + ".");
        }
        if (!(json.get("spec") instanceof ObjectNode spec)) {
            if (!json.has("spec")) {
                fault("spec", "The spec is missing", "Add spec with the fields of " + name + ".");
            }
            return;
        }
        for (var field : kind.fields) {
            specField(spec, field);
        }
        switch (name) {
            case "API" -> api(spec);
            case "Template" -> template(spec);
            case "AiResource" -> aiResource(spec);
            default -> {}
        }
    }

    private void specField(ObjectNode spec, Field field) {
        var path = "spec." + field.name;
        var value = spec.get(field.name);
        if (value == null) {
            if (field.required) {
                fault(
                        path,
                        "The %s is missing".formatted(words(field.name)),
                        "Add %s: %s."
                                .formatted(
                                        field.name,
                                        field.shape == Shape.TEXT || field.shape == Shape.REF
                                                ? "…"
                                                : field.shape.words));
            }
            return;
        }
        switch (field.shape) {
            case TEXT -> text(path, value);
            case TEXTS -> list(path, value, this::text);
            case OBJECT -> {
                if (!value.isObject()) {
                    fault(path, "This is not a mapping", "Write key: value lines.");
                }
            }
            case OBJECTS ->
                    list(
                            path,
                            value,
                            (itemPath, item) -> {
                                if (!item.isObject()) {
                                    fault(itemPath, "This is not a mapping", "Write key: value.");
                                }
                            });
            case PRESENCE -> {
                var text = value.asText();
                if (!text.equals("required") && !text.equals("optional")) {
                    fault(
                            path,
                            "\"%s\" is not a presence".formatted(shown(text)),
                            "Write required or optional.");
                }
            }
            case REF -> reference(path, value, field.refKind);
            case REFS -> list(path, value, (p, item) -> reference(p, item, field.refKind));
        }
    }

    private interface ItemCheck {
        void check(String path, JsonNode item);
    }

    private void list(String path, JsonNode value, ItemCheck check) {
        if (!value.isArray()) {
            fault(path, "This is not a list", "Write [one, two], or lines that begin with '-'.");
            return;
        }
        for (int i = 0; i < value.size(); i++) {
            check.check(path + "." + i, value.get(i));
        }
    }

    private void text(String path, JsonNode value) {
        if (!value.isTextual() || value.textValue().isEmpty()) {
            fault(path, "This is empty or not text", "Write a text; quote numbers and dates.");
        }
    }

    private void reference(String path, JsonNode value, String kind) {
        if (!value.isTextual() || value.textValue().isEmpty()) {
            fault(path, "This is empty or not a reference", "Write [kind:][namespace/]name.");
            return;
        }
        try {
            EntityRef.parse(
                    value.textValue(), kind.isEmpty() ? null : kind, EntityRef.DEFAULT_NAMESPACE);
        } catch (IllegalArgumentException e) {
            fault(
                    path,
                    "\"%s\" is not a reference".formatted(shown(value.textValue())),
                    shown(String.valueOf(e.getMessage())) + ".");
        }
    }

    private void api(ObjectNode spec) {
        if (spec.path("type").asText().equals("mcp-server")) {
            var remotes = spec.path("remotes");
            if (!remotes.isArray() || remotes.isEmpty()) {
                fault(
                        "spec.remotes",
                        "An mcp-server has no remotes",
                        "Add at least one with type and url.");
                return;
            }
            for (int i = 0; i < remotes.size(); i++) {
                for (var key : List.of("type", "url")) {
                    text("spec.remotes." + i + "." + key, remotes.get(i).path(key));
                }
            }
        } else if (!spec.has("definition")) {
            fault(
                    "spec.definition",
                    "The definition is missing",
                    "Add the text of the API, or $text: ./openapi.yaml.");
        } else {
            text("spec.definition", spec.path("definition"));
        }
    }

    private void template(ObjectNode spec) {
        var steps = spec.path("steps");
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i).isObject()) {
                text("spec.steps." + i + ".action", steps.get(i).path("action"));
            }
        }
    }

    private void aiResource(ObjectNode spec) {
        switch (spec.path("type").asText()) {
            case "rule" -> {
                text("spec.category", spec.path("category"));
                text("spec.rationale", spec.path("rationale"));
            }
            case "plugin" -> list("spec.skills", spec.path("skills"), this::text);
            case "marketplace" -> list("spec.plugins", spec.path("plugins"), this::text);
            case "skill" -> {
                var compatibility = spec.get("compatibility");
                if (compatibility != null
                        && (!compatibility.isTextual()
                                || compatibility.textValue().length() > 500)) {
                    fault(
                            "spec.compatibility",
                            "The compatibility is longer than 500 characters or not text",
                            "Shorten it.");
                }
                for (var key : List.of("disciplines", "categories", "agents", "allowedTools")) {
                    if (spec.has(key)) {
                        list("spec." + key, spec.path(key), this::text);
                    }
                }
            }
            default -> {}
        }
    }

    private @Nullable String required(ObjectNode node, String key, String path) {
        var value = node.get(key);
        if (value == null || value.isNull()) {
            fault(path, "The %s is missing".formatted(words(key)), "Add " + key + ": ….");
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

    /** {@code apiVersion} becomes "API version", {@code memberOf} becomes "member of". */
    private static String words(String field) {
        return field.equals("apiVersion")
                ? "API version"
                : field.replaceAll("([A-Z])", " $1").toLowerCase(java.util.Locale.ROOT);
    }

    private static String shown(String text) {
        return text.length() <= 80 ? text : text.substring(0, 77) + "…";
    }

    private static boolean isApiVersion(String text) {
        var slash = text.indexOf('/');
        var version = text.substring(slash + 1);
        return (slash < 0 || isDnsSubdomain(text.substring(0, slash)))
                && version.length() <= 63
                && VERSION.matcher(version).matches();
    }

    static boolean isObjectName(String text) {
        return !text.isEmpty() && text.length() <= 63 && OBJECT_NAME.matcher(text).matches();
    }

    static boolean isDnsLabel(String text) {
        return text.length() <= 63 && DNS_LABEL.matcher(text).matches();
    }

    private static boolean isDnsSubdomain(String text) {
        if (text.isEmpty() || text.length() > 253) {
            return false;
        }
        for (var label : text.split("\\.", -1)) {
            if (!isDnsLabel(label)) {
                return false;
            }
        }
        return true;
    }

    static boolean isTag(String text) {
        return text.length() <= 63 && TAG.matcher(text).matches();
    }

    private static boolean isAbsoluteUrl(String text) {
        try {
            var uri = new URI(text.strip());
            return uri.isAbsolute() && !uri.getSchemeSpecificPart().isEmpty();
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
