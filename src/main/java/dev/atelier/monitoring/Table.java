package dev.atelier.monitoring;

import dev.atelier.platform.web.Figures;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a chart is made of, for people and for programs.
 *
 * @param name of its file
 * @param rows texts and numbers; null and NaN for what is not known
 */
public record Table(
        String name, String title, List<String> heads, List<List<@Nullable Object>> rows) {

    private static final int WORD = 40;
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9.]+([eE][+-]?[0-9]+)?");

    /** As a page shows it. */
    public record Shown(String text, boolean number) {

        /** Whether it is rather a sentence than a word. */
        public boolean sentence() {
            return text.length() > WORD;
        }
    }

    public List<List<Shown>> cells() {
        var shown = new ArrayList<List<Shown>>();
        for (var row : rows) {
            shown.add(row.stream().map(Table::shown).toList());
        }
        return shown;
    }

    /** Whether a column is of numbers, by its first row. */
    public boolean numeric(int column) {
        return !rows.isEmpty() && shown(rows.getFirst().get(column)).number();
    }

    private static Shown shown(@Nullable Object value) {
        return switch (value) {
            case null -> new Shown("–", true);
            case Double figure when !Double.isFinite(figure) -> new Shown("–", true);
            case Double figure -> new Shown(figure(figure), true);
            case Long count -> new Shown(Figures.count(count), true);
            case Object text -> new Shown(text.toString(), false);
        };
    }

    /** Three digits that count, without a power of ten where people need none. */
    static String figure(double value) {
        double size = Math.abs(value);
        if (value == 0 || size >= 1e-3 && size < 1e6) {
            int digits = value == 0 ? 0 : Math.clamp(2 - (int) Math.floor(Math.log10(size)), 0, 5);
            return String.format(Locale.ROOT, "%." + digits + "f", value);
        }
        return String.format(Locale.ROOT, "%.2e", value);
    }

    /** CSV (RFC 4180) in UTF-8; no text in it would be run by a spreadsheet. */
    Response csv() {
        var text =
                new StringBuilder(
                        heads.stream().map(Table::quoted).collect(Collectors.joining(",")));
        text.append("\r\n");
        for (var row : rows) {
            text.append(row.stream().map(Table::plain).collect(Collectors.joining(",")))
                    .append("\r\n");
        }
        return Response.ok(text.toString())
                .type("text/csv; charset=utf-8")
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"%s.csv\""
                                .formatted(name.replaceAll("[^A-Za-z0-9._-]", "_")))
                .build();
    }

    private static String plain(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Double figure -> Double.isFinite(figure) ? figure.toString() : "";
            case Long count -> count.toString();
            case Object text -> quoted(text.toString());
        };
    }

    private static String quoted(String text) {
        boolean formula =
                !text.isEmpty()
                        && "=+-@\t\r".indexOf(text.charAt(0)) >= 0
                        && !NUMBER.matcher(text).matches();
        return '"' + (formula ? "'" : "") + text.replace("\"", "\"\"") + '"';
    }
}
