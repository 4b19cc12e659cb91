package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Values of many runs on parallel axes, and of two of them against each other. Chosen runs stand in
 * front of others of the same experiment.
 */
final class Parallel {

    /**
     * An axis.
     *
     * @param place in per cent from the left
     * @param css class of its title, so that the outer ones stay inside
     */
    record Axis(
            String title, String place, String titlePlace, String css, String top, String bottom) {}

    /**
     * @param paths of the others, behind
     */
    record Coordinates(
            List<Axis> axes,
            List<Drawn> lines,
            List<String> paths,
            List<String> columns,
            List<Row> table,
            String finding) {}

    record Drawn(String title, String colour, String style, String path) {}

    record Row(String title, List<String> values) {}

    /**
     * A chosen run in the scatter.
     *
     * @param x in per cent
     * @param y in pixels
     * @param css class that puts its label to the side where there is room
     */
    record Mark(
            String title,
            String colour,
            String shape,
            String x,
            String y,
            String labelX,
            String labelY,
            String css) {}

    record Spot(String x, String y) {}

    record Scatter(
            String xTitle,
            String yTitle,
            List<Plot.Tick> up,
            List<Plot.Tick> along,
            List<Spot> others,
            List<Mark> marks,
            List<Row> table,
            String finding) {}

    private static final int SCATTER_HEIGHT = 310;

    private final List<Compared.Head> heads;
    private final List<Run> others;
    private final Map<UUID, Map<Column, String>> cells;

    Parallel(List<Compared.Head> heads, List<Run> others, Map<UUID, Map<Column, String>> cells) {
        this.heads = heads;
        this.others = others;
        this.cells = cells;
    }

    private @Nullable String text(Run run, Column column) {
        return cells.getOrDefault(run.id(), Map.of()).get(column);
    }

    /** An axis of numbers, or of texts in their order. */
    private record Measured(Column column, Scale scale, List<String> texts) {

        OptionalDouble of(@Nullable String text) {
            if (text == null) {
                return OptionalDouble.empty();
            }
            if (!texts.isEmpty()) {
                return OptionalDouble.of(texts.indexOf(text));
            }
            var value = number(text);
            return value.isPresent() && Double.isFinite(value.getAsDouble())
                    ? value
                    : OptionalDouble.empty();
        }

        OptionalDouble part(@Nullable String text) {
            var value = of(text);
            return value.isEmpty() ? value : OptionalDouble.of(scale.part(value.getAsDouble()));
        }

        String label(double value) {
            if (texts.isEmpty()) {
                return Figures.number(value);
            }
            var text = texts.get((int) Math.clamp(Math.round(value), 0, texts.size() - 1));
            return text.length() <= 14 ? text : text.substring(0, 13) + "…";
        }
    }

