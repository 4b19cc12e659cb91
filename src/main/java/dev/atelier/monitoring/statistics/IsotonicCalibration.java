package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Turns scores into probabilities by a curve that never falls, fitted to labelled rows of the
 * reference by least squares (isotonic regression; pool adjacent violators, Ayer et al., 1955). The
 * curve is linear between its points and constant beyond them.
 *
 * @param scores of the points, rising
 * @param probabilities of the points, never falling
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
public record IsotonicCalibration(double[] scores, double[] probabilities) {

    /** Leaves scores from 0 to 1 as they are. */
    public static final IsotonicCalibration IDENTITY =
            new IsotonicCalibration(new double[] {0, 1}, new double[] {0, 1});

    private static final int FOLDS = 10;

    /** Rows of equal scores, or such that were pooled. */
    private record Block(double from, double to, double hits, long n) {

        double mean() {
            return hits / n;
        }

        Block plus(Block next) {
            return new Block(from, next.to, hits + next.hits, n + next.n);
        }
    }

    /**
     * @param scores finite, in any order
     * @throws IllegalArgumentException without rows
     */
    public static IsotonicCalibration fit(double[] scores, boolean[] positive) {
        if (scores.length == 0) {
            throw new IllegalArgumentException("A calibration needs labelled rows");
        }
        var blocks = new ArrayList<Block>();
        for (var next : ties(scores, positive)) {
            var block = next;
            while (!blocks.isEmpty() && blocks.getLast().mean() >= block.mean()) {
                block = blocks.removeLast().plus(block);
            }
            blocks.add(block);
        }
        var points = new double[2 * blocks.size()];
        var values = new double[points.length];
        int count = 0;
        for (var block : blocks) {
            points[count] = block.from();
            values[count++] = block.mean();
            if (block.to() > block.from()) {
                points[count] = block.to();
                values[count++] = block.mean();
            }
        }
        return new IsotonicCalibration(Arrays.copyOf(points, count), Arrays.copyOf(values, count));
    }

    private static List<Block> ties(double[] scores, boolean[] positive) {
        var rising =
                IntStream.range(0, scores.length)
                        .boxed()
                        .sorted((a, b) -> Double.compare(scores[a], scores[b]))
                        .toList();
        var blocks = new ArrayList<Block>();
        for (int i : rising) {
            double score = NumericBinning.plain(scores[i]);
            var row = new Block(score, score, positive[i] ? 1 : 0, 1);
            boolean tied = !blocks.isEmpty() && blocks.getLast().to() == score;
            blocks.add(tied ? blocks.removeLast().plus(row) : row);
        }
        return blocks;
    }

    /**
     * The fitted curve where it helps: where, fitted to nine tenths of the rows and asked about the
     * last, for each tenth, it has the smaller expected calibration error; otherwise the {@link
     * #IDENTITY}, also where the rows are of one class.
     *
     * @param scores 0 to 1
     */
    public static IsotonicCalibration ifBetter(double[] scores, boolean[] positive) {
        var calibrated = new double[scores.length];
        var fold = folds(positive);
        for (int held = 0; held < FOLDS; held++) {
            int out = held;
            var rows = IntStream.range(0, scores.length).filter(i -> fold[i] != out).toArray();
            if (oneClass(positive, rows)) {
                return IDENTITY;
            }
            var learned = new double[rows.length];
            var labels = new boolean[rows.length];
            for (int i = 0; i < rows.length; i++) {
                learned[i] = scores[rows[i]];
                labels[i] = positive[rows[i]];
            }
            var curve = fit(learned, labels);
            for (int i = 0; i < scores.length; i++) {
                calibrated[i] = fold[i] == out ? curve.probability(scores[i]) : calibrated[i];
            }
        }
        double before = ScoreHistogram.of(scores, positive).expectedCalibrationError();
        double after = ScoreHistogram.of(calibrated, positive).expectedCalibrationError();
        return after < before ? fit(scores, positive) : IDENTITY;
    }

    /** Rows of each class in turn, so that all folds have about the same share of both. */
    private static int[] folds(boolean[] positive) {
        var fold = new int[positive.length];
        int positives = 0;
        int negatives = 0;
        for (int i = 0; i < fold.length; i++) {
            fold[i] = (positive[i] ? positives++ : negatives++) % FOLDS;
        }
        return fold;
    }

    private static boolean oneClass(boolean[] positive, int[] rows) {
        return Arrays.stream(rows).allMatch(i -> positive[i])
                || Arrays.stream(rows).noneMatch(i -> positive[i]);
    }

    /** How likely the class is, 0 to 1. */
    public double probability(double score) {
        int found = Arrays.binarySearch(scores, NumericBinning.plain(score));
        if (found >= 0) {
            return probabilities[found];
        }
        int after = -found - 1;
        if (after == 0) {
            return probabilities[0];
        }
        if (after == scores.length) {
            return probabilities[after - 1];
        }
        double part = (score - scores[after - 1]) / (scores[after] - scores[after - 1]);
        double from = probabilities[after - 1];
        return from + part * (probabilities[after] - from);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IsotonicCalibration(double[] points, double[] values)
                && Arrays.equals(scores, points)
                && Arrays.equals(probabilities, values);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(scores) + Arrays.hashCode(probabilities);
    }
}
