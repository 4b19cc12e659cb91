package dev.atelier.monitoring.statistics;

/**
 * {@link Moments} that grow by one number at a time (Welford, 1962), without an allocation. For one
 * thread.
 */
public final class RunningMoments {

    private long n;
    private double mean;
    private double m2;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;

    /**
     * @param value finite
     */
    public void add(double value) {
        n++;
        double before = value - mean;
        mean = Moments.moved(mean, value, 1.0 / n);
        // Of different signs only by rounding, and then next to nothing.
        m2 += Math.max(0, before * (value - mean));
        min = Math.min(min, value);
        max = Math.max(max, value);
    }

    /** Begins anew. */
    void clear() {
        n = 0;
        mean = 0;
        m2 = 0;
        min = Double.POSITIVE_INFINITY;
        max = Double.NEGATIVE_INFINITY;
    }

    public Moments moments() {
        return new Moments(n, mean, m2, min, max);
    }
}
