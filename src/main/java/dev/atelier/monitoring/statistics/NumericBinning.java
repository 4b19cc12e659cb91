package dev.atelier.monitoring.statistics;

import java.util.Arrays;

/** Cells of a numeric column, in the order of the numbers. */
public sealed interface NumericBinning extends Binning permits QuantileBins, DistinctValues {

    /** With so many different numbers, or fewer, each is a cell of its own. */
    int MOST_VALUES = 50;

    /**
     * The cell of a number.
     *
     * @param value finite
     */
    int cell(double value);

    /**
     * What suits the reference: {@link DistinctValues} where there are few and each came often,
     * {@link QuantileBins} otherwise.
     *
     * @param sorted finite, rising
     */
    static NumericBinning of(double[] sorted) {
        if (sorted.length == 0) {
            return new DistinctValues(sorted);
        }
        var distinct = Arrays.stream(sorted).map(NumericBinning::plain).distinct().toArray();
        return distinct.length <= MOST_VALUES && Binning.closed(once(sorted), sorted.length)
                ? new DistinctValues(distinct)
                : QuantileBins.of(sorted);
    }

    private static long once(double[] sorted) {
        long once = 0;
        for (int i = 0; i < sorted.length; i++) {
            boolean asBefore = i > 0 && sorted[i] == sorted[i - 1];
            boolean asAfter = i + 1 < sorted.length && sorted[i] == sorted[i + 1];
            once += asBefore || asAfter ? 0 : 1;
        }
        return once;
    }

    /** Minus zero as zero: searching an array would tell them apart. */
    static double plain(double value) {
        return value + 0.0;
    }
}
