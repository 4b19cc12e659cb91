package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.MultivaluedMap;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads back what a form of {@link Forms} gave. */
@ApplicationScoped
class FormAnswers {

    private static final int FIXPOINT = 8;

    /**
     * What a form gave.
     *
     * @param secrets by the name of their field
     */
    record Read(ObjectNode answers, Map<String, String> secrets) {}

    private final Conditions conditions;

    FormAnswers(Conditions conditions) {
        this.conditions = conditions;
    }

    /**
     * Reads what a form gave. What could not be read as its type stays the text that it is, for the
     * schema to say so.
     *
     * @param before the answers so far, which these take the place of
     */
    Read read(JsonNode schema, ObjectNode before, MultivaluedMap<String, String> form) {
        var answers = before.deepCopy();
        var secrets = new LinkedHashMap<String, String>();
        // Which questions were asked depends on the answers that they gave.
        for (int i = 0; i < FIXPOINT; i++) {
            var known = answers.deepCopy();
            secrets.clear();
            readObject(schema, answers, "", form, secrets);
            if (answers.equals(known)) {
                break;
            }
        }
        var add = form.getFirst(Forms.ADD);
        if (add != null
                && at(answers, add) instanceof ArrayNode list
                && list.size() < Forms.MOST_ENTRIES) {
            list.addObject();
        } else if (add != null && at(answers, add).isMissingNode()) {
            put(
                    answers,
                    add,
                    JsonNodeFactory.instance
                            .arrayNode()
                            .add(JsonNodeFactory.instance.objectNode()));
        }
        var remove = form.getFirst(Forms.REMOVE);
        if (remove != null && remove.matches(".*/[0-9]{1,3}")) {
            int slash = remove.lastIndexOf('/');
            if (at(answers, remove.substring(0, slash)) instanceof ArrayNode list) {
                list.remove(Integer.parseInt(remove.substring(slash + 1)));
            }
        }
        return new Read(answers, secrets);
    }

    private static JsonNode at(JsonNode answers, String pointer) {
        return pointer.startsWith("/") ? answers.at(pointer) : MissingNode.getInstance();
    }

    private static void put(ObjectNode answers, String pointer, JsonNode value) {
        if (pointer.startsWith("/") && pointer.indexOf('/', 1) < 0) {
            answers.set(FieldSchema.unescape(pointer.substring(1)), value);
        }
    }

    private void readObject(
            JsonNode schema,
            ObjectNode answers,
            String at,
            MultivaluedMap<String, String> form,
            Map<String, String> secrets) {
        var resolved = conditions.resolve(schema, answers);
        for (var property : resolved.get("properties").properties()) {
            var name = property.getKey();
            var part = property.getValue();
            var widget = FieldSchema.ui(part, "widget").asText("");
            if (widget.equals("hidden")
                    || FieldSchema.ui(part, "disabled").asBoolean()
                    || part.path("readOnly").asBoolean()) {
                if (!answers.has(name) && part.has("default")) {
                    answers.set(name, part.get("default"));
                }
                continue;
            }
            var place = at + "/" + FieldSchema.escape(name);
            var value = value(part, widget, answers.path(name), place, form, secrets, name);
            if (value.isMissingNode()) {
                answers.remove(name);
            } else {
                answers.set(name, value);
            }
        }
    }

