package dev.atelier.monitoring.statistics;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How often each actual class was predicted as which. Matrices add up, also where they know other
 * classes. All figures follow from them exactly.
 *
 * @param counts only what occurred; whoever feeds it bounds the number of classes
 */
public record ConfusionMatrix(SortedMap<Outcome, Long> counts) {

    static final int FORMAT = 1;

    public static final ConfusionMatrix NONE = new ConfusionMatrix(new TreeMap<>());

    /** One labelled prediction. */
    public record Outcome(String actual, String predicted) implements Comparable<Outcome> {

        @Override
        public int compareTo(Outcome other) {
            int byActual = actual.compareTo(other.actual);
            return byActual != 0 ? byActual : predicted.compareTo(other.predicted);
        }
    }

    /**
     * Figures of one class, or their mean over several.
     *
     * @param precision share of those predicted as the class that were; NaN when none was predicted
     * @param recall share of those of the class that were predicted; NaN when there was none
     * @param f1 their harmonic mean, {@code 2 TP / (2 TP + FP + FN)}; NaN of a class that did not
     *     occur
     * @param support how many were of the class
     */
    public record Scores(double precision, double recall, double f1, long support) {}

    public ConfusionMatrix {
        counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }

    public static ConfusionMatrix of(Map<Outcome, Long> counts) {
        return new ConfusionMatrix(new TreeMap<>(counts));
    }

    public ConfusionMatrix plus(ConfusionMatrix other) {
        var sums = new TreeMap<>(counts);
        other.counts.forEach((outcome, count) -> sums.merge(outcome, count, Long::sum));
        return new ConfusionMatrix(sums);
    }

    /** All that occurred, as actual or as predicted. */
    public SortedSet<String> classes() {
        var classes = new TreeSet<String>();
        for (var outcome : counts.keySet()) {
            classes.add(outcome.actual());
            classes.add(outcome.predicted());
        }
        return classes;
    }

    public long n() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Share of right predictions; NaN without any. */
    public double accuracy() {
        return (double) right() / n();
    }

    private long right() {
        long right = 0;
        for (var one : counts.entrySet()) {
            right += one.getKey().actual().equals(one.getKey().predicted()) ? one.getValue() : 0;
        }
        return right;
    }

    /** Of one class against all others; with two classes, of the positive one. */
    public Scores scores(String label) {
        double hits = 0;
        double predicted = 0;
        long support = 0;
        for (var one : counts.entrySet()) {
            boolean is = one.getKey().actual().equals(label);
            boolean said = one.getKey().predicted().equals(label);
            hits += is && said ? one.getValue() : 0;
            predicted += said ? one.getValue() : 0;
            support += is ? one.getValue() : 0;
        }
        return new Scores(
                hits / predicted, hits / support, 2 * hits / (predicted + support), support);
    }

    /** Mean of the classes, each of the same weight; what is undefined counts as 0. */
    public Scores macro() {
        return mean(false);
    }

    /** Mean of the classes, weighted by their support; what is undefined counts as 0. */
    public Scores weighted() {
        return mean(true);
    }

    private Scores mean(boolean bySupport) {
        double precision = 0;
        double recall = 0;
        double f1 = 0;
        double weights = 0;
        for (var label : classes()) {
            var scores = scores(label);
            double weight = bySupport ? scores.support() : 1;
            precision += weight * orZero(scores.precision());
            recall += weight * orZero(scores.recall());
            f1 += weight * orZero(scores.f1());
            weights += weight;
        }
        return new Scores(precision / weights, recall / weights, f1 / weights, n());
    }

    private static double orZero(double figure) {
        return Double.isNaN(figure) ? 0 : figure;
    }

    /** Serial form: the format's number, then each outcome and its count. */
    public byte[] bytes() {
        var out = new ByteSink(FORMAT).count(counts.size());
        counts.forEach(
                (outcome, count) ->
                        out.text(outcome.actual()).text(outcome.predicted()).count(count));
        return out.bytes();
    }

    /**
     * @throws IllegalArgumentException when that is none, or one of a later format
     */
    public static ConfusionMatrix of(byte[] bytes) {
        var in = new ByteSource(bytes, FORMAT);
        var counts = new TreeMap<Outcome, Long>();
        int size = in.length();
        for (int i = 0; i < size; i++) {
            counts.merge(new Outcome(in.text(), in.text()), in.count(), Long::sum);
        }
        in.end();
        return new ConfusionMatrix(counts);
    }
}
