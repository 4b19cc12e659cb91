package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Forms made of JSON Schema: the questions of a page. They work without any script in the browser.
 */
@ApplicationScoped
class Forms {

    /** Shown and kept in place of a secret, which goes elsewhere. */
    static final String HIDDEN = "********";

    static final int MOST_ENTRIES = 200;

    private static final int DEEPEST = 20;

    /** Names that are no answers. */
    static final String ADD = "_add";

    static final String REMOVE = "_remove";

    /** Behind the name of a question for files: what became of those that came with the form. */
    static final String TAKEN = "#taken";

    /** Behind the same: those that were there go. */
    static final String DROP = "#drop";

    private final Conditions conditions;
    private final Choices choices;
    private final RepositoryQuestions repositories;
    private final FormUploads uploads;

    Forms(
            Conditions conditions,
            Choices choices,
            RepositoryQuestions repositories,
            FormUploads uploads) {
        this.conditions = conditions;
        this.choices = choices;
        this.repositories = repositories;
        this.uploads = uploads;
    }

    /**
     * The questions of a page.
     *
     * @param faults by JSON pointer
     */
    List<Question> questions(JsonNode schema, JsonNode answers, Map<String, String> faults) {
        return questions(schema, answers, "", faults, controls(schema));
    }

    private List<Question> questions(
            JsonNode schema,
            JsonNode answers,
            String at,
            Map<String, String> faults,
            Set<String> controls) {
        var resolved = conditions.resolve(schema, answers);
        var required = new LinkedHashSet<>(BuiltIn.texts(resolved.get("required")));
        var questions = new ArrayList<Question>();
        for (var name : order(resolved)) {
            var part = resolved.get("properties").path(name);
            var question =
                    question(
                            name,
                            part,
                            answers.path(name),
                            at + "/" + FieldSchema.escape(name),
                            required.contains(name),
                            controls.contains(name),
                            answers.path("repoUrl").asText(""),
                            faults);
            if (question != null) {
                questions.add(question);
            }
        }
        return questions;
    }

    /** Names of properties, in the order that the template asks for. */
    private static List<String> order(ObjectNode resolved) {
        var names = new ArrayList<String>();
        resolved.get("properties").fieldNames().forEachRemaining(names::add);
        var wish = BuiltIn.texts(resolved.path("ui:order"));
        if (wish.isEmpty()) {
            return names;
        }
        var ordered = new ArrayList<String>();
        for (var one : wish) {
            if (one.equals("*")) {
                names.stream().filter(name -> !wish.contains(name)).forEach(ordered::add);
            } else if (names.contains(one)) {
                ordered.add(one);
            }
        }
        names.stream().filter(name -> !ordered.contains(name)).forEach(ordered::add);
        return ordered;
    }

    /** Questions whose answers decide about others: a change of theirs asks the server. */
    private static Set<String> controls(JsonNode schema) {
        var names = new LinkedHashSet<String>();
        schema.path("dependencies").fieldNames().forEachRemaining(names::add);
        schema.path("dependentSchemas").fieldNames().forEachRemaining(names::add);
        schema.path("if").path("properties").fieldNames().forEachRemaining(names::add);
        BuiltIn.texts(schema.path("if").path("required")).forEach(names::add);
        for (var part : schema.path("allOf")) {
            names.addAll(controls(part));
        }
        for (var branch : List.of("then", "else")) {
            if (schema.has(branch)) {
                names.addAll(controls(schema.get(branch)));
            }
        }
        return names;
    }

    private @Nullable Question question(
            String name,
            JsonNode schema,
            JsonNode answer,
            String at,
            boolean required,
            boolean asksMore,
            String repository,
            Map<String, String> faults) {
        var widget = FieldSchema.ui(schema, "widget").asText("");
        if (widget.equals("hidden")) {
            return null;
        }
        var value = answer.isMissingNode() ? schema.path("default") : answer;
        var kind = FieldSchema.kind(schema, widget);
        var parts = List.<Question>of();
        if (kind == Question.Kind.GROUP) {
            parts =
                    questions(
                            schema,
                            value.isObject() ? value : JsonNodeFactory.instance.objectNode(),
                            at,
                            faults,
                            controls(schema));
        } else if (kind == Question.Kind.REPEAT) {
            parts = entries(schema, value, at, faults);
        } else if (kind == Question.Kind.REPOSITORY) {
            parts = repositories.parts(schema, value.asText(""), at);
        }
        return new Question(
                at,
                "f" + at.replaceAll("[^A-Za-z0-9]", "-"),
                kind,
                schema.path("title").asText(FieldSchema.words(name)),
                FieldSchema.help(schema),
                required,
                kind == Question.Kind.FILES ? "" : text(kind, value),
                kind == Question.Kind.FILES
                        ? given(schema, value.asText(""))
                        : offered(kind, schema, value, repository),
                parts,
                kind != Question.Kind.FILES
                        ? FieldSchema.ui(schema, "placeholder").asText("")
                        : FieldSchema.isSeveral(schema) ? Question.SEVERAL : "",
                FieldSchema.ui(schema, "disabled").asBoolean()
                        || schema.path("readOnly").asBoolean(),
                FieldSchema.ui(schema, "autofocus").asBoolean(),
                asksMore,
                faults.get(at));
    }

