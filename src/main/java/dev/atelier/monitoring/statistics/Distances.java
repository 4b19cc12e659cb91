package dev.atelier.monitoring.statistics;

import java.util.stream.LongStream;

/**
 * How far the shares of cells or groups now, {@code q}, are from those of the reference, {@code p}.
 * Both are given as counts in the same order, and neither may be empty of counts; then each is
 * exact to rounding, whatever was added up to get there.
 */
public final class Distances {

    /** Stands for a share of nothing, whose logarithm is none. */
    static final double NO_SHARE = 1e-4;

    /** Of the smallest share, where that is {@link #NO_SHARE} or less. */
    private static final double OF_SMALLEST = 1e-6;

    private Distances() {}

    /**
     * Population stability index, {@code Σ (p - q) ln(p / q)}: symmetric, from 0, without an upper
     * end. A share of nothing counts as 1e-4, or as a millionth of the smallest share of its side
     * where that is no more than 1e-4; shares are not made to add up again. So does Evidently.
     */
    public static double psi(long[] reference, long[] now) {
        double n0 = sum(reference);
        double n = sum(now);
        double p0 = noShare(reference, n0);
        double q0 = noShare(now, n);
        double psi = 0;
        for (int i = 0; i < reference.length; i++) {
            if (reference[i] > 0 || now[i] > 0) {
                double p = reference[i] > 0 ? reference[i] / n0 : p0;
                double q = now[i] > 0 ? now[i] / n : q0;
                psi += (p - q) * Math.log(p / q);
            }
        }
        return psi;
    }

    private static double noShare(long[] counts, double all) {
        double smallest = LongStream.of(counts).filter(count -> count > 0).min().orElse(0) / all;
        return smallest > NO_SHARE ? NO_SHARE : smallest * OF_SMALLEST;
    }

    /**
     * Jensen-Shannon distance, the square root of the divergence, with logarithms of base 2:
     * symmetric, 0 to 1. As NannyML; Evidently's, of base e, is {@code sqrt(ln 2)} of it.
     */
    public static double jensenShannon(long[] reference, long[] now) {
        double n0 = sum(reference);
        double n = sum(now);
        double divergence = 0;
        for (int i = 0; i < reference.length; i++) {
            double p = reference[i] / n0;
            double q = now[i] / n;
            double middle = (p + q) / 2;
            divergence += term(p, middle) + term(q, middle);
        }
        return Math.sqrt(Math.clamp(divergence / 2 / Math.log(2), 0, 1));
    }

    private static double term(double share, double middle) {
        return share == 0 ? 0 : share * Math.log(share / middle);
    }

    /** Hellinger distance, {@code sqrt(Σ (√p - √q)² / 2)}: symmetric, 0 to 1. */
    public static double hellinger(long[] reference, long[] now) {
        double n0 = sum(reference);
        double n = sum(now);
        double squares = 0;
        for (int i = 0; i < reference.length; i++) {
            double apart = Math.sqrt(reference[i] / n0) - Math.sqrt(now[i] / n);
            squares += apart * apart;
        }
        return Math.min(1, Math.sqrt(squares / 2));
    }

    /** L-infinity distance, {@code max |p - q|}: symmetric, 0 to 1. */
    public static double lInfinity(long[] reference, long[] now) {
        double n0 = sum(reference);
        double n = sum(now);
        double largest = 0;
        for (int i = 0; i < reference.length; i++) {
            largest = Math.max(largest, Math.abs(reference[i] / n0 - now[i] / n));
        }
        return largest;
    }

    /**
     * Difference of the means in standard deviations of the reference: positive where the numbers
     * have grown. From moments, so exact also in the tails that bins do not see. Infinite where the
     * reference is a constant that is left, 0 where the reference's spread exceeds a double.
     */
    public static double meanShift(Moments reference, Moments now) {
        double apart = now.mean() - reference.mean();
        double unit = reference.standardDeviation();
        return apart == 0 || Double.isInfinite(unit) ? 0 : apart / unit;
    }

    static double sum(long[] counts) {
        return LongStream.of(counts).sum();
    }
}
