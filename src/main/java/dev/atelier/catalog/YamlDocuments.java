package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads a file of YAML documents, each on its own: a broken one hides no other.
 *
 * <p>A line that begins with {@code ---} in the first column ends a document, whatever stands
 * before it: YAML allows it nowhere else, not even in block scalars. So files are cut there first,
 * then each piece is parsed. Values follow the YAML 1.2 core schema, as Backstage's do: {@code yes}
 * and {@code 2026-01-31} are text. Merge keys are ordinary keys.
 */
final class YamlDocuments {

    /**
     * @param index of the document in its file, from 0
     * @param line of the file where it begins, from 1
     * @param value null when it could not be read
     * @param fault why not
     */
    record Document(
            int index, int line, @Nullable JsonNode value, @Nullable Fault fault, String text) {

        /** Lines of the file by dotted path; parses again, so only for documents with faults. */
        Map<String, Integer> lines() {
            try {
                var node = compose(text);
                var conversion = new Conversion(line, true);
                if (node != null) {
                    conversion.convert(node, "");
                }
                return conversion.lines;
            } catch (Refused | YAMLException e) {
                return Map.of();
            }
        }
    }

    private static final int LONGEST_DOCUMENT = 1 << 20;
    private static final int MOST_ALIASES = 20;
    private static final int DEEPEST = 50;
    private static final int MOST_NODES = 100_000;
    private static final int MOST_TEXT = 4 << 20;
    private static final int MOST_DOCUMENTS = 50_000;

    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,400}");

    private YamlDocuments() {}

    /** Documents in their order; empty ones are left out but counted. */
    static List<Document> read(String file) {
        var documents = new ArrayList<Document>();
        var lines = file.split("\n", -1);
        var piece = new StringBuilder();
        int begin = 1;
        int index = 0;
        boolean directives = false;
        for (int i = 0; i < lines.length; i++) {
            var line = lines[i];
            if (startsDocument(line) && !directives && i > 0) {
                index += add(documents, index, begin, piece);
                begin = i + 1;
                if (documents.size() > MOST_DOCUMENTS) {
                    documents.add(
                            broken(
                                    index,
                                    begin,
                                    "The file has more than %d documents".formatted(MOST_DOCUMENTS),
                                    "Split it into several files.",
                                    ""));
                    return documents;
                }
            }
            directives = line.startsWith("%") && (directives || piece.toString().isBlank());
            piece.append(line).append('\n');
            if (line.stripTrailing().equals("...")) {
                piece.setLength(piece.length() - line.length() - 1);
                piece.append('\n');
            }
        }
        add(documents, index, begin, piece);
        return documents;
    }

    private static boolean startsDocument(String line) {
        return line.startsWith("---")
                && (line.length() == 3 || Character.isWhitespace(line.charAt(3)));
    }

    private static int add(List<Document> documents, int index, int begin, StringBuilder piece) {
        var text = piece.toString();
        piece.setLength(0);
        if (isEmpty(text)) {
            return 0;
        }
        documents.add(parse(index, begin, text));
        return 1;
    }

    private static boolean isEmpty(String text) {
        return text.lines()
                .map(line -> startsDocument(line) ? line.substring(3) : line)
                .map(String::strip)
                .allMatch(line -> line.isEmpty() || line.startsWith("#"));
    }

    private static Document parse(int index, int begin, String text) {
        if (text.length() > LONGEST_DOCUMENT) {
            return broken(
                    index,
                    begin,
                    "The document is longer than 1 MiB",
                    "Move long texts into files of their own and name them with $text.",
                    "");
        }
        try {
            var node = compose(text);
            if (node == null) {
                return broken(index, begin, "The document is empty", "Remove it.", text);
            }
            var value = new Conversion(begin, false).convert(node, "");
            return new Document(index, begin, value, null, text);
        } catch (Refused e) {
            return broken(index, begin, e.mark, e.reason, e.remedy, text);
        } catch (MarkedYAMLException e) {
            var problem = String.valueOf(e.getProblem());
            return broken(
                    index, begin, e.getProblemMark(), sentence(problem), remedy(problem), text);
        } catch (YAMLException e) {
            var message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return broken(index, begin, sentence(message), remedy(message), text);
        } catch (StackOverflowError e) {
            return broken(index, begin, "The document is nested too deeply", "Flatten it.", text);
        }
    }

    private static @Nullable Node compose(String text) {
        var options = new LoaderOptions();
        options.setCodePointLimit(LONGEST_DOCUMENT + 1);
        options.setMaxAliasesForCollections(MOST_ALIASES);
        options.setNestingDepthLimit(DEEPEST);
        options.setAllowRecursiveKeys(false);
        return new Composer(
                        new ParserImpl(new StreamReader(text), options), new CoreSchema(), options)
                .getSingleNode();
    }

    private static String sentence(String problem) {
        if (problem.contains("\\t") || problem.contains("'\t(TAB)'")) {
            return "Not valid YAML: a tab is used to indent";
        }
        var shown = problem.length() > 200 ? problem.substring(0, 200) + "…" : problem;
        return "Not valid YAML: " + shown.replaceAll("\\p{Cntrl}", " ");
    }

    private static String remedy(String problem) {
        if (problem.contains("TAB") || problem.contains("\\t")) {
            return "Replace the tab by two spaces.";
        }
        if (problem.contains("aliases")) {
            return "Write the repeated part out; at most %d aliases are read."
                    .formatted(MOST_ALIASES);
        }
        if (problem.contains("mapping values are not allowed")) {
            return "Put a text that contains ': ' in quotes, and check the indentation.";
        }
        if (problem.contains("ocument start")) {
            return "Separate documents by a line that holds only ---.";
        }
        if (problem.contains("special characters")) {
            return "Remove control characters; save the file as UTF-8.";
        }
        return "Check indentation, quotes and brackets near this line.";
    }

    private static Document broken(
            int index, int begin, String reason, String remedy, String text) {
        return new Document(
                index,
                begin,
                null,
                Fault.error("line " + begin, reason, remedy).atLine(begin),
                text);
    }

    private static Document broken(
            int index, int begin, @Nullable Mark mark, String reason, String remedy, String text) {
        if (mark == null) {
            return broken(index, begin, reason, remedy, text);
        }
        int line = begin + mark.getLine();
        return new Document(
                index,
                begin,
                null,
                Fault.error(
                                "line %d, column %d".formatted(line, mark.getColumn() + 1),
                                reason,
                                remedy)
                        .atLine(line),
                text);
    }

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient @Nullable Mark mark;
        private final String reason;
        private final String remedy;

        Refused(@Nullable Mark mark, String reason, String remedy) {
            super(reason, null, false, false);
            this.mark = mark;
            this.reason = reason;
            this.remedy = remedy;
        }
    }

    /** Turns YAML nodes into JSON, with limits on what aliases may unfold to. */
    private static final class Conversion {
        private final int begin;
        private final boolean marking;
        private final Map<String, Integer> lines = new HashMap<>();
        private final Set<Node> open = java.util.Collections.newSetFromMap(new IdentityHashMap<>());
        private int nodes;
        private long text;

        Conversion(int begin, boolean marking) {
            this.begin = begin;
            this.marking = marking;
        }

        JsonNode convert(Node node, String path) {
            if (++nodes > MOST_NODES || text > MOST_TEXT) {
                throw new Refused(
                        node.getStartMark(),
                        "The document unfolds to more than can be read",
                        "Remove aliases (*name); write the parts out or shorten them.");
            }
            if (!open.add(node)) {
                throw new Refused(
                        node.getStartMark(), "An alias contains itself", "Remove the alias.");
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
    }

    /** Plain scalars by the YAML 1.2 core schema. */
    private static final class CoreSchema extends Resolver {
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