    private static OptionalDouble number(String text) {
        try {
            return OptionalDouble.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    private Measured measure(Column column, boolean padded) {
        var texts = new TreeSet<String>();
        var numbers = new ArrayList<Double>();
        var numeric = true;
        for (var run : all()) {
            var text = text(run, column);
            if (text == null) {
                continue;
            }
            texts.add(text);
            var value = number(text);
            if (value.isEmpty()) {
                numeric = false;
            } else if (Double.isFinite(value.getAsDouble())) {
                numbers.add(value.getAsDouble());
            }
        }
        var values = numbers.stream().mapToDouble(value -> value).toArray();
        if (numeric) {
            return new Measured(
                    column,
                    padded ? Scale.padded(values, false) : Scale.of(values, false),
                    List.of());
        }
        return new Measured(
                column,
                padded
                        ? new Scale(-0.5, texts.size() - 0.5, false)
                        : new Scale(0, Math.max(1, texts.size() - 1), false),
                List.copyOf(texts));
    }

    private List<Run> all() {
        var all = new ArrayList<>(others);
        heads.forEach(head -> all.add(head.run()));
        return all;
    }

    Coordinates coordinates(List<Column> columns) {
        var axes = columns.stream().map(column -> measure(column, false)).toList();
        var drawn = new ArrayList<Axis>();
        for (int i = 0; i < axes.size(); i++) {
            var axis = axes.get(i);
            var place = place(i, axes.size());
            var outer = i == 0 ? "" : i == axes.size() - 1 ? "end" : "mid";
            drawn.add(
                    new Axis(
                            shortened(axis.column.key()),
                            Plot.plain(place) + "%",
                            i == 0 ? "0%" : i == axes.size() - 1 ? "100%" : Plot.plain(place) + "%",
                            outer,
                            axis.scale.empty() ? "" : axis.label(axis.scale.high()),
                            axis.scale.empty() ? "" : axis.label(axis.scale.low())));
        }
        return new Coordinates(
                drawn,
                heads.stream()
                        .map(
                                head ->
                                        new Drawn(
                                                head.name(),
                                                head.colour(),
                                                head.style(),
                                                path(head.run(), axes)))
                        .toList(),
                others.stream()
                        .map(run -> path(run, axes))
                        .filter(path -> path.indexOf('L') > 0)
                        .toList(),
                columns.stream().map(Column::key).toList(),
                heads.stream().map(head -> row(head, columns)).toList(),
                "%d settings and results as parallel axes for %d runs"
                        .formatted(axes.size(), all().size()));
    }

    private static double place(int i, int count) {
        return count == 1 ? 50 : 6 + 88.0 * i / (count - 1);
    }

    private static String shortened(String key) {
        return key.length() <= 16 ? key : key.substring(0, 15) + "…";
    }

    /** A run that lacks a value has a gap there. */
    private String path(Run run, List<Measured> axes) {
        var path = new StringBuilder();
        var open = false;
        for (int i = 0; i < axes.size(); i++) {
            var part = axes.get(i).part(text(run, axes.get(i).column));
            if (part.isPresent()) {
                path.append(open ? "L" : "M")
                        .append(Plot.plain(10 * place(i, axes.size())))
                        .append(' ')
                        .append(Plot.plain(1000 - 1000 * part.getAsDouble()));
            }
            open = part.isPresent();
        }
        return path.toString();
    }

    private Row row(Compared.Head head, List<Column> columns) {
        return new Row(
                head.name(),
                columns.stream()
                        .map(
                                column -> {
                                    var text = text(head.run(), column);
                                    return text == null
                                            ? ""
                                            : column.kind() == Column.Kind.METRIC
                                                    ? Figures.number(Double.parseDouble(text))
                                                    : text;
                                })
                        .toList());
    }

    Scatter scatter(Column xColumn, Column yColumn) {
        var x = measure(xColumn, true);
        var y = measure(yColumn, true);
        var spots = new ArrayList<Spot>();
        for (var run : others) {
            var across = x.part(text(run, xColumn));
            var upwards = y.part(text(run, yColumn));
            if (across.isPresent() && upwards.isPresent()) {
                spots.add(
                        new Spot(
                                Plot.plain(100 * across.getAsDouble()) + "%",
                                Plot.plain(pixel(upwards.getAsDouble()))));
            }
        }
        var marks = new ArrayList<Mark>();
        for (var head : heads) {
            var across = x.part(text(head.run(), xColumn));
            var upwards = y.part(text(head.run(), yColumn));
            if (across.isPresent() && upwards.isPresent()) {
                var right = across.getAsDouble() > 0.5;
                var at = pixel(upwards.getAsDouble());
                marks.add(
                        new Mark(
                                head.name(),
                                head.colour(),
                                head.shape(),
                                Plot.plain(100 * across.getAsDouble()) + "%",
                                Plot.plain(at),
                                Plot.plain(100 * across.getAsDouble() + (right ? -1.6 : 1.6)) + "%",
                                Plot.plain(at + 4),
                                right ? "end" : ""));
            }
        }
        return new Scatter(
                xColumn.key(),
                yColumn.key(),
                ticks(y).stream()
                        .map(
                                value ->
                                        new Plot.Tick(
                                                Plot.plain(pixel(y.scale.part(value))),
                                                y.label(value),
                                                Plot.plain(pixel(y.scale.part(value)) - 4)))
                        .toList(),
                ticks(x).stream()
                        .map(
                                value ->
                                        new Plot.Tick(
                                                Plot.plain(100 * x.scale.part(value)) + "%",
                                                x.label(value),
                                                "mid"))
                        .toList(),
                spots,
                marks,
                heads.stream().map(head -> row(head, List.of(xColumn, yColumn))).toList(),
                "%s against %s for %d runs"
                        .formatted(yColumn.key(), xColumn.key(), spots.size() + marks.size()));
    }

    private static List<Double> ticks(Measured axis) {
        if (axis.texts.isEmpty()) {
            return axis.scale.ticks();
        }
        var ticks = new ArrayList<Double>();
        int every = Math.max(1, (axis.texts.size() + 5) / 6);
        for (int i = 0; i < axis.texts.size(); i += every) {
            ticks.add((double) i);
        }
        return ticks;
    }

    private static double pixel(double part) {
        return 16 + (SCATTER_HEIGHT - 40) * (1 - part);
    }
}
