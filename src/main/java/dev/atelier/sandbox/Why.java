package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An explanation as the page shows it: the fields that moved the answer most, the rest together.
 *
 * @param method one sentence on how it was found and how sure it is
 */
record Why(
        Target target,
        String answer,
        String average,
        List<Bar> bars,
        String method,
        String check,
        boolean sampled) {

    private static final int SHOWN = 8;

    /**
     * A field's part.
     *
     * @param x left end and {@code width} in percent of the plot, the middle is no effect
     * @param error half the width of the error bar in percent, "0" when exact
     */
    record Bar(
            String field,
            String value,
            String amount,
            boolean raises,
            String x,
            String width,
            String errorFrom,
            String errorTo) {}

    static Why of(
            Form form,
            Object[] row,
            List<double[]> background,
            Shapley.Explanation found,
            Target target,
            long millis) {
        var order =
                IntStream.range(0, row.length)
                        .boxed()
                        .sorted(
                                Comparator.comparingDouble(
                                        i -> -Math.abs(found.contributions()[i])))
                        .toList();
        // A field that the form does not show cannot move the answer: it is the same in every row.
        var shown = order.size() <= SHOWN + 1 ? order : order.subList(0, SHOWN);
        var rest = order.subList(shown.size(), order.size());
        var restSum = rest.stream().mapToDouble(i -> found.contributions()[i]).sum();
        var largest =
                Math.max(
                        Math.abs(restSum),
                        shown.stream()
                                .mapToDouble(
                                        i -> Math.abs(found.contributions()[i]) + found.errors()[i])
                                .max()
                                .orElse(0));
        var bars = new ArrayList<Bar>();
        for (int i : shown) {
            var field = form.fields().get(i);
            bars.add(
                    bar(
                            field.label(),
                            standing(field, row[i], background.get(i)),
                            found.contributions()[i],
                            found.errors()[i],
                            largest,
                            target));
        }
        if (!rest.isEmpty()) {
            bars.add(bar(rest.size() + " other fields", "together", restSum, 0, largest, target));
        }
        var method =
                found.exact()
                        ? "Shapley values, exact over all combinations: %s model rows in %d ms."
                                .formatted(Figures.decimal(found.rows(), 0), millis)
                        : "Shapley values sampled over orders of the fields, lines show one standard error: %s model rows in %d ms."
                                .formatted(Figures.decimal(found.rows(), 0), millis);
        var check =
                found.additivityGap() <= 1e-4
                        ? "The parts add up to the whole difference."
                        : "The parts miss the difference by %.2g: do not rely on this explanation."
                                .formatted(found.additivityGap());
        return new Why(
                target,
                target.text(found.value()),
                target.text(found.base()),
                bars,
                method,
                check,
                !found.exact());
    }

    static Bar bar(
            String name, String value, double part, double error, double largest, Target target) {
        var scale = largest == 0 ? 0 : 46 / largest;
        var length = Math.abs(part) * scale;
        var middle = 50 + part * scale;
        return new Bar(
                name,
                value,
                target.difference(part),
                part >= 0,
                Figures.plain(part >= 0 ? 50 : 50 - length),
                Figures.plain(length),
                Figures.plain(middle - error * scale),
                Figures.plain(middle + error * scale));
    }

    /** The value and how it lies among the background rows: "21.4 bar, higher than 9 in 10". */
    static String standing(Field field, Object value, double[] others) {
        return switch (field.type()) {
            case NUMBER -> {
                var number = (Double) value;
                var text =
                        Figures.compact(number) + (field.unit() == null ? "" : " " + field.unit());
                var below = java.util.Arrays.stream(others).filter(o -> o < number).count();
                var above = java.util.Arrays.stream(others).filter(o -> o > number).count();
                var share =
                        others.length == 0
                                ? 0.5
                                : (below + (others.length - below - above) / 2.0) / others.length;
                yield share >= 0.9
                        ? text + ", higher than " + Math.round(share * 10) + " in 10"
                        : share <= 0.1
                                ? text + ", lower than " + Math.round((1 - share) * 10) + " in 10"
                                : share > 0.35 && share < 0.65
                                        ? text + ", as usual"
                                        : text + (share > 0.5 ? ", rather high" : ", rather low");
            }
            case BOOLEAN -> value.equals(1.0) ? "yes" : "no";
            case CATEGORY ->
                    field.choices().stream()
                            .filter(
                                    c ->
                                            Form.text(c.value())
                                                    .equals(
                                                            value instanceof Double d
                                                                    ? Form.number(d)
                                                                    : value))
                            .map(c -> c.label())
                            .findFirst()
                            .orElse(String.valueOf(value));
            case CONSTANT, TEXT, IMAGE, AUDIO, TENSOR -> String.valueOf(value);
        };
    }
}
