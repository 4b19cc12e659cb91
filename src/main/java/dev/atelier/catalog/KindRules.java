package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What each kind asks of its {@code spec}, as a table, and the check of a document against it. */
final class KindRules {

    /**
     * One kind a line: a name is an optional text; {@code !} must be there; {@code []} is a list,
     * {@code {}} a mapping; {@code ->kind} is a reference in which a bare name means that kind,
     * {@code ->} one that must write its kind; {@code =a|b} is one of these. A line {@code Kind
     * type=x:} adds what that type asks.
     */
    private static final String BACKSTAGE =
            """
            Component: type! lifecycle! owner!->group system->system subcomponentOf->component \
                providesApis->api[] consumesApis->api[] dependsOn->[] dependencyOf->[]
            API: type! lifecycle! owner!->group system->system
            Resource: type! owner!->group system->system dependsOn->[] dependencyOf->[]
            System: owner!->group domain->domain type
            Domain: owner!->group subdomainOf->domain type
            Group: type! children!->group[] parent->group members->user[] profile{}
            User: memberOf!->group[] profile{}
            Location: type target targets[] presence=required|optional
            AiResource: type! lifecycle! owner!->group system->system dependsOn->[]
            AiResource type=rule: category! rationale!
            AiResource type=plugin: skills![]
            AiResource type=marketplace: plugins![]
            AiResource type=skill: disciplines[] categories[] agents[] allowedTools[]
            """;

    private static final String SCAFFOLDER =
            """
            Template: type! steps!{}[] owner->group lifecycle
            """;

    private static final String OURS =
            """
            Model: type! lifecycle! owner!->group system->system license bundle trainedOn->dataset[] \
                derivedFrom->model[] providesApis->api[] dependsOn->[] dependencyOf->[]
            Dataset: type! owner!->group lifecycle system->system license region sensitivity \
                retention derivedFrom->dataset[] dependsOn->[] dependencyOf->[]
            Workspace: type! owner!->group lifecycle system->system runsAt->site[] dependsOn->[] \
                dependencyOf->[]
            Endpoint: type! lifecycle! owner!->group system->system serves!->model[] runsAt->site[] \
                dependsOn->[] dependencyOf->[]
            Site: type! owner!->group lifecycle system->system region dependsOn->[] dependencyOf->[]
            """;

    private static final Pattern FIELD =
            Pattern.compile("(\\w+)(!?)(\\{})?(?:(->)(\\w*))?(?:=([\\w|]+))?(\\[])?");

    /**
     * @param reference the kind that a bare name means, empty when the kind must be written; null
     *     when it is no reference
     * @param choices empty when any text will do
     */
    private record Field(
            String name,
            boolean required,
            boolean list,
            boolean mapping,
            @Nullable String reference,
            List<String> choices) {

        static Field parse(String text) {
            var parts = FIELD.matcher(text);
            if (!parts.matches()) {
                throw new IllegalArgumentException(text);
            }
            return new Field(
                    parts.group(1),
                    !parts.group(2).isEmpty(),
                    parts.group(7) != null,
                    parts.group(3) != null,
                    parts.group(5),
                    parts.group(6) == null ? List.of() : List.of(parts.group(6).split("\\|")));
        }

        /** What to write for it when it is missing. */
        String example() {
            if (!list) {
                return mapping ? "a mapping" : "…";
            }
            return mapping
                    ? "a list of mappings"
                    : reference == null ? "a list of texts" : "a list of references";
        }
    }

    /**
     * @param byType what single types ask beside
     */
    record Kind(Set<String> apiVersions, List<Field> fields, Map<String, List<Field>> byType) {}

    static final Map<String, Kind> ALL = new LinkedHashMap<>();

    static {
        read(Set.of("backstage.io/v1alpha1", "backstage.io/v1beta1"), BACKSTAGE);
        read(Set.of("scaffolder.backstage.io/v1beta3"), SCAFFOLDER);
        read(Set.of(EntityRules.OURS), OURS);
    }

    private static void read(Set<String> apiVersions, String table) {
        for (var line : table.lines().toList()) {
            var colon = line.indexOf(": ");
            var head = line.substring(0, colon).split(" type=");
            var fields = new ArrayList<Field>();
            for (var field : line.substring(colon + 2).strip().split("\\s+")) {
                fields.add(Field.parse(field));
            }
            if (head.length == 1) {
                ALL.put(head[0], new Kind(apiVersions, fields, new LinkedHashMap<>()));
            } else {
                Objects.requireNonNull(ALL.get(head[0])).byType.put(head[1], fields);
            }
        }
    }

