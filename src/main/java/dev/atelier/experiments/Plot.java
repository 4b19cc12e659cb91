package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Geometry of a chart of metrics. Paths run over a 1000 × 1000 box that the page stretches; colour
 * and line style come from the style sheet.
 *
 * @param left out values that the chart cannot show: not above zero on a logarithmic axis
 */
record Plot(
        String title,
        List<Line> lines,
        List<Tick> up,
        List<Tick> along,
        int height,
        String finding,
        String xTitle,
        List<String> columns,
        List<TableRow> table,
        boolean left) {

    /** What the horizontal axis is. */
    enum Axis {
        STEP("step", "Step"),
        RELATIVE("relative", "Time since the first point"),
        TIME("time", "Time");

        private final String id;
        private final String title;

        Axis(String id, String title) {
            this.id = id;
            this.title = title;
        }

        String id() {
            return id;
        }

        String title() {
            return title;
        }

        static Axis of(@Nullable String id) {
            for (var axis : values()) {
                if (axis.id.equals(id)) {
                    return axis;
                }
            }
            return STEP;
        }

        private double of(Curves.Bucket bucket, double first) {
            return switch (this) {
                case STEP -> bucket.step();
                case TIME -> bucket.at();
                case RELATIVE -> bucket.at() - first;
            };
        }

        private String words(double value, double extent) {
            return switch (this) {
                case STEP -> Figures.number(Math.rint(value));
                case RELATIVE -> Figures.duration(Math.max(0, Math.round(value)));
                case TIME ->
                        (extent > 36 * 3_600_000.0 ? DAY : CLOCK)
                                .format(
                                        Instant.ofEpochMilli(Math.round(value))
                                                .atZone(ZoneId.systemDefault()));
            };
        }
    }

    /**
     * How it is drawn.
     *
     * @param smoothing 0 for none, below 1: how much of what was is kept at each point
     */
    record Look(Axis axis, boolean logarithmic, double smoothing, int height) {}

    /** What is drawn as one line. */
    record Series(String title, String colour, String style, List<Curves.Bucket> buckets) {}

    /**
     * @param raw without smoothing, empty when it is the line itself
     * @param band from the least to the greatest of each part, empty when all points are shown
     */
    record Line(String title, String colour, String style, String path, String raw, String band) {}

    /**
     * @param place in pixels from the top, or in per cent from the left
     * @param css class of the label
     */
    record Tick(String place, String label, String css) {}

    record TableRow(String x, List<String> values) {}

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM uuuu", Locale.ENGLISH);
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ENGLISH);
    private static final int TABLE = 20;
    private static final int BOX = 1_000;
    private static final int SPARK_BOX = 100;

    /** Pixels above the lines, and below them. */
    private static final int ABOVE = 16;

    private static final int BELOW = 22;

    private record Spot(double x, double y, double least, double greatest, long points) {}

    static Plot of(String title, List<Series> series, Look look) {
        var first =
                series.stream()
                        .flatMap(one -> one.buckets.stream())
                        .mapToLong(Curves.Bucket::at)
                        .min()
                        .orElse(0);
        var spots = new ArrayList<List<Spot>>();
        var left = false;
        for (var one : series) {
            // Runs start at different times: each begins its own.
            var begin =
                    look.axis == Axis.RELATIVE && !one.buckets.isEmpty()
                            ? one.buckets.stream().mapToLong(Curves.Bucket::at).min().orElse(first)
                            : first;
            var own = new ArrayList<Spot>();
            for (var bucket : one.buckets) {
                if (look.logarithmic && bucket.least() <= 0) {
                    left = true;
                    continue;
                }
                own.add(
                        new Spot(
                                look.axis.of(bucket, begin),
                                bucket.last(),
                                bucket.least(),
                                bucket.greatest(),
                                bucket.points()));
            }
            own.sort(Comparator.comparingDouble(Spot::x));
            spots.add(own);
        }
        var all = spots.stream().flatMap(Collection::stream).toList();
        var x = Scale.of(all.stream().mapToDouble(Spot::x).toArray(), false);
        var y =
                Scale.padded(
                        all.stream()
                                .flatMapToDouble(spot -> DoubleStream.of(spot.least, spot.greatest))
                                .toArray(),
                        look.logarithmic);
        var lines = new ArrayList<Line>();
        for (int i = 0; i < series.size(); i++) {
            var own = spots.get(i);
            var smooth = look.smoothing > 0 ? smoothed(own, look.smoothing) : own;
            lines.add(
                    new Line(
                            series.get(i).title,
                            series.get(i).colour,
                            series.get(i).style,
                            path(smooth, x, y),
                            look.smoothing > 0 ? path(own, x, y) : "",
                            own.stream().anyMatch(spot -> spot.points > 1) ? band(own, x, y) : ""));
        }
        return new Plot(
                title,
                lines,
                up(y, look.height),
                along(x, look.axis),
                look.height,
                finding(title, series, look),
                look.axis.title,
                series.stream().map(Series::title).toList(),
                table(spots, x, look.axis),
                left);
    }

    public boolean empty() {
        return lines.stream().allMatch(line -> line.path.isEmpty());
    }

    public int base() {
        return height - BELOW;
    }

    public int labels() {
        return height - 3;
    }

    public int inner() {
        return height - ABOVE - BELOW;
    }

    /**
     * Exponential smoothing, corrected for its beginning (as Adam corrects its averages): the first
     * points are not drawn to zero. It goes over what is drawn: of a long history over its parts.
     */
    private static List<Spot> smoothed(List<Spot> spots, double kept) {
        var out = new ArrayList<Spot>();
        double sum = 0;
        double weight = 0;
        for (var spot : spots) {
            sum = kept * sum + (1 - kept) * spot.y;
            weight = kept * weight + (1 - kept);
            out.add(
                    new Spot(
                            spot.x,
                            weight == 0 ? spot.y : sum / weight,
                            spot.least,
                            spot.greatest,
                            spot.points));
        }
        return out;
    }

    /** From spot to spot over a square box. */
    private static StringBuilder line(
            List<Spot> spots, ToDoubleFunction<Spot> height, Scale x, Scale y, int box) {
        var path = new StringBuilder();
        for (var spot : spots) {
            path.append(path.isEmpty() ? "M" : "L")
                    .append(plain(box * x.part(spot.x)))
                    .append(' ')
                    .append(plain(box - box * y.part(height.applyAsDouble(spot))));
        }
        return path;
    }

    private static String path(List<Spot> spots, Scale x, Scale y) {
        var path = line(spots, Spot::y, x, y, BOX);
        if (spots.size() == 1) {
            // A lone point has no length: give it some to both sides, or nobody sees it.
            path.append("m-6 0h12");
        }
        return path.toString();
    }

    private static String band(List<Spot> spots, Scale x, Scale y) {
        var path = line(spots, Spot::greatest, x, y, BOX);
        for (var spot : spots.reversed()) {
            path.append('L')
                    .append(plain(BOX * x.part(spot.x)))
                    .append(' ')
                    .append(plain(BOX - BOX * y.part(spot.least)));
        }
        return path.append('Z').toString();
    }

    private static List<Tick> up(Scale y, int height) {
        var inner = height - ABOVE - BELOW;
        return y.ticks().stream()
                .map(
                        value ->
                                new Tick(
                                        plain(ABOVE + inner * (1 - y.part(value))),
                                        Figures.number(value),
                                        plain(ABOVE + inner * (1 - y.part(value)) - 4)))
                .toList();
    }

    private static List<Tick> along(Scale x, Axis axis) {
        if (x.empty()) {
            return List.of();
        }
        var ticks = new ArrayList<Tick>();
        var parts = x.low() == x.high() ? 1 : 5;
        for (int i = 0; i < parts; i++) {
            ticks.add(
                    new Tick(
                            25 * i + "%",
                            axis.words(x.low() + (x.high() - x.low()) * i / 4, x.high() - x.low()),
                            i == 0 ? "" : i == 4 ? "end" : i == 2 ? "mid" : "mid alt"));
        }
        return ticks;
    }

    private static List<TableRow> table(List<List<Spot>> spots, Scale x, Axis axis) {
        if (x.empty()) {
            return List.of();
        }
        var places =
                spots.stream()
                        .flatMap(List::stream)
                        .mapToDouble(Spot::x)
                        .distinct()
                        .sorted()
                        .toArray();
        var rows = new ArrayList<TableRow>();
        int count = Math.min(TABLE, places.length);
        for (int i = 0; i < count; i++) {
            var place =
                    places[count == 1 ? 0 : (int) ((long) i * (places.length - 1) / (count - 1))];
            rows.add(
                    new TableRow(
                            axis.words(place, x.high() - x.low()),
                            spots.stream().map(own -> at(own, place)).toList()));
        }
        return rows;
    }

    /** The last value up to there. */
    private static String at(List<Spot> spots, double place) {
        var value = "";
        for (var spot : spots) {
            if (spot.x > place) {
                break;
            }
            value = Figures.number(spot.y);
        }
        return value;
    }

    private static String finding(String title, List<Series> series, Look look) {
        var parts = new ArrayList<String>();
        for (var one : series) {
            if (!one.buckets.isEmpty()) {
                parts.add(
                        "%s from %s to %s, lowest %s, highest %s"
                                .formatted(
                                        one.title,
                                        Figures.number(one.buckets.getFirst().last()),
                                        Figures.number(one.buckets.getLast().last()),
                                        Figures.number(
                                                one.buckets.stream()
                                                        .mapToDouble(Curves.Bucket::least)
                                                        .min()
                                                        .orElse(0)),
                                        Figures.number(
                                                one.buckets.stream()
                                                        .mapToDouble(Curves.Bucket::greatest)
                                                        .max()
                                                        .orElse(0))));
            }
        }
        return "%s by %s%s. %s"
                .formatted(
                        title,
                        look.axis.title.toLowerCase(Locale.ROOT),
                        look.logarithmic ? ", logarithmic" : "",
                        String.join("; ", parts));
    }

    static String plain(double value) {
        var text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /** A small line for a table cell, over a 100 × 100 box; empty for fewer than two points. */
    static String spark(List<Curves.Bucket> buckets) {
        if (buckets.size() < 2) {
            return "";
        }
        var byStep = buckets.getFirst().step() < buckets.getLast().step();
        var spots =
                buckets.stream()
                        .map(
                                b ->
                                        new Spot(
                                                byStep ? b.step() : b.at(),
                                                b.last(),
                                                b.least(),
                                                b.greatest(),
                                                1))
                        .toList();
        var x = Scale.of(spots.stream().mapToDouble(Spot::x).toArray(), false);
        var y = Scale.padded(spots.stream().mapToDouble(Spot::y).toArray(), false);
        return line(spots, Spot::y, x, y, SPARK_BOX).toString();
    }
}
