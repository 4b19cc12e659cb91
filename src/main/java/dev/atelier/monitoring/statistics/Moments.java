package dev.atelier.monitoring.statistics;

/**
 * Count, mean, spread and extremes of finite numbers. Two of them add up to those of all their
 * numbers (Chan, Golub and LeVeque, 1979), in any order but for rounding: the mean is good to about
 * 1e-15 of the largest number, {@code m2} to as much of itself times mean over standard deviation.
 *
 * @param m2 sum of squared differences from the mean; infinite where squares exceed a double
 * @param min infinity when there is no number
 * @param max minus infinity when there is no number
 */
public record Moments(long n, double mean, double m2, double min, double max) {

    public static final Moments NONE =
            new Moments(0, 0, 0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);

    /**
     * @param value finite
     */
    public static Moments of(double value) {
        return new Moments(1, value, 0, value, value);
    }

    /**
     * @param values finite
     */
    public static Moments of(double[] values) {
        var running = new RunningMoments();
        for (double value : values) {
            running.add(value);
        }
        return running.moments();
    }

    public Moments plus(Moments other) {
        if (n == 0) {
            return other;
        }
        if (other.n == 0) {
            return this;
        }
        long all = n + other.n;
        double weight = (double) other.n / all;
        double apart = other.mean - mean;
        return new Moments(
                all,
                moved(mean, other.mean, weight),
                m2 + other.m2 + apart * apart * (n * weight),
                Math.min(min, other.min),
                Math.max(max, other.max));
    }

    /**
     * The mean moved towards another by a weight of 0 to 1, also where the difference overflows.
     */
    static double moved(double mean, double towards, double weight) {
        double apart = towards - mean;
        return Double.isFinite(apart)
                ? mean + apart * weight
                : mean * (1 - weight) + towards * weight;
    }

    /** Of the numbers themselves, not of the population they are a sample of; 0 below two. */
    public double variance() {
        return n < 2 ? 0 : m2 / n;
    }

    public double standardDeviation() {
        return Math.sqrt(variance());
    }
}
