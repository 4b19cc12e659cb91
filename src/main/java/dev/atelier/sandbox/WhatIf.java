package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Field;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One field swept over its range, everything else as entered.
 *
 * @param path the curve in a 1000 × 1000 box, or null for categories, which are bars
 */
record WhatIf(
        Field field,
        Target target,
        List<Point> points,
        @Nullable String path,
        String minimum,
        String maximum,
        String step,
        String now,
        String nowX,
        String nowText,
        String asked,
        String low,
        String high,
        @Nullable String thresholdY,
        String finding) {

    static final int STEPS = 60;

    record Point(String value, String text, String x, String width, boolean now) {}

    /** The values to ask for: evenly over the field's range, or its choices. */
    static Object[] values(Field field, Object now) {
        return switch (field.type()) {
            case NUMBER -> {
                var range = range(field, (Double) now);
                var values = new Object[STEPS + 1];
                for (int i = 0; i <= STEPS; i++) {
                    var value = range[0] + (range[1] - range[0]) * i / STEPS;
                    values[i] = field.integer() ? (double) Math.round(value) : value;
                }
                yield values;
            }
            case CATEGORY ->
                    field.choices().stream()
                            .map(
                                    c ->
                                            c.value().isNumber()
                                                    ? (Object) c.value().doubleValue()
                                                    : c.value().asText())
                            .toArray();
            case BOOLEAN -> new Object[] {0.0, 1.0};
            case CONSTANT, TEXT, IMAGE, AUDIO, TENSOR ->
                    throw new IllegalArgumentException("No sweep over " + field.type());
        };
    }

    private static double[] range(Field field, double now) {
        var low = field.minimum() != null ? field.minimum() : Math.min(0, now * 2);
        var high = field.maximum() != null ? field.maximum() : Math.max(1, now * 2);
        return new double[] {Math.min(low, now), Math.max(high, now)};
    }

    /**
     * @param results the target for each of {@link #values}
     * @param chosen value the person is looking at, with its result
     */
    static WhatIf of(
            Field field,
            Target target,
            Object[] values,
            double[] results,
            Object asked,
            Object chosen,
            double result) {
        var low = java.util.Arrays.stream(results).filter(Double::isFinite).min().orElse(0);
        var high = java.util.Arrays.stream(results).filter(Double::isFinite).max().orElse(1);
        if (target.share()) {
            low = 0;
            high = 1;
        } else if (high - low < 1e-12) {
            low -= 0.5;
            high += 0.5;
        }
        var numeric = field.type() == dev.atelier.inference.ModelInterface.FieldType.NUMBER;
        var points = new ArrayList<Point>();
        var path = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            var height = (results[i] - low) / (high - low);
            if (numeric) {
                path.append(i == 0 ? "M" : "L")
                        .append(Figures.plain(1000.0 * i / (values.length - 1)))
                        .append(' ')
                        .append(Figures.plain(1000 - 1000 * height));
            }
            if (!numeric || i % 10 == 0) {
                points.add(
                        new Point(
                                label(field, values[i]),
                                target.text(results[i]),
                                Figures.plain(100.0 * i / Math.max(1, values.length - 1)),
                                Figures.width(height),
                                values[i].equals(chosen)));
            }
        }
        var threshold = target.share() ? target.output().threshold() : null;
        var first = numeric ? (Double) values[0] : 0;
        var last = numeric ? (Double) values[values.length - 1] : 1;
        return new WhatIf(
                field,
                target,
                points,
                numeric ? path.toString() : null,
                Form.number(first),
                Form.number(last),
                field.integer() ? "1" : Form.number((last - first) / STEPS),
                numeric
                        ? Form.number((Double) chosen)
                        : Form.text(Form.node(String.valueOf(chosen))),
                numeric
                        ? Figures.width(((Double) chosen - first) / Math.max(1e-300, last - first))
                        : "0",
                target.text(result),
                label(field, asked),
                target.text(low),
                target.text(high),
                threshold == null ? null : Figures.plain(1000 - 1000 * threshold),
                finding(field, target, values, results));
    }

    private static String finding(Field field, Target target, Object[] values, double[] results) {
        var lowest = 0;
        var highest = 0;
        for (int i = 1; i < results.length; i++) {
            lowest = results[i] < results[lowest] ? i : lowest;
            highest = results[i] > results[highest] ? i : highest;
        }
        var threshold = target.share() ? target.output().threshold() : null;
        if (threshold != null) {
            for (int i = 1; i < results.length; i++) {
                if ((results[i - 1] >= threshold) != (results[i] >= threshold)) {
                    return "It crosses %s between %s and %s."
                            .formatted(
                                    Figures.percent(threshold),
                                    label(field, values[i - 1]),
                                    label(field, values[i]));
                }
            }
        }
        return results[highest] - results[lowest] < 1e-9
                ? "%s changes nothing here.".formatted(field.label())
                : "Lowest at %s (%s), highest at %s (%s)."
                        .formatted(
                                label(field, values[lowest]),
                                target.text(results[lowest]),
                                label(field, values[highest]),
                                target.text(results[highest]));
    }

    private static String label(Field field, Object value) {
        var text =
                switch (field.type()) {
                    case NUMBER -> Figures.compact((Double) value);
                    case BOOLEAN -> value.equals(1.0) ? "yes" : "no";
                    default -> Why.standing(field, value, new double[0]);
                };
        return field.unit() == null ? text : text + " " + field.unit();
    }
}
