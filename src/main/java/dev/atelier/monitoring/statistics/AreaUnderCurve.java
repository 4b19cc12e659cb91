package dev.atelier.monitoring.statistics;

import java.util.stream.IntStream;

/**
 * Area under the ROC curve: how likely a positive has a higher score than a negative, ties half
 * (Mann and Whitney, 1947).
 *
 * @param value 0 to 1; NaN without a positive or a negative
 * @param error how far the true one may be at most, since scores in one bin count as ties
 */
public record AreaUnderCurve(double value, double error) {

    /** Of rows, exactly. */
    public static AreaUnderCurve ofRows(double[] scores, boolean[] positive) {
        var rising =
                IntStream.range(0, scores.length)
                        .boxed()
                        .sorted((a, b) -> Double.compare(scores[a], scores[b]))
                        .mapToInt(i -> i)
                        .toArray();
        var positives = new long[scores.length];
        var negatives = new long[scores.length];
        int bin = -1;
        for (int i = 0; i < rising.length; i++) {
            if (i == 0 || scores[rising[i]] != scores[rising[i - 1]]) {
                bin++;
            }
            (positive[rising[i]] ? positives : negatives)[bin]++;
        }
        return new AreaUnderCurve(ofBins(positives, negatives).value(), 0);
    }

    /**
     * Of counts by rising score.
     *
     * @param positives in each bin
     * @param negatives in each bin
     */
    public static AreaUnderCurve ofBins(long[] positives, long[] negatives) {
        double pairs = Distances.sum(positives) * Distances.sum(negatives);
        double below = 0;
        double won = 0;
        double tied = 0;
        for (int i = 0; i < positives.length; i++) {
            won += positives[i] * below;
            tied += (double) positives[i] * negatives[i];
            below += negatives[i];
        }
        return pairs == 0
                ? new AreaUnderCurve(Double.NaN, 0)
                : new AreaUnderCurve((won + tied / 2) / pairs, tied / 2 / pairs);
    }
}
