package dev.atelier.serving;

import java.time.Duration;

/**
 * How long calls took, as counts in fixed buckets, so that replicas and minutes add up.
 *
 * <p>Bucket {@code i} ends at 50 µs × 2^(i/4): each is 19 % wider than the one before. The last
 * takes all beyond about a minute.
 */
public final class Latency {

    static final int BUCKETS = 82;
    private static final double FIRST = 50_000;

    private final long[] counts;

    Latency(long[] counts) {
        this.counts = counts.clone();
    }

    static int bucket(long nanos) {
        if (nanos <= FIRST) {
            return 0;
        }
        int index = (int) Math.ceil(4 * Math.log(nanos / FIRST) / Math.log(2) - 1e-9);
        return Math.min(index, BUCKETS - 1);
    }

    private static double end(int bucket) {
        return FIRST * Math.pow(2, bucket / 4.0);
    }

    public long count() {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    /**
     * The time that so many of the calls did not exceed, exact to a bucket's width; zero without
     * calls.
     *
     * @param share say 0.5 for the median, 0.99 for the 99th percentile
     */
    public Duration quantile(double share) {
        double rank = share * count();
        if (rank <= 0) {
            return Duration.ZERO;
        }
        double below = 0;
        for (int i = 0; i < counts.length; i++) {
            if (below + counts[i] >= rank) {
                double from = i == 0 ? 0 : end(i - 1);
                double part = (rank - below) / counts[i];
                return Duration.ofNanos((long) (from + part * (end(i) - from)));
            }
            below += counts[i];
        }
        return Duration.ofNanos((long) end(counts.length - 1));
    }

    public Latency plus(Latency other) {
        var sum = counts.clone();
        for (int i = 0; i < sum.length && i < other.counts.length; i++) {
            sum[i] += other.counts[i];
        }
        return new Latency(sum);
    }

    public static Latency none() {
        return new Latency(new long[BUCKETS]);
    }
}
