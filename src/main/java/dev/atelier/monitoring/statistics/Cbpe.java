package dev.atelier.monitoring.statistics;

import java.util.Arrays;

/**
 * Confidence-based performance estimation of a classifier with two classes: what quality its own
 * calibrated probabilities imply, before labels arrive. A row predicted positive with probability p
 * is p of a true and 1 - p of a false positive, and so on (NannyML). Adds up over windows that used
 * one calibration.
 *
 * <p>It assumes that the calibration still holds: it sees that inputs became harder, not that the
 * answer to the same input changed. The band is the spread of the figures that labels would give,
 * if so: labels as independent Bernoulli variables, carried to each figure by the delta method.
 *
 * @param positive rows predicted positive: their true positives
 * @param negative rows predicted negative: their false negatives
 * @param grid rows by probability in thousandths, for the area under the curve
 * @param invalid scores that were not from 0 to 1, and are in no other figure
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record Cbpe(ExpectedHits positive, ExpectedHits negative, long[] grid, long invalid) {

    static final int FORMAT = 1;

    /** Its points are exact at 0 and 1, where isotonic curves end. */
    private static final int STEPS = 1000;

    public static final Cbpe NONE =
            new Cbpe(ExpectedHits.NONE, ExpectedHits.NONE, new long[STEPS + 1], 0);

    /**
     * @param scores of the positive class
     * @param predicted whether the row was predicted positive
     */
    public static Cbpe of(IsotonicCalibration calibration, double[] scores, boolean[] predicted) {
        var grid = new long[STEPS + 1];
        var positive = ExpectedHits.NONE;
        var negative = ExpectedHits.NONE;
        long invalid = 0;
        for (int i = 0; i < scores.length; i++) {
            if (!(scores[i] >= 0 && scores[i] <= 1)) {
                invalid++;
                continue;
            }
            double p = calibration.probability(scores[i]);
            grid[(int) Math.round(p * STEPS)]++;
            if (predicted[i]) {
                positive = positive.plus(ExpectedHits.of(p));
            } else {
                negative = negative.plus(ExpectedHits.of(p));
            }
        }
        return new Cbpe(positive, negative, grid, invalid);
    }

    public Cbpe plus(Cbpe other) {
        var sums = new long[grid.length];
        Arrays.setAll(sums, i -> grid[i] + other.grid[i]);
        return new Cbpe(
                positive.plus(other.positive),
                negative.plus(other.negative),
                sums,
                invalid + other.invalid);
    }

    public long n() {
        return positive.n() + negative.n();
    }

    public Estimate accuracy() {
        double right = positive.sum() + negative.n() - negative.sum();
        return estimate(right / n(), 1.0 / n(), -1.0 / n());
    }

    /** Of the positive class; so are the others. */
    public Estimate precision() {
        return estimate(positive.sum() / positive.n(), 1.0 / positive.n(), 0);
    }

    public Estimate recall() {
        double all = positive.sum() + negative.sum();
        return estimate(
                positive.sum() / all, negative.sum() / (all * all), -positive.sum() / (all * all));
    }

    public Estimate specificity() {
        double falsePositive = positive.n() - positive.sum();
        double trueNegative = negative.n() - negative.sum();
        double all = falsePositive + trueNegative;
        return estimate(
                trueNegative / all, trueNegative / (all * all), -falsePositive / (all * all));
    }

    public Estimate f1() {
        double all = positive.n() + positive.sum() + negative.sum();
        return estimate(
                2 * positive.sum() / all,
                2 * (positive.n() + negative.sum()) / (all * all),
                -2 * positive.sum() / (all * all));
    }

    /**
     * @param byPositive how fast the figure grows with the true positives
     * @param byNegative how fast it grows with the false negatives
     */
    private Estimate estimate(double value, double byPositive, double byNegative) {
        double variance =
                byPositive * byPositive * positive.variance()
                        + byNegative * byNegative * negative.variance();
        return new Estimate(value, Math.sqrt(variance));
    }

    /**
     * Area under the ROC curve of the calibrated probabilities, rounded to thousandths, which moves
     * it by about 0.001 at most where both classes are expected.
     */
    public Estimate areaUnderCurve() {
        double positives = 0;
        double negatives = 0;
        for (int i = 0; i <= STEPS; i++) {
            positives += grid[i] * share(i);
            negatives += grid[i] * (1 - share(i));
        }
        double pairs = positives * negatives;
        double won = 0;
        double below = 0;
        for (int i = 0; i <= STEPS; i++) {
            double here = grid[i] * (1 - share(i));
            won += grid[i] * share(i) * (below + here / 2);
            below += here;
        }
        double area = won / pairs;
        double variance = 0;
        double negativesBelow = 0;
        double positivesAbove = positives;
        for (int i = 0; i <= STEPS; i++) {
            double here = grid[i] * share(i);
            double others = grid[i] - here;
            positivesAbove -= here;
            // By how much the area grows when a row of this probability turns out positive.
            double wins = negativesBelow + others / 2 - positivesAbove - here / 2;
            double by = wins / pairs - area * (1 / positives - 1 / negatives);
            variance += grid[i] * share(i) * (1 - share(i)) * by * by;
            negativesBelow += others;
        }
        return new Estimate(area, Math.sqrt(variance));
    }

    private static double share(int step) {
        return (double) step / STEPS;
    }

    /** Serial form: the format's number, counts as in {@link Window#bytes()}, sums as doubles. */
    public byte[] bytes() {
        return new ByteSink(FORMAT)
                .count(positive.n())
                .number(positive.sum())
                .number(positive.variance())
                .count(negative.n())
                .number(negative.sum())
                .number(negative.variance())
                .counts(grid)
                .count(invalid)
                .bytes();
    }

    /**
     * @throws IllegalArgumentException when that is none, or one of a later format
     */
    public static Cbpe of(byte[] bytes) {
        var in = new ByteSource(bytes, FORMAT);
        var estimate =
                new Cbpe(
                        new ExpectedHits(in.count(), in.number(), in.number()),
                        new ExpectedHits(in.count(), in.number(), in.number()),
                        in.counts(),
                        in.count());
        in.end();
        if (estimate.grid.length != STEPS + 1) {
            throw new IllegalArgumentException("An estimate has " + (STEPS + 1) + " steps");
        }
        return estimate;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cbpe that && Arrays.equals(bytes(), that.bytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes());
    }
}
