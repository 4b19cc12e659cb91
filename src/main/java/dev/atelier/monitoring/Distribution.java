package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Binning;
import dev.atelier.monitoring.statistics.Categories;
import dev.atelier.monitoring.statistics.DistinctValues;
import dev.atelier.monitoring.statistics.QuantileBins;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Two distributions over each other, as bars and as a line, in a picture of 100 by 100.
 *
 * @param reference bars
 * @param now path of a line
 */
public record Distribution(List<Bar> reference, String now) {

    /** As many as can be told apart in a cell of a table. */
    private static final int BARS = 22;

    /** A range so many times as wide as what holds 98 of 100 values is not drawn whole. */
    private static final int LONG_TAIL = 4;

    private static final double GAP = 0.18;

    /** A bar, from its upper left corner. */
    public record Bar(String x, String y, String width, String height) {}

    static Distribution of(Binning binning, long[] reference, long[] now) {
        var before = shares(binning, reference);
        var after = shares(binning, now);
        double highest = 0;
        for (int i = 0; i < before.length; i++) {
            highest = Math.max(highest, Math.max(before[i], after[i]));
        }
        double scale = highest == 0 ? 0 : 95 / highest;
        double step = 100.0 / before.length;
        var bars = new ArrayList<Bar>();
        var line = new StringBuilder("M0 100");
        for (int i = 0; i < before.length; i++) {
            double height = before[i] * scale;
            bars.add(
                    new Bar(
                            text(i * step + step * GAP / 2),
                            text(100 - height),
                            text(step * (1 - GAP)),
                            text(height)));
            var level = text(100 - after[i] * scale);
            line.append(' ').append(text(i * step)).append(' ').append(level);
            line.append(' ').append(text((i + 1) * step)).append(' ').append(level);
        }
        return new Distribution(List.copyOf(bars), line.append(" 100 100").toString());
    }

    private static String text(double number) {
        var text = String.format(Locale.ROOT, "%.1f", number);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /** Shares of the bars; they add up to one unless there is nothing. */
    private static double[] shares(Binning binning, long[] cells) {
        var bars =
                switch (binning) {
                    case QuantileBins bins -> spread(bins, cells, BARS);
                    case DistinctValues values -> gathered(values.cells(), cells);
                    case Categories categories -> gathered(categories.cells(), cells);
                };
        double all = 0;
        for (double bar : bars) {
            all += bar;
        }
        for (int i = 0; all > 0 && i < bars.length; i++) {
            bars[i] /= all;
        }
        return bars;
    }

    /** Cells side by side; many are put together with their neighbours. */
    private static double[] gathered(int count, long[] cells) {
        var bars = new double[Math.min(count, BARS)];
        for (int i = 0; i < count; i++) {
            bars[(int) ((long) i * bars.length / count)] += cells[i];
        }
        return bars;
    }

    /** The picture's ends: all of the reference, unless its tails would hide the rest. */
    static double[] ends(QuantileBins bins) {
        var bounds = bins.bounds();
        double low = bins.lowest();
        double high = bounds[bounds.length - 1];
        if (bounds.length > 2 && high - low > LONG_TAIL * (bounds[bounds.length - 2] - bounds[0])) {
            low = bounds[0];
            high = bounds[bounds.length - 2];
        }
        return new double[] {low, high};
    }

    /**
     * Bars of equal width. Within a bin its values count as evenly spread; what lies outside of the
     * picture is in its first and last bar.
     */
    static double[] spread(QuantileBins bins, long[] cells, int count) {
        var bounds = bins.bounds();
        double[] ends = ends(bins);
        var bars = new double[count];
        bars[0] += cells[0];
        bars[count - 1] += cells[cells.length - 1];
        for (int i = 0; i < bounds.length; i++) {
            double from = i == 0 ? bins.lowest() : bounds[i - 1];
            put(bars, ends[0], ends[1], from, bounds[i], cells[i + 1]);
        }
        return bars;
    }

    private static void put(
            double[] bars, double low, double high, double from, double to, long count) {
        double width = (high - low) / bars.length;
        if (count == 0) {
            return;
        }
        if (!(width > 0) || !(to > from)) {
            bars[bar(bars, low, width, to)] += count;
            return;
        }
        int first = bar(bars, low, width, from);
        int last = bar(bars, low, width, to);
        for (int i = first; i <= last; i++) {
            double begins = i == first ? from : low + i * width;
            double ends = i == last ? to : low + (i + 1) * width;
            bars[i] += count * Math.max(0, ends - begins) / (to - from);
        }
    }

    private static int bar(double[] bars, double low, double width, double value) {
        return width > 0 ? Math.clamp((long) ((value - low) / width), 0, bars.length - 1) : 0;
    }
}
