package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * When the values of a column have become unusable or strange: missing, no numbers, of another
 * type, outside the range of the reference, or categories that it did not have. A share must have
 * grown much and certainly at once, as in {@link DriftRule}: by five points of a hundred, with a
 * p-value below 0.01 (two shares, pooled variance, adjusted over all that is judged together). That
 * makes a {@link State#WARN}; twenty points, or growth in two of the last three windows, this one
 * included, make it {@link State#DRIFT}.
 */
public final class DataRule {

    public static final double WARN_BY = 0.05;
    public static final double DRIFT_BY = 0.2;

    private static final int LASTING = 2;

    private DataRule() {}

    /** What can be wrong with a value. */
    public enum Fault {
        MISSING("missing", (_, counts) -> counts.missing()),
        NON_FINITE("no finite number", (_, counts) -> counts.nonFinite()),
        WRONG_TYPE("of the wrong type", (_, counts) -> counts.wrongType()),
        OUT_OF_RANGE(
                "outside the range of the reference",
                (binning, counts) -> binning.outOfRange(counts.cells())),
        NEW(
                "what the reference never had",
                (binning, counts) ->
                        binning instanceof Categories categories && !categories.closed()
                                ? 0
                                : binning.unseen(counts.cells()));

        private final String words;
        private final Count count;

        Fault(String words, Count count) {
            this.words = words;
            this.count = count;
        }

        /** After "4 % are". */
        public String words() {
            return words;
        }
    }

    private interface Count {
        long of(Binning binning, Counts counts);
    }

    /**
     * What was found of one column.
     *
     * @param fault whose share grew the most
     * @param share of it now, 0 to 1
     * @param before the share in the reference
     */
    public record Finding(State state, Fault fault, double share, double before, String why) {

        /** By how much the share has grown; 0 where it has not. */
        public double growth() {
            return Math.max(0, share - before);
        }
    }

    private record Question(int column, Fault fault, double share, double before, double p) {
        double growth() {
            return share - before;
        }
    }

    /**
     * Judges the columns of one window. Where a column has drifted, values outside of its range and
     * new ones are that drift, and no fault of their own.
     *
     * @param cases whose states before are those of this rule
     * @param drift what the columns' distributions came to, in the same order
     * @return in the order of the cases
     */
    public static List<Finding> judge(List<DriftRule.Case> cases, List<State> drift) {
        var questions = new ArrayList<Question>();
        for (int i = 0; i < cases.size(); i++) {
            questions.addAll(questions(i, cases.get(i), drift.get(i).changed()));
        }
        var adjusted =
                Significance.benjaminiHochberg(
                        questions.stream().mapToDouble(Question::p).toArray());
        var worst = new ArrayList<Finding>(cases.size());
        for (int i = 0; i < cases.size(); i++) {
            worst.add(unjudged(cases.get(i)));
        }
        for (int i = 0; i < questions.size(); i++) {
            var question = questions.get(i);
            var found = finding(question, adjusted[i], cases.get(question.column()));
            var before = worst.get(question.column());
            if (BY_GRAVITY.compare(found, before) > 0) {
                worst.set(question.column(), found);
            }
        }
        return List.copyOf(worst);
    }

    private static final Comparator<Finding> BY_GRAVITY =
            Comparator.comparing(Finding::state).thenComparing(Finding::growth);

    private static List<Question> questions(int column, DriftRule.Case one, boolean drifted) {
        long n = one.now().all();
        long n0 = one.reference().counts().all();
        if (n < DriftRule.LEAST_ROWS || n0 < DriftRule.LEAST_REFERENCE) {
            return List.of();
        }
        var questions = new ArrayList<Question>();
        var binning = one.reference().binning();
        for (var fault : Fault.values()) {
            if (drifted && (fault == Fault.OUT_OF_RANGE || fault == Fault.NEW)) {
                continue;
            }
            long now = fault.count.of(binning, one.now());
            long before = fault.count.of(binning, one.reference().counts());
            double p =
                    (double) now / n <= (double) before / n0
                            ? 1
                            : Significance.proportionsPValue(now, n, before, n0);
            questions.add(new Question(column, fault, (double) now / n, (double) before / n0, p));
        }
        return questions;
    }

    private static Finding unjudged(DriftRule.Case one) {
        long n = one.now().all();
        return n == 0
                ? new Finding(State.NO_DATA, Fault.MISSING, 0, 0, "The window has no value.")
                : new Finding(
                        State.INSUFFICIENT,
                        Fault.MISSING,
                        0,
                        0,
                        "%,d values are too few to tell a fault from chance."
                                .formatted(Math.min(n, one.reference().counts().all())));
    }

    private static Finding finding(Question question, double p, DriftRule.Case one) {
        boolean grown = question.growth() >= WARN_BY && p < DriftRule.LEVEL;
        long lasting = one.before().stream().limit(LASTING).filter(State::changed).count() + 1;
        var state =
                !grown
                        ? State.OK
                        : question.growth() >= DRIFT_BY || lasting >= LASTING
                                ? State.DRIFT
                                : State.WARN;
        var fault = question.fault();
        return new Finding(
                state,
                fault,
                question.share(),
                question.before(),
                grown
                        ? "%s of %,d values are %s, %s in the reference."
                                .formatted(
                                        percent(question.share()),
                                        one.now().all(),
                                        fault.words(),
                                        percent(question.before()))
                        : "No more values are unusable or strange than in the reference.");
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, share >= 0.1 ? "%.0f %%" : "%.1f %%", share * 100);
    }
}
