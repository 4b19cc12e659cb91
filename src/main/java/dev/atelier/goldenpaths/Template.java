package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A golden path: a Template entity of {@code scaffolder.backstage.io/v1beta3}, as it is run.
 *
 * @param version digest of its spec, 12 hexadecimal digits
 * @param base address of its file, say {@code file:/…/template.yaml}, {@code https://…} or {@code
 *     repository:7:template.yaml}; relative addresses in steps start there. Null for one that is
 *     only being written
 * @param pages its parameters, a page each, as JSON Schema
 * @param approval whose word a task waits for before it begins, see {@link ApprovalRule}; false for
 *     nobody's
 * @param output {@code spec.output} as it is written
 */
record Template(
        EntityRef ref,
        String title,
        String description,
        List<String> tags,
        @Nullable String owner,
        String version,
        @Nullable String base,
        JsonNode metadata,
        List<Page> pages,
        List<Step> steps,
        JsonNode approval,
        JsonNode output) {

    static final String KIND = "Template";

    /** Steps of one template; more are no path any more. */
    private static final int MOST_STEPS = 200;

    private static final ObjectMapper SORTED =
            new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);

    /**
     * A page of questions.
     *
     * @param schema an object schema
     */
    record Page(String title, String description, ObjectNode schema) {}

    /** A template that cannot be run, with the reason. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1;

        Wrong(String reason) {
            super(reason);
        }
    }

    /** Address in the portal. */
    String address() {
        return "/golden-paths/%s/%s".formatted(ref.namespace(), ref.name());
    }

    static Template of(Entity entity) throws Wrong {
        return of(entity.json(), base(entity));
    }

    /**
     * Where it lies. Files of the portal's machine and repositories of the portal are named by what
     * the catalog itself wrote down: an author's word could name any.
     */
    private static @Nullable String base(Entity entity) {
        var place = entity.annotation("backstage.io/managed-by-location").orElse("");
        if (place.startsWith("file:")) {
            return place;
        }
        if (place.startsWith("provider:" + Skeletons.HOSTED)) {
            return place.substring("provider:".length());
        }
        return entity.annotation("backstage.io/source-location")
                .filter(location -> location.startsWith("url:"))
                .or(() -> Optional.of(place).filter(location -> location.startsWith("url:")))
                .map(location -> location.substring("url:".length()))
                .orElse(null);
    }

    /**
     * @param document the whole entity
     * @throws Wrong when it cannot be run
     */
    static Template of(JsonNode document, @Nullable String base) throws Wrong {
        var api = document.path("apiVersion").asText();
        if (!api.equals("scaffolder.backstage.io/v1beta3")) {
            throw new Wrong(
                    "apiVersion is \"%s\"; templates are run as scaffolder.backstage.io/v1beta3."
                            .formatted(api));
        }
        var metadata = document.path("metadata");
        var spec = document.path("spec");
        var ref =
                new EntityRef(
                        KIND,
                        metadata.path("namespace").asText("default"),
                        metadata.path("name").asText("unnamed"));
        var owner = spec.path("owner").asText("");
        var tags = new ArrayList<String>();
        metadata.path("tags").forEach(tag -> tags.add(tag.asText()));
        return new Template(
                ref,
                metadata.path("title").asText(metadata.path("name").asText()),
                metadata.path("description").asText(""),
                tags,
                spec.hasNonNull("owner") ? spec.get("owner").asText() : null,
                digest(spec),
                base,
                metadata,
                pages(spec.path("parameters")),
                steps(spec.path("steps"), owner),
                ApprovalRule.written(spec.path("approval"), "spec.approval", owner),
                spec.path("output"));
    }

    private static List<Page> pages(JsonNode parameters) throws Wrong {
        var pages = new ArrayList<Page>();
        if (parameters.isMissingNode() || parameters.isNull()) {
            return pages;
        }
        if (parameters.isObject()) {
            pages.add(page(parameters, 1));
        } else if (parameters.isArray()) {
            for (var one : parameters) {
                pages.add(page(one, pages.size() + 1));
            }
        } else {
            throw new Wrong("spec.parameters is neither a page nor a list of pages.");
        }
        return pages;
    }

    private static Page page(JsonNode page, int number) throws Wrong {
        if (!(page instanceof ObjectNode object)) {
            throw new Wrong("Page %d of spec.parameters is not an object.".formatted(number));
        }
        var schema = object.deepCopy();
        schema.put("type", "object");
        var title = page.path("title").asText("Page " + number);
        return new Page(title, page.path("description").asText(""), schema);
    }

    private static List<Step> steps(JsonNode list, String owner) throws Wrong {
        if (!list.isArray() || list.isEmpty()) {
            throw new Wrong("spec.steps names no step.");
        }
        if (list.size() > MOST_STEPS) {
            throw new Wrong("spec.steps has more than %d steps.".formatted(MOST_STEPS));
        }
        var steps = new ArrayList<Step>();
        var ids = new HashSet<String>();
        for (var step : list) {
            int number = steps.size() + 1;
            if (!step.path("action").isTextual()) {
                throw new Wrong("Step %d names no action.".formatted(number));
            }
            var id = step.path("id").asText("step-" + number);
            if (!ids.add(id)) {
                throw new Wrong("Two steps have the id \"%s\".".formatted(id));
            }
            if (step.has("input") && !step.get("input").isObject() && !step.get("input").isNull()) {
                throw new Wrong("The input of step \"%s\" is not an object.".formatted(id));
            }
            steps.add(
                    new Step(
                            id,
                            step.path("name").asText(step.path("action").asText()),
                            step.path("action").asText(),
                            step.path("input"),
                            step.path("if"),
                            step.path("each"),
                            ApprovalRule.written(
                                    step.path("approval"),
                                    "The approval of step \"%s\"".formatted(id),
                                    owner)));
        }
        return steps;
    }

    private static String digest(JsonNode spec) {
        try {
            var sorted = SORTED.writeValueAsBytes(SORTED.treeToValue(spec, Object.class));
            var hash = MessageDigest.getInstance("SHA-256").digest(sorted);
            return HexFormat.of().formatHex(hash, 0, 6);
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One schema for the answers of all pages. */
    ObjectNode schema() {
        var all = JsonNodeFactory.instance.objectNode().put("type", "object");
        var parts = all.putArray("allOf");
        pages.forEach(page -> parts.add(page.schema));
        return all;
    }

    /** What a task is made of, in the form of Backstage's {@code TaskSpec}. */
    ObjectNode taskSpec(JsonNode answers, ObjectNode user) {
        var spec = JsonNodeFactory.instance.objectNode();
        spec.put("apiVersion", "scaffolder.backstage.io/v1beta3");
        var list = spec.putArray("steps");
        for (var step : steps) {
            var one = list.addObject();
            one.put("id", step.id()).put("name", step.name()).put("action", step.action());
            put(one, "input", step.input());
            put(one, "if", step.condition());
            put(one, "each", step.each());
            if (step.approval().isObject()) {
                one.set("approval", step.approval());
            }
        }
        if (approval.isObject()) {
            spec.set("approval", approval);
        }
        spec.set("output", output.isObject() ? output : JsonNodeFactory.instance.objectNode());
        spec.set("parameters", answers);
        spec.set("user", user);
        var info = spec.putObject("templateInfo");
        info.put("entityRef", ref.toString());
        if (base != null) {
            info.put("baseUrl", base);
        }
        info.putObject("entity").set("metadata", metadata);
        return spec;
    }

    private static void put(ObjectNode to, String name, JsonNode value) {
        if (!value.isMissingNode() && !value.isNull()) {
            to.set(name, value);
        }
    }

    /** The steps of a task. */
    static List<Step> stepsOf(JsonNode taskSpec) {
        var steps = new ArrayList<Step>();
        for (var one : taskSpec.path("steps")) {
            steps.add(
                    new Step(
                            one.path("id").asText(),
                            one.path("name").asText(),
                            one.path("action").asText(),
                            one.path("input"),
                            one.path("if"),
                            one.path("each"),
                            one.path("approval")));
        }
        return steps;
    }

    /** An annotation of the entity. */
    Optional<String> annotation(String name) {
        var value = metadata.path("annotations").path(name);
        return value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
    }
}
