package dev.atelier.experiments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.atelier.platform.web.FileBytes;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.RawString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a page shows of a file that a run made. It is somebody's file: nothing of it is ever handed
 * to the browser as a page, a script or a drawing with scripts in it.
 */
sealed interface Preview {

    /** A picture, by its own first bytes. */
    record Picture(String type) implements Preview {}

    /**
     * @param cut whether there are more rows or columns
     */
    record Table(List<String> columns, List<List<String>> rows, boolean cut) implements Preview {}

    record Prose(RawString html, boolean cut) implements Preview {}

    record Plain(String text, boolean cut) implements Preview {}

    /** Neither text nor a picture. */
    record None(String why) implements Preview {}

    /** As much as is read of a file. */
    int READ = 256 * 1024;

    /** Larger pictures are for a program of their own. */
    long PICTURE = 20_000_000;

    int ROWS = 100;
    int COLUMNS = 50;
    int CELL = 200;
    int TEXT = 64 * 1024;

    CsvMapper CSV =
            CsvMapper.builder()
                    .enable(CsvParser.Feature.WRAP_AS_ARRAY)
                    .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
                    .build();
    ObjectMapper JSON = new JsonMapper();

    /**
     * @param bytes the first of the file
     * @param size of the whole
     */
    static Preview of(String path, byte[] bytes, long size) {
        var picture = FileBytes.pictureType(bytes);
        if (picture.isPresent()) {
            return size > PICTURE
                    ? new None("The picture is too large to show here.")
                    : new Picture(picture.get());
        }
        var text = FileBytes.text(bytes, bytes.length < size);
        if (text == null) {
            return new None("It is not a text and not a picture that is shown here.");
        }
        var cut = bytes.length < size;
        return switch (ending(path)) {
            case "csv" -> table(text, ',', cut).orElseGet(() -> plain(text, cut));
            case "tsv", "tab" -> table(text, '\t', cut).orElseGet(() -> plain(text, cut));
            case "json" -> json(text, cut);
            case "md", "markdown" -> new Prose(Markdown.html(text, address -> ""), cut);
            default -> plain(text, cut);
        };
    }

    static String ending(String path) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    private static Plain plain(String text, boolean cut) {
        return text.length() <= TEXT
                ? new Plain(text, cut)
                : new Plain(text.substring(0, TEXT), true);
    }

    private static Optional<Preview> table(String text, char separator, boolean cut) {
        var rows = new ArrayList<List<String>>();
        var more = cut;
        try (var lines =
                CSV.readerForListOf(String.class)
                        .with(CsvSchema.emptySchema().withColumnSeparator(separator))
                        .<List<String>>readValues(text)) {
            while (lines.hasNextValue()) {
                if (rows.size() > ROWS) {
                    more = true;
                    break;
                }
                rows.add(lines.nextValue());
            }
        } catch (IOException | RuntimeException e) {
            if (!cut || rows.isEmpty()) {
                return Optional.empty(); // shown as the text it is
            }
        }
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        // A last row that was cut in the middle would say what the file does not.
        if (cut && rows.size() > 1 && rows.size() <= ROWS) {
            rows.removeLast();
        }
        var heads = rows.removeFirst();
        return Optional.of(shaped(heads, rows, more));
    }

    private static Table shaped(List<String> heads, List<List<String>> rows, boolean more) {
        var width = Math.min(COLUMNS, heads.size());
        var shown =
                rows.stream()
                        .limit(ROWS)
                        .map(
                                row ->
                                        IntStream.range(0, width)
                                                .mapToObj(
                                                        i -> i < row.size() ? cell(row.get(i)) : "")
                                                .toList())
                        .toList();
        return new Table(
                heads.stream().limit(width).map(Preview::cell).toList(),
                shown,
                more || rows.size() > ROWS || heads.size() > COLUMNS);
    }

    private static String cell(@Nullable String text) {
        return text == null ? "" : text.length() <= CELL ? text : text.substring(0, CELL) + "…";
    }

    /** A table as MLflow's {@code log_table} writes it, or a list of flat objects; else a text. */
    private static Preview json(String text, boolean cut) {
        if (cut) {
            return plain(text, true);
        }
        try {
            var read = JSON.readTree(text);
            var columns = read.path("columns");
            var data = read.path("data");
            if (columns.isArray() && !columns.isEmpty() && data.isArray()) {
                var rows = new ArrayList<List<String>>();
                data.forEach(row -> rows.add(texts(row)));
                return shaped(texts(columns), rows, false);
            }
            return plain(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(read), false);
        } catch (JsonProcessingException | StackOverflowError e) {
            return plain(text, false);
        }
    }

    private static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        list.forEach(one -> texts.add(one.isValueNode() ? one.asText() : one.toString()));
        return texts;
    }
}
