package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

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
                var conversion = new YamlValues(line, true);
                if (node != null) {
                    conversion.convert(node, "");
                }
                return conversion.lines();
            } catch (YamlValues.Refused | YAMLException e) {
                return Map.of();
            }
        }
    }

    private static final int LONGEST_DOCUMENT = 1 << 20;
    private static final int MOST_ALIASES = 20;
    private static final int DEEPEST = 50;
    private static final int MOST_DOCUMENTS = 50_000;

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
            var value = new YamlValues(begin, false).convert(node, "");
            return new Document(index, begin, value, null, text);
        } catch (YamlValues.Refused e) {
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
                        new ParserImpl(new StreamReader(text), options),
                        new YamlValues.CoreSchema(),
                        options)
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
}
