package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * When a column has drifted. A change must be large and certain at once: with many rows every
 * change is certain, with few every one looks large.
 *
 * <p>Large: PSI above {@code max(0.1, (1/n + 1/n0) x)}, where x is the 0.999 quantile of chi-square
 * with one degree less than groups; where nothing changes one window in a thousand is above the
 * second. Certain: its p-value, adjusted over the columns that are judged together (Benjamini and
 * Hochberg), is below 0.01. Both make a {@link State#WARN}; a PSI above 0.25, or a change in two of
 * the last three windows, this one included, makes it {@link State#DRIFT}.
 */
public final class DriftRule {

    public static final double WARN_ABOVE = 0.1;
    public static final double DRIFT_ABOVE = 0.25;
    public static final double LEVEL = 0.01;

    /** Values a window needs; below, a PSI of ten groups is above 0.1 by chance. */
    public static final int LEAST_ROWS = 300;

    /** Values the reference needs; with fewer, noise is no longer chi-square (simulated). */
    public static final int LEAST_REFERENCE = 100;

    private static final double CHANCE = 0.001;
    private static final int LASTING = 2;

    private DriftRule() {}

    /**
     * One column to be judged.
     *
     * @param before states of the two windows before
     */
    public record Case(Reference reference, Counts now, List<State> before) {}

    /**
     * Judges the columns of one window.
     *
     * @return in the order of the cases
     */
    public static List<Verdict> judge(List<Case> cases) {
        var drafts = cases.stream().map(DriftRule::draft).toList();
        var judged = drafts.stream().filter(draft -> draft.state() == State.OK).toList();
        var adjusted =
                Significance.benjaminiHochberg(
                        judged.stream().mapToDouble(Verdict::pValue).toArray());
        var verdicts = new ArrayList<Verdict>(cases.size());
        int next = 0;
        for (int i = 0; i < drafts.size(); i++) {
            var draft = drafts.get(i);
            verdicts.add(
                    draft.state() == State.OK
                            ? verdict(draft, adjusted[next++], judged.size(), cases.get(i).before())
                            : draft);
        }
        return List.copyOf(verdicts);
    }

    /** What can be said of a column alone: OK stands for all that has values enough. */
    private static Verdict draft(Case one) {
        var found = Comparison.of(one.reference(), one.now());
        if (found.isEmpty()) {
            return new Verdict(State.NO_DATA, Sentences.noData(one), null, 1, 1, WARN_ABOVE);
        }
        var comparison = found.get();
        double threshold =
                Math.max(
                        WARN_ABOVE,
                        Significance.psiQuantile(
                                CHANCE, comparison.groups(), comparison.n0(), comparison.n()));
        double p = comparison.psiPValue();
        return comparison.n() < LEAST_ROWS || comparison.n0() < LEAST_REFERENCE
                ? new Verdict(
                        State.INSUFFICIENT,
                        Sentences.insufficient(comparison),
                        comparison,
                        p,
                        1,
                        threshold)
                : new Verdict(State.OK, "", comparison, p, 1, threshold);
    }

    private static Verdict verdict(Verdict draft, double p, int columns, List<State> before) {
        var comparison = Objects.requireNonNull(draft.comparison());
        double psi = comparison.psi();
        boolean changed = psi > draft.threshold() && p < LEVEL;
        long lasting = before.stream().limit(LASTING).filter(State::changed).count() + 1;
        var state =
                !changed
                        ? State.OK
                        : psi > DRIFT_ABOVE || lasting >= LASTING ? State.DRIFT : State.WARN;
        var why = Sentences.judged(state, comparison, draft.threshold(), p, columns);
        return new Verdict(state, why, comparison, draft.pValue(), p, draft.threshold());
    }
}
