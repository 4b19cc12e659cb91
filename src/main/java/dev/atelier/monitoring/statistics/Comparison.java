package dev.atelier.monitoring.statistics;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One column of a window beside its reference. PSI, Jensen-Shannon, Hellinger, L-infinity and
 * chi-square are over the {@link Groups} of the binning, Kolmogorov-Smirnov over all cells.
 *
 * @param n0 values of the reference
 * @param n values of the window
 * @param groups that are not empty in both
 * @param jensenShannon distance, base 2
 * @param ks none of categories
 * @param meanShift in standard deviations of the reference; none of categories
 */
public record Comparison(
        long n0,
        long n,
        int groups,
        double psi,
        double jensenShannon,
        double hellinger,
        double lInfinity,
        ChiSquare chiSquare,
        @Nullable KolmogorovSmirnov ks,
        @Nullable Double meanShift) {

    /** None where either side has no value that could be used. */
    public static Optional<Comparison> of(Reference reference, Counts now) {
        long n0 = reference.counts().usable();
        long n = now.usable();
        if (n0 == 0 || n == 0) {
            return Optional.empty();
        }
        var grouping = reference.binning().groups(reference.counts().cells());
        var p = grouping.sums(reference.counts().cells());
        var q = grouping.sums(now.cells());
        var numeric = reference.binning() instanceof NumericBinning binning ? binning : null;
        return Optional.of(
                new Comparison(
                        n0,
                        n,
                        filled(p, q),
                        Distances.psi(p, q),
                        Distances.jensenShannon(p, q),
                        Distances.hellinger(p, q),
                        Distances.lInfinity(p, q),
                        ChiSquare.of(p, q),
                        numeric == null
                                ? null
                                : KolmogorovSmirnov.of(
                                        numeric, reference.counts().cells(), now.cells()),
                        numeric == null
                                ? null
                                : Distances.meanShift(
                                        reference.counts().moments(), now.moments())));
    }

    private static int filled(long[] reference, long[] now) {
        int filled = 0;
        for (int i = 0; i < reference.length; i++) {
            filled += reference[i] > 0 || now[i] > 0 ? 1 : 0;
        }
        return filled;
    }

    /** How likely a stability index of that size is where nothing has changed. */
    public double psiPValue() {
        return Significance.psiPValue(psi, groups, n0, n);
    }
}
