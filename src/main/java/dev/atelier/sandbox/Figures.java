package dev.atelier.sandbox;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people and pictures want them. */
final class Figures {

    private Figures() {}

    static String percent(double share) {
        var percent = share * 100;
        return !Double.isFinite(share)
                ? "not a number"
                : percent > 0 && percent < 1
                        ? "under 1 %"
                        : percent > 99 && percent < 100 ? "over 99 %" : Math.round(percent) + " %";
    }

    static String width(double share) {
        return plain(Double.isFinite(share) ? Math.clamp(share, 0, 1) * 100 : 0);
    }

    /** A number for SVG: a point, no grouping. */
    static String plain(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    static String decimal(double value, int decimals) {
        return Double.isFinite(value)
                ? String.format(Locale.ROOT, "%,." + decimals + "f", value).replace(',', '\u202f')
                : Double.toString(value);
    }

    /** At most four significant digits, no trailing zeros. */
    static String compact(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e6) {
            return Form.number(value);
        }
        var rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
        var exponent = rounded.precision() - rounded.scale();
        return exponent > 9 || exponent < -4 ? rounded.toString() : rounded.toPlainString();
    }
}
