package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Binning;
import dev.atelier.monitoring.statistics.Categories;
import dev.atelier.monitoring.statistics.DistinctValues;
import dev.atelier.monitoring.statistics.QuantileBins;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Two distributions of a column beside each other, large, with an axis. The plot is 1000 by 1000.
 *
 * @param line path of the steps of now
 * @param ticks below the axis
 * @param top, middle shares at the grid lines
 */
public record Shares(
        List<Bar> bars, String line, List<Tick> ticks, String top, String middle, Table table) {

    private static final int MOST = 40;
    private static final int NAMED = 6;
    private static final int TICKS = 5;
    private static final int LONGEST = 12;
    private static final double BOX = 1000;
    private static final double GAP = 0.14;

    /** A bar of the reference, from its upper left corner; the title says both shares. */
    public record Bar(String x, String y, String width, String height, String title) {}

    /**
     * @param at in per cent of the width
     * @param anchor class of the text
     */
    public record Tick(String at, String label, String anchor) {}

    /** What a bar stands for. */
    private record Slot(String label, double before, double after) {}

    /**
     * @param before what the bars are called, say {@code Reference}
     * @param after what the line is called
     */
    static Shares of(
            String name,
            Binning binning,
            long[] reference,
            long[] now,
            String before,
            String after) {
        double all0 = Math.max(1, LongStream.of(reference).sum());
        double all = Math.max(1, LongStream.of(now).sum());
        var slots =
                switch (binning) {
                    case QuantileBins bins -> spread(bins, reference, now, all0, all);
                    case DistinctValues values -> values(values, reference, now, all0, all);
                    case Categories names -> categories(names, reference, now, all0, all);
                };
        double highest = 0;
        for (var slot : slots) {
            highest = Math.max(highest, Math.max(slot.before(), slot.after()));
        }
        double top = Chart.rounded(100 * highest);
        double step = BOX / slots.size();
        var bars = new ArrayList<Bar>();
        var rows = new ArrayList<List<@Nullable Object>>();
        var line = new StringBuilder("M0 1000");
        for (int i = 0; i < slots.size(); i++) {
            var slot = slots.get(i);
            double height = BOX * 100 * slot.before() / top;
            bars.add(
                    new Bar(
                            text(step * (i + GAP / 2)),
                            text(BOX - height),
                            text(step * (1 - GAP)),
                            text(height),
                            "%s: %s %.1f %%, %s %.1f %%"
                                    .formatted(
                                            slot.label(),
                                            before,
                                            100 * slot.before(),
                                            after,
                                            100 * slot.after())));
            var level = text(BOX - BOX * 100 * slot.after() / top);
            line.append(
                    " L%s %s L%s %s".formatted(text(step * i), level, text(step * (i + 1)), level));
            rows.add(List.of(slot.label(), 100 * slot.before(), 100 * slot.after()));
        }
        return new Shares(
                List.copyOf(bars),
                line.append(" L1000 1000").toString(),
                ticks(binning, slots),
                Chart.number(top) + " %",
                Chart.number(top / 2) + " %",
                new Table(
                        name + "-distribution",
                        "Distribution",
                        List.of(
                                binning instanceof Categories ? "Category" : "Values",
                                before + " %",
                                after + " %"),
                        rows));
    }

    private static List<Tick> ticks(Binning binning, List<Slot> slots) {
        var ticks = new ArrayList<Tick>();
        if (binning instanceof QuantileBins bins) {
            double[] ends = Distribution.ends(bins);
            for (int i = 0; i < TICKS; i++) {
                double part = i / (TICKS - 1.0);
                ticks.add(
                        new Tick(
                                text(100 * part),
                                brief(ends[0] + part * (ends[1] - ends[0])),
                                i == 0 ? "" : i == TICKS - 1 ? "end" : "mid"));
            }
        } else {
            int every = Math.ceilDiv(slots.size(), NAMED);
            for (int i = 0; i < slots.size(); i += every) {
                var label = slots.get(i).label();
                ticks.add(
                        new Tick(
                                text(100 * (i + 0.5) / slots.size()),
                                label.length() > LONGEST
                                        ? label.substring(0, LONGEST - 1) + "…"
                                        : label,
                                ticks.size() % 2 == 0 ? "mid" : "mid alt"));
            }
        }
        return ticks;
    }

    private static List<Slot> spread(
            QuantileBins bins, long[] reference, long[] now, double all0, double all) {
        var before = Distribution.spread(bins, reference, MOST);
        var after = Distribution.spread(bins, now, MOST);
        double[] ends = Distribution.ends(bins);
        double width = (ends[1] - ends[0]) / MOST;
        var slots = new ArrayList<Slot>();
        for (int i = 0; i < MOST; i++) {
            var to = brief(ends[0] + (i + 1) * width);
            var from = brief(ends[0] + i * width);
            var label =
                    i == 0 ? "up to " + to : i == MOST - 1 ? "above " + from : from + " to " + to;
            slots.add(new Slot(label, before[i] / all0, after[i] / all));
        }
        return slots;
    }

    private static List<Slot> values(
            DistinctValues values, long[] reference, long[] now, double all0, double all) {
        var slots = new ArrayList<Slot>();
        long others0 = 0;
        long others = 0;
        for (int i = 0; i < reference.length; i++) {
            if (i % 2 == 1) {
                slots.add(
                        new Slot(plain(values.values()[i / 2]), reference[i] / all0, now[i] / all));
            } else {
                others0 += reference[i];
                others += now[i];
            }
        }
        slots.add(new Slot("other numbers", others0 / all0, others / all));
        return slots;
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private static List<Slot> categories(
            Categories names, long[] reference, long[] now, double all0, double all) {
        var slots = new ArrayList<Slot>();
        int named = Math.min(names.names().size(), MOST - 2);
        for (int i = 0; i < named; i++) {
            slots.add(new Slot(names.names().get(i), reference[i] / all0, now[i] / all));
        }
        long rest0 = 0;
        long rest = 0;
        int last = reference.length - 1;
        for (int i = named; i < last; i++) {
            rest0 += reference[i];
            rest += now[i];
        }
        if (rest0 + rest > 0) {
            slots.add(new Slot("all others", rest0 / all0, rest / all));
        }
        slots.add(new Slot("never seen before", reference[last] / all0, now[last] / all));
        return slots;
    }

    /** A number without zeros that say nothing. */
    private static String brief(double number) {
        var text = Table.figure(number);
        return text.contains(".") && !text.contains("e")
                ? text.replaceAll("0+$", "").replaceAll("\\.$", "")
                : text;
    }

    private static String text(double number) {
        var text = String.format(Locale.ROOT, "%.1f", number);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}