    private JsonNode value(
            JsonNode schema,
            String widget,
            JsonNode before,
            String at,
            MultivaluedMap<String, String> form,
            Map<String, String> secrets,
            String name) {
        var nodes = JsonNodeFactory.instance;
        var kind = FieldSchema.kind(schema, widget);
        switch (kind) {
            case GROUP -> {
                var object =
                        before instanceof ObjectNode known ? known.deepCopy() : nodes.objectNode();
                readObject(schema, object, at, form, secrets);
                return object.isEmpty() && before.isMissingNode()
                        ? MissingNode.getInstance()
                        : object;
            }
            case REPEAT -> {
                var list = nodes.arrayNode();
                for (int i = 0; i < Forms.MOST_ENTRIES; i++) {
                    var prefix = at + "/" + i + "/";
                    var mark = at + "/" + i;
                    if (!form.containsKey("_entry" + mark)
                            && form.keySet().stream().noneMatch(key -> key.startsWith(prefix))) {
                        break;
                    }
                    var object = nodes.objectNode();
                    readObject(schema.path("items"), object, mark, form, secrets);
                    list.add(object);
                }
                return list;
            }
            case REPOSITORY -> {
                var host = first(form, at + "#host");
                var owner = first(form, at + "#owner");
                var repo = first(form, at + "#repo");
                // Without a host it is kept, for its page to ask for one.
                return owner.isEmpty() && repo.isEmpty()
                        ? MissingNode.getInstance()
                        : nodes.textNode(new RepositoryAddress(host, owner, repo).toString());
            }
            case YES -> {
                return nodes.booleanNode(form.containsKey(at));
            }
            case CHECKS -> {
                var list = nodes.arrayNode();
                var given = form.getOrDefault(at, List.of());
                given.forEach(one -> list.add(typed(schema.path("items"), one)));
                return list;
            }
            case LIST -> {
                var list = nodes.arrayNode();
                first(form, at)
                        .lines()
                        .flatMap(
                                line ->
                                        FieldSchema.ui(schema, "field")
                                                        .asText("")
                                                        .equals("EntityTagsPicker")
                                                ? Arrays.stream(line.split("[,\\s]+"))
                                                : Stream.of(line))
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .forEach(line -> list.add(typed(schema.path("items"), line)));
                return list;
            }
            case FILES -> {
                var fresh = form.getFirst(at + Forms.TAKEN);
                return fresh != null
                        ? nodes.textNode(fresh)
                        : form.containsKey(at + Forms.DROP) ? MissingNode.getInstance() : before;
            }
            case PASSWORD -> {
                var given = first(form, at);
                if (!FieldSchema.ui(schema, "field").asText("").equals("Secret")) {
                    return given.isEmpty() ? MissingNode.getInstance() : nodes.textNode(given);
                }
                if (given.isEmpty()) {
                    return before.asText("").equals(Forms.HIDDEN)
                            ? before
                            : MissingNode.getInstance();
                }
                if (!given.equals(Forms.HIDDEN)) {
                    secrets.put(name, given);
                }
                return nodes.textNode(Forms.HIDDEN);
            }
            default -> {
                var given = first(form, at);
                if (given.isEmpty()) {
                    return MissingNode.getInstance();
                }
                return typed(schema, kind == Question.Kind.LINES ? given : given.strip());
            }
        }
    }

    private static String first(MultivaluedMap<String, String> form, String name) {
        var value = form.getFirst(name);
        return value == null ? "" : value.replace("\r\n", "\n");
    }

    /** A text as the value that the schema wants; as it is when it is none. */
    private static JsonNode typed(JsonNode schema, String text) {
        var nodes = JsonNodeFactory.instance;
        for (var one : schema.path("enum")) {
            if (one.asText().equals(text)) {
                return one;
            }
        }
        return switch (FieldSchema.type(schema)) {
            case "integer" ->
                    text.matches("[+-]?[0-9]{1,18}")
                            ? nodes.numberNode(Long.parseLong(text))
                            : text.matches("[+-]?[0-9]{1,100}")
                                    ? nodes.numberNode(new BigInteger(text))
                                    : nodes.textNode(text);
            case "number" -> {
                try {
                    yield text.length() > 100
                            ? nodes.textNode(text)
                            : nodes.numberNode(new BigDecimal(text));
                } catch (NumberFormatException e) {
                    yield nodes.textNode(text);
                }
            }
            case "boolean" ->
                    text.equals("true") || text.equals("false")
                            ? nodes.booleanNode(text.equals("true"))
                            : nodes.textNode(text);
            default -> nodes.textNode(text);
        };
    }
}