    private final ObjectNode spec;
    private final List<Fault> faults;

    private KindRules(ObjectNode spec, List<Fault> faults) {
        this.spec = spec;
        this.faults = faults;
    }

    /** Adds what is wrong with the document's kind and spec to {@code faults}. */
    static void check(ObjectNode document, List<Fault> faults) {
        var name = document.path("kind");
        if (!name.isTextual() || name.textValue().isEmpty()) {
            return;
        }
        var kind = ALL.get(name.textValue());
        if (kind == null) {
            faults.add(unknown(name.textValue()));
            return;
        }
        var apiVersion = document.path("apiVersion").asText("");
        if (EntityNames.isApiVersion(apiVersion) && !kind.apiVersions.contains(apiVersion)) {
            faults.add(
                    Fault.error(
                            "apiVersion",
                            "%s has no version \"%s\""
                                    .formatted(name.textValue(), Fault.shown(apiVersion)),
                            "Write "
                                    + String.join(
                                            " or ", kind.apiVersions.stream().sorted().toList())
                                    + "."));
        }
        if (document.get("spec") instanceof ObjectNode spec) {
            new KindRules(spec, faults).check(name.textValue(), kind);
        } else if (!document.has("spec")) {
            faults.add(
                    Fault.error(
                            "spec",
                            "The spec is missing",
                            "Add spec with the fields of " + name.textValue() + "."));
        }
    }

    private static Fault unknown(String name) {
        var remedy =
                ALL.keySet().stream()
                        .filter(known -> known.equalsIgnoreCase(name))
                        .findFirst()
                        .map("Did you mean %s?"::formatted)
                        .orElseGet(
                                () ->
                                        "Known kinds are "
                                                + String.join(
                                                        ", ",
                                                        ALL.keySet().stream().sorted().toList())
                                                + ".");
        return Fault.error(
                "kind", "The kind \"%s\" is not known".formatted(Fault.shown(name)), remedy);
    }

    private void check(String name, Kind kind) {
        kind.fields.forEach(this::check);
        kind.byType.getOrDefault(spec.path("type").asText(), List.of()).forEach(this::check);
        switch (name) {
            case "API" -> api();
            case "Template" -> template();
            case "AiResource" -> compatibility();
            default -> {}
        }
    }

    private void fault(String field, String reason, String remedy) {
        faults.add(Fault.error(field, reason, remedy));
    }

    private void check(Field field) {
        var path = "spec." + field.name;
        var value = spec.get(field.name);
        if (value == null) {
            if (field.required) {
                fault(
                        path,
                        "The %s is missing".formatted(words(field.name)),
                        "Add %s: %s.".formatted(field.name, field.example()));
            }
        } else if (field.list) {
            list(path, value, (itemPath, item) -> check(itemPath, item, field));
        } else {
            check(path, value, field);
        }
    }

    private void check(String path, JsonNode value, Field field) {
        if (field.mapping) {
            if (!value.isObject()) {
                fault(path, "This is not a mapping", "Write key: value lines.");
            }
        } else if (field.reference != null) {
            reference(path, value, field.reference);
        } else if (!field.choices.isEmpty()) {
            if (!field.choices.contains(value.asText())) {
                fault(
                        path,
                        "\"%s\" is not a %s".formatted(Fault.shown(value.asText()), field.name),
                        "Write " + String.join(" or ", field.choices) + ".");
            }
        } else {
            text(path, value);
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
                    "\"%s\" is not a reference".formatted(Fault.shown(value.textValue())),
                    Fault.shown(String.valueOf(e.getMessage())) + ".");
        }
    }

    private void api() {
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

    private void template() {
        var steps = spec.path("steps");
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i).isObject()) {
                text("spec.steps." + i + ".action", steps.get(i).path("action"));
            }
        }
    }

    /** Of skills only; a number the format gives. */
    private void compatibility() {
        var compatibility = spec.get("compatibility");
        if (spec.path("type").asText().equals("skill")
                && compatibility != null
                && (!compatibility.isTextual() || compatibility.textValue().length() > 500)) {
            fault(
                    "spec.compatibility",
                    "The compatibility is longer than 500 characters or not text",
                    "Shorten it.");
        }
    }

    /** {@code apiVersion} becomes "API version", {@code memberOf} becomes "member of". */
    static String words(String field) {
        return field.equals("apiVersion")
                ? "API version"
                : field.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    }
}
