package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;
import org.jspecify.annotations.Nullable;

record Value(String title, String text, @Nullable String unit, String sentence) implements Part {
    @Override
    public String summary() {
        return unit == null ? text : text + " " + unit;
    }

    static Value of(Output output, double value) {
        var decimals =
                output.decimals() == null
                        ? significant(value)
                        : Math.clamp(output.decimals(), 0, 10);
        return new Value(
                output.label(),
                Figures.decimal(value, decimals),
                output.unit(),
                output.error() == null
                        ? ""
                        : "On data it had not seen it was off by %s%s on average."
                                .formatted(
                                        Figures.decimal(output.error(), decimals),
                                        output.unit() == null ? "" : " " + output.unit()));
    }

    private static int significant(double value) {
        var magnitude = value == 0 ? 0 : (int) Math.floor(Math.log10(Math.abs(value)));
        return Math.clamp(2 - magnitude, 0, 6);
    }
}
