package dev.atelier.monitoring.statistics;

import java.util.stream.LongStream;

/**
 * Cells taken together.
 *
 * @param of the group of each cell, from 0
 * @param count how many groups there are
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record Groups(int[] of, int count) {

    /**
     * Neighbouring cells, so that each group has about the same share of the reference.
     *
     * @param most groups; fewer where cells are too full to be parted
     */
    static Groups neighbours(long[] reference, int most) {
        var of = new int[reference.length];
        double all = LongStream.of(reference).sum();
        double before = 0;
        int group = -1;
        int last = -1;
        for (int i = 0; i < reference.length; i++) {
            // By the middle of the cell, so that a full one does not push others along.
            double middle = all == 0 ? 0 : (before + reference[i] / 2.0) / all;
            int wanted = Math.min(most - 1, (int) (middle * most));
            if (wanted != last) {
                group++;
                last = wanted;
            }
            of[i] = group;
            before += reference[i];
        }
        return new Groups(of, group + 1);
    }

    /** Counts of the groups. */
    public long[] sums(long[] cells) {
        var sums = new long[count];
        for (int i = 0; i < cells.length; i++) {
            sums[of[i]] += cells[i];
        }
        return sums;
    }
}
