package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scores of a class and whether it was the class, in a thousand bins of equal width, closed at
 * their upper end. Histograms add up. Log loss, Brier score and calibration are exact to rounding;
 * the area under the curve has a stated error. With more classes there is one histogram for each,
 * against all others.
 *
 * @param positives in each bin
 * @param negatives in each bin
 * @param scoreSums in each of the ten bins of the calibration
 * @param logLossSum of all rows, natural logarithms
 * @param squareSum of all rows, {@code (score - outcome)²}
 * @param invalid scores that were not from 0 to 1, and are in no other figure
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record ScoreHistogram(
        long[] positives,
        long[] negatives,
        double[] scoreSums,
        double logLossSum,
        double squareSum,
        long invalid) {

    static final int FORMAT = 1;
    static final int BINS = 1000;
    static final int CALIBRATION_BINS = 10;
    private static final int FINER = BINS / CALIBRATION_BINS;

    /** Scores are clipped by this for their logarithm, as in scikit-learn: 2^-52. */
    static final double CLIP = Math.ulp(1.0);

    /**
     * One bin of the calibration.
     *
     * @param from excluded, but in the first bin
     * @param to included
     * @param meanScore what the model said; NaN in an empty bin
     * @param positiveShare what happened; NaN in an empty bin
     */
    public record CalibrationBin(
            double from, double to, long n, double meanScore, double positiveShare) {}

    public static final ScoreHistogram NONE = of(new double[0], new boolean[0]);

    public static ScoreHistogram of(double[] scores, boolean[] positive) {
        var positives = new long[BINS];
        var negatives = new long[BINS];
        var sums = new double[CALIBRATION_BINS];
        double logLoss = 0;
        double squares = 0;
        long invalid = 0;
        for (int i = 0; i < scores.length; i++) {
            double score = scores[i];
            if (!(score >= 0 && score <= 1)) {
                invalid++;
                continue;
            }
            int bin = bin(score);
            (positive[i] ? positives : negatives)[bin]++;
            sums[bin / FINER] += score;
            double right = positive[i] ? score : 1 - score;
            logLoss -= Math.log(Math.clamp(right, CLIP, 1 - CLIP));
            squares += (1 - right) * (1 - right);
        }
        return new ScoreHistogram(positives, negatives, sums, logLoss, squares, invalid);
    }

    /** Bin i holds what is above i / 1000 and at most (i + 1) / 1000; the first also 0. */
    static int bin(double score) {
        int bin = Math.clamp((int) Math.ceil(score * BINS) - 1, 0, BINS - 1);
        // The product is rounded: compared with the bounds themselves it may be the neighbour.
        if (bin > 0 && score <= (double) bin / BINS) {
            return bin - 1;
        }
        return score > (bin + 1.0) / BINS ? bin + 1 : bin;
    }

    public ScoreHistogram plus(ScoreHistogram other) {
        var sums = scoreSums.clone();
        Arrays.setAll(sums, i -> scoreSums[i] + other.scoreSums[i]);
        return new ScoreHistogram(
                sum(positives, other.positives),
                sum(negatives, other.negatives),
                sums,
                logLossSum + other.logLossSum,
                squareSum + other.squareSum,
                invalid + other.invalid);
    }

    private static long[] sum(long[] some, long[] others) {
        var sums = some.clone();
        Arrays.setAll(sums, i -> some[i] + others[i]);
        return sums;
    }

    public long n() {
        return (long) (Distances.sum(positives) + Distances.sum(negatives));
    }

    public AreaUnderCurve areaUnderCurve() {
        return AreaUnderCurve.ofBins(positives, negatives);
    }

    /** Mean of {@code -ln(score of what happened)}; NaN without rows. */
    public double logLoss() {
        return logLossSum / n();
    }

    /** Brier score, the mean of {@code (score - outcome)²}; NaN without rows. */
    public double brier() {
        return squareSum / n();
    }

    public List<CalibrationBin> calibration() {
        var bins = new ArrayList<CalibrationBin>(CALIBRATION_BINS);
        for (int i = 0; i < CALIBRATION_BINS; i++) {
            long happened = 0;
            long n = 0;
            for (int fine = i * FINER; fine < (i + 1) * FINER; fine++) {
                happened += positives[fine];
                n += positives[fine] + negatives[fine];
            }
            bins.add(
                    new CalibrationBin(
                            (double) i / CALIBRATION_BINS,
                            (i + 1.0) / CALIBRATION_BINS,
                            n,
                            scoreSums[i] / n,
                            (double) happened / n));
        }
        return bins;
    }

    /**
     * Expected calibration error: the difference of what was said and what happened, over the ten
     * bins, weighted by their rows. 0 to 1; NaN without rows.
     */
    public double expectedCalibrationError() {
        double sum = 0;
        for (var bin : calibration()) {
            sum += bin.n() == 0 ? 0 : bin.n() * Math.abs(bin.meanScore() - bin.positiveShare());
        }
        return sum / n();
    }

    /** Serial form: the format's number, counts as in {@link Window#bytes()}, sums as doubles. */
    public byte[] bytes() {
        var out = new ByteSink(FORMAT).counts(positives).counts(negatives);
        for (double sum : scoreSums) {
            out.number(sum);
        }
        return out.number(logLossSum).number(squareSum).count(invalid).bytes();
    }

    /**
     * @throws IllegalArgumentException when that is none, or one of a later format
     */
    public static ScoreHistogram of(byte[] bytes) {
        var in = new ByteSource(bytes, FORMAT);
        var positives = in.counts();
        var negatives = in.counts();
        if (positives.length != BINS || negatives.length != BINS) {
            throw new IllegalArgumentException("A histogram of scores has " + BINS + " bins");
        }
        var sums = new double[CALIBRATION_BINS];
        Arrays.setAll(sums, _ -> in.number());
        var histogram =
                new ScoreHistogram(
                        positives, negatives, sums, in.number(), in.number(), in.count());
        in.end();
        return histogram;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScoreHistogram that && Arrays.equals(bytes(), that.bytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes());
    }
}
