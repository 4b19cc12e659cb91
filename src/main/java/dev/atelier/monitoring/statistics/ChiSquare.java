package dev.atelier.monitoring.statistics;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/**
 * Pearson's chi-square test of two samples over the same cells, a table of two rows. The reference
 * is a sample as well: to take it for exact, as a test of fit does, overstates what is found.
 *
 * @param statistic {@code Σ (observed - expected)² / expected} over both rows
 * @param degrees of freedom: cells less one; 0 where there is nothing to tell apart
 * @param pValue how likely a statistic of that size is where nothing has changed; 1 without degrees
 */
public record ChiSquare(double statistic, int degrees, double pValue) {

    /** Cells in which a row expects fewer are pooled (Cochran, 1954). */
    public static final int LEAST_EXPECTED = 5;

    /**
     * The test after pooling: cells with an expected count below 5 are one, and while that is below
     * 5 itself, the next smallest cell joins it.
     */
    static ChiSquare of(long[] reference, long[] now) {
        double n0 = Distances.sum(reference);
        double n = Distances.sum(now);
        // The smaller row expects a cell's sum times this.
        double share = Math.min(n0, n) / (n0 + n);
        var order = new Integer[reference.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(
                order, (a, b) -> Double.compare(both(reference, now, a), both(reference, now, b)));
        double statistic = 0;
        int cells = 0;
        double pooled0 = 0;
        double pooled = 0;
        for (int i : order) {
            boolean full = (pooled0 + pooled) * share >= LEAST_EXPECTED || pooled0 + pooled == 0;
            if (full && both(reference, now, i) * share >= LEAST_EXPECTED) {
                statistic += term(reference[i], now[i], n0, n);
                cells++;
            } else {
                pooled0 += reference[i];
                pooled += now[i];
            }
        }
        if (pooled0 + pooled > 0) {
            statistic += term(pooled0, pooled, n0, n);
            cells++;
        }
        int degrees = Math.max(0, cells - 1);
        return new ChiSquare(degrees == 0 ? 0 : statistic, degrees, pValue(statistic, degrees));
    }

    private static double both(long[] reference, long[] now, int cell) {
        return (double) reference[cell] + now[cell];
    }

    /** Both rows' part of the statistic, as {@code n0 n (p - q)² / (a + b)} with shares p and q. */
    private static double term(double a, double b, double n0, double n) {
        double apart = a / n0 - b / n;
        return n0 * apart * (n * apart) / (a + b);
    }

    /** Upper tail of the chi-square distribution; 1 without degrees of freedom. */
    static double pValue(double statistic, int degrees) {
        return degrees < 1 ? 1 : ChiSquaredDistribution.of(degrees).survivalProbability(statistic);
    }

    /** The statistic that is exceeded with a probability; 0 without degrees of freedom. */
    static double quantile(double probability, int degrees) {
        return degrees < 1
                ? 0
                : ChiSquaredDistribution.of(degrees).inverseSurvivalProbability(probability);
    }
}
