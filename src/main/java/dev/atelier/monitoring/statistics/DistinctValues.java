package dev.atelier.monitoring.statistics;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A cell for each number of a reference that has few, and one for each gap: cell 0 lies below the
 * first number, {@code 2 i + 1} is number i, {@code 2 i + 2} lies between it and the next, the last
 * above all. A constant is one number.
 *
 * @param values rising
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record DistinctValues(double[] values) implements NumericBinning {

    @Override
    public int cells() {
        return 2 * values.length + 1;
    }

    @Override
    public double[] rising() {
        return values;
    }

    @Override
    public int cell(double value, int first) {
        return first < values.length && values[first] == value ? 2 * first + 1 : 2 * first;
    }

    @Override
    public NumericBinning rounded(DoubleUnaryOperator rounding) {
        return new DistinctValues(Arrays.stream(values).map(rounding).toArray());
    }

    @Override
    public long outOfRange(long[] cells) {
        return cells.length == 1 ? 0 : cells[0] + cells[cells.length - 1];
    }

    @Override
    public long unseen(long[] cells) {
        return gaps(cells) - outOfRange(cells);
    }

    private static long gaps(long[] cells) {
        long gaps = 0;
        for (int i = 0; i < cells.length; i += 2) {
            gaps += cells[i];
        }
        return gaps;
    }

    /**
     * Neighbouring numbers, at most ten groups, and one more of all that the reference did not
     * have.
     */
    @Override
    public Groups groups(long[] reference) {
        var numbers = new long[values.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = reference[2 * i + 1];
        }
        var neighbours = Groups.neighbours(numbers, QuantileBins.GROUPS);
        var of = new int[cells()];
        Arrays.fill(of, neighbours.count());
        for (int i = 0; i < numbers.length; i++) {
            of[2 * i + 1] = neighbours.of()[i];
        }
        return new Groups(of, neighbours.count() + 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DistinctValues(double[] others) && Arrays.equals(values, others);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }
}
