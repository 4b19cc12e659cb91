package dev.atelier.monitoring.statistics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.NormalDistribution;

/** How likely a difference of that size is where nothing has changed. */
public final class Significance {

    private Significance() {}

    /**
     * Of a stability index: where nothing has changed, {@code psi / (1/n0 + 1/n)} is about
     * chi-square distributed with one degree of freedom less than there are groups.
     *
     * @param groups that are not empty in both
     * @param n0 rows of the reference
     * @param n rows now
     */
    public static double psiPValue(double psi, int groups, long n0, long n) {
        return ChiSquare.pValue(psi / noise(n0, n), groups - 1);
    }

    /** The stability index that is exceeded with a probability where nothing has changed. */
    public static double psiQuantile(double probability, int groups, long n0, long n) {
        return noise(n0, n) * ChiSquare.quantile(probability, groups - 1);
    }

    private static double noise(long n0, long n) {
        return 1.0 / n0 + 1.0 / n;
    }

    /**
     * Two-sided z test of two shares with pooled variance; 1 where both are 0 or both are all.
     *
     * @param of rows, at least 1
     */
    public static double proportionsPValue(long first, long of, long second, long ofSecond) {
        double p = (double) first / of;
        double q = (double) second / ofSecond;
        double pooled = ((double) first + second) / ((double) of + ofSecond);
        double variance = pooled * (1 - pooled) * noise(of, ofSecond);
        return variance <= 0
                ? 1
                : 2
                        * NormalDistribution.of(0, 1)
                                .survivalProbability(Math.abs(p - q) / Math.sqrt(variance));
    }

    /**
     * Adjusts the p-values of many questions asked at once, so that of those called a difference no
     * larger share than the level is none (Benjamini and Hochberg, 1995).
     *
     * @return in the order of the questions
     */
    public static double[] benjaminiHochberg(double[] pValues) {
        int count = pValues.length;
        var rising =
                IntStream.range(0, count)
                        .boxed()
                        .sorted(Comparator.comparingDouble(i -> pValues[i]))
                        .mapToInt(i -> i)
                        .toArray();
        var adjusted = Arrays.copyOf(pValues, count);
        double least = 1;
        for (int rank = count; rank >= 1; rank--) {
            int at = rising[rank - 1];
            least = Math.min(least, pValues[at] * count / rank);
            adjusted[at] = least;
        }
        return adjusted;
    }
}
