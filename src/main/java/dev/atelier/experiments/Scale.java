package dev.atelier.experiments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An axis.
 *
 * @param low NaN when there is nothing to show
 */
record Scale(double low, double high, boolean logarithmic) {

    static Scale of(double[] values, boolean logarithmic) {
        var range = Arrays.stream(values).summaryStatistics();
        return values.length == 0
                ? new Scale(Double.NaN, Double.NaN, logarithmic)
                : new Scale(range.getMin(), range.getMax(), logarithmic);
    }

    /** With some room above and below. */
    static Scale padded(double[] values, boolean logarithmic) {
        var tight = of(values, logarithmic);
        if (tight.empty()) {
            return tight;
        }
        if (logarithmic) {
            return tight.low == tight.high
                    ? new Scale(tight.low / 2, tight.high * 2, true)
                    : new Scale(tight.low / 1.05, tight.high * 1.05, true);
        }
        var room =
                tight.low == tight.high
                        ? Math.max(Math.abs(tight.low) * 0.1, 1e-9)
                        : tight.high * 0.05 - tight.low * 0.05;
        // Numbers near the greatest there are have no room above them.
        return new Scale(
                Math.max(-Double.MAX_VALUE, tight.low - room),
                Math.min(Double.MAX_VALUE, tight.high + room),
                false);
    }

    boolean empty() {
        return Double.isNaN(low);
    }

    /** Where a value is, from 0 at the low end to 1 at the high one. */
    double part(double value) {
        if (low == high) {
            return 0.5;
        }
        return logarithmic
                ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
                // Halved: the extent itself may be more than a number can hold.
                : (value / 2 - low / 2) / (high / 2 - low / 2);
    }

    /** A few round values inside. */
    List<Double> ticks() {
        var ticks = new ArrayList<Double>();
        if (empty() || low == high) {
            return ticks;
        }
        if (logarithmic && Math.log10(high) - Math.log10(low) > 1) {
            var from = (int) Math.ceil(Math.log10(low));
            var to = (int) Math.floor(Math.log10(high));
            var every = Math.max(1, (to - from + 3) / 4);
            for (int power = from; power <= to; power += every) {
                ticks.add(Math.pow(10, power));
            }
            return ticks;
        }
        var step = round(high / 6 - low / 6);
        for (var tick = Math.ceil(low / step) * step;
                tick <= high && ticks.size() < 10;
                tick += step) {
            // Sums of 0.1 are seldom round.
            ticks.add(Math.abs(tick) < step * 1e-9 ? 0 : tick);
        }
        return ticks;
    }

    /** The next of 1, 2, 5 × 10ⁿ. */
    private static double round(double value) {
        var power = Math.pow(10, Math.floor(Math.log10(value)));
        for (var factor : new double[] {1, 2, 5}) {
            if (value <= factor * power * (1 + 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
