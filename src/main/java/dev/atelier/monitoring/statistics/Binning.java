package dev.atelier.monitoring.statistics;

/**
 * How the values of one column are counted: in cells that the reference fixes and that never move,
 * so that the counts of any two windows can be added and compared.
 */
public sealed interface Binning permits NumericBinning, Categories {

    /**
     * Where more than one in so many values of the reference occurred once, further values it did
     * not have are to be expected, and are no news: their share is about that of what occurred once
     * (Good, 1953).
     */
    int RARELY_NEW = 1000;

    /** How many cells there are. */
    int cells();

    /** Values below or above all of the reference; 0 of categories. */
    long outOfRange(long[] cells);

    /** Values within the range of the reference that it did not have, where such are told apart. */
    long unseen(long[] cells);

    /**
     * Few groups of cells that distances are taken over: a stability index of a hundred cells is
     * mostly noise at some hundred rows, of ten it is not. They follow from the reference alone.
     *
     * @param reference counts of its cells
     */
    Groups groups(long[] reference);

    /** Whether a value the reference did not have is news. */
    static boolean closed(long once, long all) {
        return Math.multiplyHigh(once, RARELY_NEW) == 0 && once * RARELY_NEW <= all;
    }
}
