package dev.atelier.monitoring.statistics;

import java.util.Arrays;

/**
 * What one column had in one window. Counts add up exactly in any order, moments but for rounding.
 *
 * @param missing values that were not there or null
 * @param nonFinite not a number, or infinite
 * @param wrongType text where a number belongs, or the other way round
 * @param cells of all other values, as the {@link Binning} of the reference has them
 * @param moments of the numbers in the cells; none of categories
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record Counts(long missing, long nonFinite, long wrongType, long[] cells, Moments moments) {

    public static Counts none(Binning binning) {
        return new Counts(0, 0, 0, new long[binning.cells()], Moments.NONE);
    }

    /**
     * @throws IllegalArgumentException when the two were counted in other cells
     */
    public Counts plus(Counts other) {
        if (cells.length != other.cells.length) {
            throw new IllegalArgumentException(
                    "counts of " + cells.length + " cells do not add to " + other.cells.length);
        }
        var sums = new long[cells.length];
        Arrays.setAll(sums, i -> cells[i] + other.cells[i]);
        return new Counts(
                missing + other.missing,
                nonFinite + other.nonFinite,
                wrongType + other.wrongType,
                sums,
                moments.plus(other.moments));
    }

    /** Values that could be used. */
    public long usable() {
        return Arrays.stream(cells).sum();
    }

    /** All values, also those that could not be used. */
    public long all() {
        return usable() + missing + nonFinite + wrongType;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Counts that
                && missing == that.missing
                && nonFinite == that.nonFinite
                && wrongType == that.wrongType
                && Arrays.equals(cells, that.cells)
                && moments.equals(that.moments);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(cells) + moments.hashCode();
    }
}
