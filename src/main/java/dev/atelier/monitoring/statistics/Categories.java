package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A cell for each of the most frequent categories, then one for the other categories of the
 * reference, then one for those that it did not have.
 *
 * @param names most frequent first, at most {@value #MOST}
 * @param others fingerprints of the other categories, rising
 * @param complete whether names and others are all of them; otherwise what is not named counts as
 *     other, and nothing as new
 * @param closed whether a new one is news: the reference shows that further ones are rare
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record Categories(List<String> names, long[] others, boolean complete, boolean closed)
        implements Binning {

    /** As many as have a cell of their own. */
    public static final int MOST = 100;

    /** As many more as are remembered, 8 bytes each; a column with more is rather a key. */
    public static final int MOST_OTHERS = 10_000;

    /**
     * Rows of the reference, and rows to be expected in the smallest window that is judged, from
     * which a category is a group of its own. With fewer, an empty group is no rarity, and what
     * stands for its logarithm makes the stability index rise where nothing drifts (simulated).
     */
    static final int GROUP_ROWS = 15;

    private static final int REST = -1;

    private static final long FNV_BASIS = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    public Categories {
        names = List.copyOf(names);
    }

    /**
     * @param counts of all categories of the reference
     */
    static Categories of(Map<String, Long> counts) {
        var frequent = Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder());
        var order = new ArrayList<>(counts.entrySet());
        order.sort(frequent.thenComparing(Map.Entry.comparingByKey()));
        var names = order.stream().limit(MOST).map(Map.Entry::getKey).toList();
        boolean complete = order.size() <= MOST + MOST_OTHERS;
        var others =
                complete
                        ? order.stream()
                                .skip(MOST)
                                .mapToLong(entry -> fingerprint(entry.getKey()))
                                .sorted()
                                .distinct()
                                .toArray()
                        : new long[0];
        long all = order.stream().mapToLong(Map.Entry::getValue).sum();
        long once = order.stream().filter(entry -> entry.getValue() == 1).count();
        return new Categories(names, others, complete, complete && Binning.closed(once, all));
    }

    /** FNV-1a, 64 bits, over the UTF-16 code units of a category, the higher byte first. */
    static long fingerprint(String category) {
        long hash = FNV_BASIS;
        for (int i = 0; i < category.length(); i++) {
            char unit = category.charAt(i);
            hash = (hash ^ (unit >> 8)) * FNV_PRIME;
            hash = (hash ^ (unit & 0xff)) * FNV_PRIME;
        }
        return hash;
    }

    /** The cell of a category that has none of its own. */
    int rareCell(String category) {
        boolean known = !complete || Arrays.binarySearch(others, fingerprint(category)) >= 0;
        return known ? names.size() : names.size() + 1;
    }

    @Override
    public int cells() {
        return names.size() + 2;
    }

    @Override
    public long outOfRange(long[] cells) {
        return 0;
    }

    @Override
    public long unseen(long[] cells) {
        return cells[names.size() + 1];
    }

    /**
     * Each category that is frequent enough, the rest together. New ones are a group where they are
     * news; otherwise they are with the rest, whose share in the reference stands for them too.
     */
    @Override
    public Groups groups(long[] reference) {
        double least = Math.max(1, Distances.sum(reference) / DriftRule.LEAST_ROWS) * GROUP_ROWS;
        var of = new int[reference.length];
        int own = 0;
        for (int i = 0; i < of.length; i++) {
            boolean frequent = i < names.size() && reference[i] >= least;
            of[i] = frequent ? own++ : REST;
        }
        int rest = own;
        Arrays.setAll(of, i -> of[i] == REST ? rest : of[i]);
        if (closed) {
            of[of.length - 1] = rest + 1;
        }
        return new Groups(of, closed ? rest + 2 : rest + 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Categories that
                && names.equals(that.names)
                && Arrays.equals(others, that.others)
                && complete == that.complete
                && closed == that.closed;
    }

    @Override
    public int hashCode() {
        return 31 * names.hashCode() + Arrays.hashCode(others);
    }
}
