package dev.atelier.monitoring;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Geometry of a chart over time. Paths run over a 1000 × 1000 box that the page stretches; colour
 * and line style come from the style sheet.
 *
 * @param top label of the upper grid line
 * @param middle label of the middle grid line
 * @param finding the chart as a sentence
 */
record Chart(
        List<Series> series, String top, String middle, String from, String to, String finding) {

    /**
     * @param colour class of the colour
     * @param style class of the line style, empty for solid
     */
    record Series(String title, String colour, String style, String line, String area) {}

    /** Values of one line; NaN where there is none, which breaks the line. */
    record Values(String title, String colour, String style, double[] values) {}

    /**
     * @param unit behind the labels, with its space
     * @param least that the axis reaches at least
     */
    static Chart of(
            List<Values> lines, double least, String unit, String from, String to, String finding) {
        var highest = least;
        for (var line : lines) {
            for (var value : line.values) {
                highest = Double.isNaN(value) ? highest : Math.max(highest, value);
            }
        }
        var top = rounded(highest);
        var series = new ArrayList<Series>();
        for (var line : lines) {
            series.add(
                    new Series(
                            line.title,
                            line.colour,
                            line.style,
                            path(line.values, top, false),
                            path(line.values, top, true)));
        }
        return new Chart(series, number(top) + unit, number(top / 2) + unit, from, to, finding);
    }

    private static String path(double[] values, double top, boolean area) {
        var path = new StringBuilder();
        var open = -1;
        for (int i = 0; i <= values.length; i++) {
            var there = i < values.length && !Double.isNaN(values[i]);
            if (there) {
                if (open < 0) {
                    open = i;
                    path.append(area ? "M%s 1000L".formatted(x(i, values.length)) : "M");
                } else {
                    path.append('L');
                }
                path.append(x(i, values.length))
                        .append(' ')
                        .append(plain(1000 - 1000 * values[i] / top));
                // A lone point has no length: give it some to both sides, or nobody sees it.
                if (open == i && (i + 1 == values.length || Double.isNaN(values[i + 1]))) {
                    path.append("m-6 0h12");
                }
            } else if (open >= 0) {
                if (area) {
                    path.append('V').append("1000Z");
                }
                open = -1;
            }
        }
        return path.toString();
    }

    private static String x(int i, int count) {
        return plain(1000.0 * i / Math.max(1, count - 1));
    }

    /** The next of 1, 2, 5 × 10ⁿ. */
    static double rounded(double value) {
        if (value <= 0) {
            return 1;
        }
        var power = Math.pow(10, Math.floor(Math.log10(value)));
        for (var factor : new double[] {1, 2, 5, 10}) {
            if (value <= factor * power * (1 + 1e-9)) {
                return factor * power;
            }
        }
        return value;
    }

    static String number(double value) {
        return value >= 100 || value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,d", Math.round(value)).replace(',', '\u202f')
                : String.format(Locale.ROOT, "%.2f", value)
                        .replaceAll("0+$", "")
                        .replaceAll("\\.$", "");
    }

    private static String plain(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