    /** Files that were given already, with their sizes. */
    private List<Question.Choice> given(JsonNode schema, String answer) {
        if (!FieldSchema.isReference(schema)) {
            return DataUrl.parse(answer).stream()
                    .map(one -> file(one.name(), one.bytes().length))
                    .toList();
        }
        return uploads.mine(answer).stream()
                .flatMap(held -> held.files().stream())
                .map(one -> file(one.path(), one.blob().size()))
                .toList();
    }

    private static Question.Choice file(String name, long size) {
        return new Question.Choice(name, name, Figures.bytes(size), true);
    }

    /**
     * Questions for files that a page may ask, by JSON pointer, whatever is answered. Entries of
     * lists have none.
     */
    static Map<String, JsonNode> files(JsonNode schema) {
        var found = new LinkedHashMap<String, JsonNode>();
        files(schema, "", found, 0);
        return found;
    }

    private static void files(JsonNode schema, String at, Map<String, JsonNode> found, int depth) {
        if (depth > DEEPEST) {
            return;
        }
        for (var property : schema.path("properties").properties()) {
            var part = property.getValue();
            var place = at + "/" + FieldSchema.escape(property.getKey());
            if (part.isObject()
                    && FieldSchema.kind(part, FieldSchema.ui(part, "widget").asText(""))
                            == Question.Kind.FILES) {
                found.putIfAbsent(place, part);
            }
            files(part, place, found, depth + 1);
        }
        for (var branch : List.of("then", "else")) {
            files(schema.path(branch), at, found, depth + 1);
        }
        for (var list : List.of("allOf", "oneOf", "anyOf")) {
            schema.path(list).forEach(part -> files(part, at, found, depth + 1));
        }
        for (var list : List.of("dependencies", "dependentSchemas")) {
            schema.path(list).forEach(part -> files(part, at, found, depth + 1));
        }
    }

    private List<Question> entries(
            JsonNode schema, JsonNode value, String at, Map<String, String> faults) {
        var entries = new ArrayList<Question>();
        int count = Math.max(value.size(), schema.path("minItems").asInt(0));
        for (int i = 0; i < Math.min(count, MOST_ENTRIES); i++) {
            var entry =
                    question(
                            schema.path("items").path("title").asText("Entry"),
                            schema.path("items"),
                            value.path(i),
                            at + "/" + i,
                            false,
                            false,
                            "",
                            faults);
            if (entry != null) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private static String text(Question.Kind kind, JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (kind == Question.Kind.LIST) {
            return String.join("\n", BuiltIn.texts(value));
        }
        return value.isValueNode() ? value.asText() : value.toString();
    }

    private List<Question.Choice> offered(
            Question.Kind kind, JsonNode schema, JsonNode value, String repository) {
        if (kind != Question.Kind.SELECT
                && kind != Question.Kind.RADIO
                && kind != Question.Kind.CHECKS
                && kind != Question.Kind.SUGGEST) {
            return List.of();
        }
        var chosen = value.isArray() ? BuiltIn.texts(value) : List.of(value.asText(""));
        var field = FieldSchema.ui(schema, "field").asText("");
        if (field.equals("RepoBranchPicker")) {
            return repositories.branches(repository);
        }
        if (field.equals("RepoOwnerPicker")) {
            return repositories.owners(
                    schema.path("ui:options"),
                    List.of(FieldSchema.ui(schema, "host").asText(RepositoryHosts.OWN)));
        }
        if (field.endsWith("Picker")) {
            var all = new ArrayList<Question.Choice>();
            for (var offer : choices.offers(field, schema.path("ui:options"))) {
                all.add(
                        new Question.Choice(
                                offer.ref(),
                                offer.title(),
                                offer.ref(),
                                chosen.contains(offer.ref())));
            }
            return all;
        }
        if (FieldSchema.type(schema).equals("boolean")) {
            return List.of(
                    new Question.Choice("true", "Yes", "", chosen.contains("true")),
                    new Question.Choice("false", "No", "", chosen.contains("false")));
        }
        return enumerated(
                kind == Question.Kind.CHECKS ? schema.path("items") : schema, chosen, schema);
    }

    private static List<Question.Choice> enumerated(
            JsonNode schema, List<String> chosen, JsonNode outer) {
        var all = new ArrayList<Question.Choice>();
        if (schema.has("enum")) {
            var names =
                    schema.has("enumNames")
                            ? BuiltIn.texts(schema.get("enumNames"))
                            : BuiltIn.texts(FieldSchema.ui(outer, "enumNames"));
            var values = BuiltIn.texts(schema.get("enum"));
            for (int i = 0; i < values.size(); i++) {
                all.add(
                        new Question.Choice(
                                values.get(i),
                                i < names.size() ? names.get(i) : values.get(i),
                                "",
                                chosen.contains(values.get(i))));
            }
            return all;
        }
        for (var one : schema.has("oneOf") ? schema.get("oneOf") : schema.path("anyOf")) {
            var value =
                    one.has("const")
                            ? one.get("const").asText()
                            : one.path("enum").path(0).asText();
            all.add(
                    new Question.Choice(
                            value,
                            one.path("title").asText(value),
                            one.path("description").asText(""),
                            chosen.contains(value)));
        }
        if (schema.has("const")) {
            var value = schema.get("const").asText();
            all.add(new Question.Choice(value, value, "", true));
        }
        return all;
    }
}
