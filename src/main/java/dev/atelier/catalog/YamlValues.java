package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/** Turns YAML nodes into JSON, with limits on what aliases may unfold to. */
final class YamlValues {
    private static final int MOST_NODES = 100_000;
    private static final int MOST_TEXT = 4 << 20;
    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,400}");

    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient @Nullable Mark mark;
        final String reason;
        final String remedy;

        Refused(@Nullable Mark mark, String reason, String remedy) {
            super(reason, null, false, false);
            this.mark = mark;
            this.reason = reason;
            this.remedy = remedy;
        }
    }

    private final int begin;
    private final boolean marking;
    private final Map<String, Integer> lines = new HashMap<>();
    private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private int nodes;
    private long text;

    YamlValues(int begin, boolean marking) {
        this.begin = begin;
        this.marking = marking;
    }

    /** Lines of the file by dotted path, of what was converted. */
    Map<String, Integer> lines() {
        return lines;
    }

    JsonNode convert(Node node, String path) {
        if (++nodes > MOST_NODES || text > MOST_TEXT) {
            throw new Refused(
                    node.getStartMark(),
                    "The document unfolds to more than can be read",
                    "Remove aliases (*name); write the parts out or shorten them.");
        }
        if (!open.add(node)) {
            throw new Refused(node.getStartMark(), "An alias contains itself", "Remove the alias.");
        }
        if (marking && nodes < 5000) {
            lines.putIfAbsent(path, begin + node.getStartMark().getLine());
        }
        var value =
                switch (node) {
                    case MappingNode mapping -> mapping(mapping, path);
                    case SequenceNode sequence -> sequence(sequence, path);
                    case ScalarNode scalar -> scalar(scalar);
                    default ->
                            throw new Refused(
                                    node.getStartMark(), "This cannot be read", "Rewrite it.");
                };
        open.remove(node);
        return value;
    }

    private JsonNode mapping(MappingNode mapping, String path) {
        var object = Json.object();
        var keys = new HashSet<String>();
        for (var tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new Refused(
                        tuple.getKeyNode().getStartMark(),
                        "A key is not a text",
                        "Only texts can be keys.");
            }
            var name = checked(key);
            if (!keys.add(name)) {
                throw new Refused(
                        key.getStartMark(),
                        "The key \"%s\" is there twice"
                                .formatted(name.length() > 80 ? name.substring(0, 80) : name),
                        "Keep one of them.");
            }
            object.set(
                    name,
                    convert(
                            tuple.getValueNode(),
                            marking ? (path.isEmpty() ? name : path + "." + name) : ""));
        }
        return object;
    }

    private JsonNode sequence(SequenceNode sequence, String path) {
        var array = JsonNodeFactory.instance.arrayNode();
        int i = 0;
        for (var item : sequence.getValue()) {
            array.add(convert(item, child(path, marking ? String.valueOf(i++) : "")));
        }
        return array;
    }

    private String child(String path, String name) {
        return !marking ? "" : path.isEmpty() ? name : path + "." + name;
    }

    private String checked(ScalarNode scalar) {
        var value = scalar.getValue();
        text += value.length();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0
                    || (Character.isSurrogate(c)
                            && !(Character.isHighSurrogate(c)
                                    && i + 1 < value.length()
                                    && Character.isLowSurrogate(value.charAt(++i))))) {
                throw new Refused(
                        scalar.getStartMark(),
                        "A text contains a character that cannot be stored",
                        "Remove \\0 and single halves of surrogate pairs.");
            }
        }
        return value;
    }

    private JsonNode scalar(ScalarNode scalar) {
        var json = JsonNodeFactory.instance;
        var value = checked(scalar);
        if (scalar.getScalarStyle() != DumperOptions.ScalarStyle.PLAIN
                && scalar.getTag().equals(Tag.STR)) {
            return json.textNode(value);
        }
        var tag = scalar.getTag();
        if (tag.equals(Tag.NULL)) {
            return json.nullNode();
        }
        if (tag.equals(Tag.BOOL)) {
            return json.booleanNode(value.equalsIgnoreCase("true"));
        }
        if (tag.equals(Tag.INT)) {
            return integer(value);
        }
        if (tag.equals(Tag.FLOAT)) {
            return number(value);
        }
        if (tag.equals(Tag.STR)) {
            return json.textNode(value);
        }
        throw new Refused(
                scalar.getStartMark(),
                "The tag %s is not read".formatted(tag),
                "Remove the tag; write plain text.");
    }

    private static JsonNode integer(String value) {
        var json = JsonNodeFactory.instance;
        BigInteger number;
        if (value.startsWith("0x")) {
            number = new BigInteger(value.substring(2), 16);
        } else if (value.startsWith("0o")) {
            number = new BigInteger(value.substring(2), 8);
        } else if (INTEGER.matcher(value).matches()) {
            number = new BigInteger(value.startsWith("+") ? value.substring(1) : value);
        } else {
            return json.textNode(value);
        }
        return number.bitLength() < 64
                ? json.numberNode(number.longValue())
                : json.numberNode(number);
    }

    private static JsonNode number(String value) {
        var json = JsonNodeFactory.instance;
        try {
            var number = new BigDecimal(value);
            // JSON has no infinity, and unfolding 1e999999999 would fill the memory.
            return Math.abs((long) number.scale()) > 400
                    ? json.textNode(value)
                    : json.numberNode(number);
        } catch (NumberFormatException _) {
            return json.textNode(value);
        }
    }

    /** Plain scalars by the YAML 1.2 core schema. */
    static final class CoreSchema extends Resolver {
        @Override
        protected void addImplicitResolvers() {
            addImplicitResolver(
                    Tag.BOOL, Pattern.compile("^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF");
            addImplicitResolver(
                    Tag.INT,
                    Pattern.compile("^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"),
                    "-+0123456789");
            addImplicitResolver(
                    Tag.FLOAT,
                    Pattern.compile(
                            "^[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
                    "-+0123456789.");
            addImplicitResolver(Tag.NULL, Pattern.compile("^(?:~|null|Null|NULL)$"), "~nN\0");
            addImplicitResolver(Tag.NULL, Pattern.compile("^$"), null);
        }
    }
}
