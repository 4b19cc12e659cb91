package dev.atelier.monitoring.statistics;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/** Cells of a numeric column, in the order of the numbers. */
public sealed interface NumericBinning extends Binning permits QuantileBins, DistinctValues {

    /** With so many different numbers, or fewer, each is a cell of its own. */
    int MOST_VALUES = 50;

    /** The numbers that part the cells; not to be changed. */
    double[] rising();

    /**
     * The cell of a number.
     *
     * @param value finite
     * @param first the first place among {@link #rising} that holds it or more
     */
    int cell(double value, int first);

    /**
     * The cell of a number.
     *
     * @param value finite
     */
    default int cell(double value) {
        return cell(value, firstFrom(rising(), value));
    }

    /**
     * The same cells for numbers that came in less precision than the reference has: its bounds,
     * made coarse in the same way. Otherwise 0.1 in single precision, which is a little more, would
     * lie above a bound of 0.1, or be a number that the reference never had.
     *
     * @param rounding never falls where its argument rises
     */
    NumericBinning rounded(DoubleUnaryOperator rounding);

    /** The first place of an array that holds a number or more; its length where none does. */
    static int firstFrom(double[] rising, double value) {
        int begin = 0;
        int left = rising.length;
        while (left > 0) {
            int half = left >>> 1;
            boolean below = rising[begin + half] < value;
            begin = below ? begin + half + 1 : begin;
            left = below ? left - half - 1 : half;
        }
        return begin;
    }

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

    /** Minus zero as zero, which are different to an array of objects and to JSON. */
    static double plain(double value) {
        return value + 0.0;
    }
}
