package dev.atelier.monitoring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Quality over time: an estimate with its band, and dots where labels came. Paths run over a 1000 ×
 * 1000 box, dots over a picture of {@value #HEIGHT} pixels below {@value #ABOVE}.
 *
 * @param band closed path around the estimate
 * @param top, middle, bottom labels of the grid lines
 */
public record QualityChart(
        String finding,
        String band,
        String line,
        List<Dot> dots,
        String top,
        String middle,
        String bottom,
        String from,
        String to) {

    private static final int HEIGHT = 162;
    private static final int ABOVE = 16;
    private static final double BOX = 1000;

    /** A dot; x in per cent of the width, y in pixels. */
    public record Dot(String x, String y, String title) {}

    static QualityChart of(
            String title,
            String step,
            List<String> names,
            double[] values,
            double[] low,
            double[] high,
            double[] realised) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (var line : List.of(low, high, realised)) {
            for (double value : line) {
                least = Double.isNaN(value) ? least : Math.min(least, value);
                most = Double.isNaN(value) ? most : Math.max(most, value);
            }
        }
        if (least > most) {
            least = 0;
            most = 1;
        }
        // Shares are drawn from a tenth below to a tenth above, so that a dip shows for what it is.
        double bottom = least >= 0 && most <= 1 ? Math.floor(least * 10) / 10 : Math.min(0, least);
        double top = least >= 0 && most <= 1 ? Math.ceil(most * 10) / 10 : Chart.rounded(most);
        if (top <= bottom) {
            top = bottom + (bottom >= 1 ? 1 : 0.1);
        }
        var dots = new ArrayList<Dot>();
        for (int i = 0; i < realised.length; i++) {
            if (!Double.isNaN(realised[i])) {
                dots.add(
                        new Dot(
                                text(100 * x(i, realised.length) / BOX) + "%",
                                text(ABOVE + HEIGHT * (1 - part(realised[i], bottom, top))),
                                "%s: %s by labels"
                                        .formatted(names.get(i), Table.figure(realised[i]))));
            }
        }
        long estimated = Arrays.stream(values).filter(one -> !Double.isNaN(one)).count();
        return new QualityChart(
                "%s by %s: estimated for %d, by labels for %d"
                        .formatted(title, step, estimated, dots.size()),
                band(low, high, bottom, top),
                line(values, bottom, top),
                dots,
                Chart.number(top),
                Chart.number((top + bottom) / 2),
                Chart.number(bottom),
                names.getFirst(),
                names.getLast());
    }

    private static double part(double value, double bottom, double top) {
        return (value - bottom) / (top - bottom);
    }

    private static double x(int i, int count) {
        return BOX * (i + 0.5) / count;
    }

    /** Each point is as wide as its time, so that a lone one shows too. */
    private static String line(double[] values, double bottom, double top) {
        var path = new StringBuilder();
        boolean open = false;
        for (int i = 0; i < values.length; i++) {
            if (Double.isNaN(values[i])) {
                open = false;
                continue;
            }
            var y = text(BOX * (1 - part(values[i], bottom, top)));
            path.append(open ? 'L' : 'M')
                    .append(text(BOX * i / values.length))
                    .append(' ')
                    .append(y)
                    .append('L')
                    .append(text(BOX * (i + 1) / values.length))
                    .append(' ')
                    .append(y);
            open = true;
        }
        return path.toString();
    }

    private static String band(double[] low, double[] high, double bottom, double top) {
        var path = new StringBuilder();
        for (int i = 0; i < low.length; i++) {
            if (!Double.isNaN(low[i])) {
                path.append(
                        "M%s %sH%sV%sH%sZ"
                                .formatted(
                                        text(BOX * i / low.length),
                                        text(BOX * (1 - part(high[i], bottom, top))),
                                        text(BOX * (i + 1) / low.length),
                                        text(BOX * (1 - part(low[i], bottom, top))),
                                        text(BOX * i / low.length)));
            }
        }
        return path.toString();
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
