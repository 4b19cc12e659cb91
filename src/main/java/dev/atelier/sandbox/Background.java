package dev.atelier.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.atelier.inference.ModelInterface.FieldType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rows of the training data that explanations compare with.
 *
 * @param rows {@code [rows][fields]} as {@link Rows} takes them
 */
record Background(Object[][] rows) {

    /** More rows make the average no better, and every explanation slower. */
    static final int MOST_ROWS = 50;

    private static final CsvMapper CSV = new CsvMapper();

    /**
     * Reads a CSV with a header of field names; columns that are no field are left out.
     *
     * @throws IOException saying what is wrong with the file
     */
    static Background read(byte[] csv, Form form) throws IOException {
        var all = new ArrayList<Object[]>();
        try (MappingIterator<Map<String, String>> lines =
                CSV.readerForMapOf(String.class)
                        .with(CsvSchema.emptySchema().withHeader())
                        .readValues(new String(csv, StandardCharsets.UTF_8))) {
            while (lines.hasNext() && all.size() < 1_000) {
                all.add(row(lines.next(), form, all.size() + 2));
            }
        } catch (JsonProcessingException e) {
            throw new IOException("The background is not CSV: " + e.getOriginalMessage(), e);
        } catch (RuntimeException e) {
            throw new IOException("The background cannot be read: " + e.getMessage(), e);
        }
        if (all.isEmpty()) {
            throw new IOException("The background has no rows.");
        }
        // Evenly over the file: its head alone could be one class.
        var count = Math.min(MOST_ROWS, all.size());
        var chosen = new Object[count][];
        for (int i = 0; i < count; i++) {
            chosen[i] = all.get((int) ((long) i * all.size() / count));
        }
        return new Background(chosen);
    }

    private static Object[] row(Map<String, String> line, Form form, int number)
            throws IOException {
        var row = new Object[form.fields().size()];
        for (int i = 0; i < row.length; i++) {
            var field = form.fields().get(i);
            var text = line.get(field.name());
            if (field.type() == FieldType.CONSTANT) {
                text = "";
            } else if (text == null) {
                throw new IOException("The background has no column \"" + field.name() + "\".");
            }
            try {
                row[i] = new Entries(Map.of(field.name(), List.of(text))).value(field);
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "Line %d of the background, column \"%s\": %s"
                                .formatted(number, field.name(), e.getMessage()),
                        e);
            }
        }
        return row;
    }

    /** The numbers of one field, for "higher than 9 in 10"; empty where it has none. */
    double[] numbers(int field) {
        var numbers = new ArrayList<Double>();
        for (var row : rows) {
            if (row[field] instanceof Double number) {
                numbers.add(number);
            }
        }
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
