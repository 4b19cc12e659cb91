package dev.atelier.sandbox;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Shapley values of one answer against a background.
 *
 * <p>The worth of a set of fields is the mean answer over the background rows with those fields set
 * to what was asked. Up to {@link #EXACT_FIELDS} fields all sets are evaluated (Shapley 1953);
 * beyond, random orders are walked forwards and backwards (antithetic pairs: Mitchell, Cooper,
 * Frank and Holmes 2022, "Sampling Permutations for Shapley Value Estimation") until the largest
 * standard error falls below {@link #TARGET_ERROR} of the largest value, or a limit is reached.
 */
final class Shapley {

    static final int EXACT_FIELDS = 10;
    static final double TARGET_ERROR = 0.05;
    private static final int LEAST_PAIRS = 4;

    /**
     * Rows a call: measured, trees are fastest at 32 to 128 rows, networks gain little beyond
     * 1,000.
     */
    private static final int BATCH = 1_000;

    /** The model, seen as a function of rows: {@code [rows][fields]} in, one number a row out. */
    @FunctionalInterface
    interface Answers {
        double[] of(Object[][] rows);
    }

    /**
     * What a search may cost.
     *
     * @param rows model rows in all
     * @param nanos wall clock
     */
    record Limits(int rows, long nanos) {
        static final Limits PAGE = new Limits(60_000, 1_500_000_000L);
    }

    /**
     * @param base mean answer over the background
     * @param value the answer that is explained
     * @param contributions one a field; with {@code base} they add up to {@code value}
     * @param errors standard error of each contribution; all 0 when exact
     * @param rows model rows that were evaluated
     */
    record Explanation(
            double base,
            double value,
            double[] contributions,
            double[] errors,
            boolean exact,
            int rows) {

        /**
         * What the sum misses, relative to the answer: a check of the arithmetic, not an estimate.
         */
        double additivityGap() {
            var sum = base + Arrays.stream(contributions).sum();
            return Math.abs(sum - value) / Math.max(1, Math.abs(value));
        }
    }

    private final Answers answers;
    private final Object[][] background;
    private final Object[] asked;
    private final int fields;
    private int rowsSpent;

    private Shapley(Answers answers, Object[][] background, Object[] asked) {
        this.answers = answers;
        this.background = background;
        this.asked = asked;
        this.fields = asked.length;
    }

    /**
     * @param background {@code [rows][fields]}, at least one row
     * @param seed makes a sampled explanation repeatable
     * @param clock nanoseconds, for the limit
     */
    static Explanation explain(
            Answers answers,
            Object[][] background,
            Object[] asked,
            long seed,
            Limits limits,
            LongSupplier clock) {
        if (background.length == 0) {
            throw new IllegalArgumentException("An explanation needs background rows.");
        }
        var search = new Shapley(answers, background, asked);
        var exactRows = ((long) background.length) << asked.length;
        return asked.length <= EXACT_FIELDS && exactRows <= limits.rows
                ? search.exact()
                : search.sampled(seed, limits, clock);
    }

    private Explanation exact() {
        var sets = 1 << fields;
        var chosen = new boolean[sets][fields];
        for (int set = 0; set < sets; set++) {
            for (int field = 0; field < fields; field++) {
                chosen[set][field] = (set & (1 << field)) != 0;
            }
        }
        var worth = worth(chosen);
        var weight = new double[fields];
        for (int size = 0; size < fields; size++) {
            weight[size] = 1.0 / (fields * binomial(fields - 1, size));
        }
        var contributions = new double[fields];
        for (int set = 0; set < sets; set++) {
            for (int field = 0; field < fields; field++) {
                if ((set & (1 << field)) == 0) {
                    contributions[field] +=
                            weight[Integer.bitCount(set)]
                                    * (worth[set | (1 << field)] - worth[set]);
                }
            }
        }
        return new Explanation(
                worth[0], worth[sets - 1], contributions, new double[fields], true, rowsSpent);
    }

    private Explanation sampled(long seed, Limits limits, LongSupplier clock) {
        var random = new SplittableRandom(seed);
        var started = clock.getAsLong();
        var sum = new double[fields];
        var squares = new double[fields];
        var nothing = new boolean[fields];
        var everything = new boolean[fields];
        Arrays.fill(everything, true);
        var ends = worth(new boolean[][] {nothing, everything});
        var base = ends[0];
        var value = ends[1];
        var rowsPerPair = 2 * (fields - 1) * background.length;
        var errors = new double[fields];
        for (int pairs = 1; ; pairs++) {
            var forwards = order(random);
            var backwards = reversed(forwards);
            var first = walk(forwards, base, value);
            var second = walk(backwards, base, value);
            for (int field = 0; field < fields; field++) {
                var estimate = (first[field] + second[field]) / 2;
                sum[field] += estimate;
                squares[field] += estimate * estimate;
            }
            var largest = 0.0;
            var worst = 0.0;
            for (int field = 0; field < fields; field++) {
                var average = sum[field] / pairs;
                var variance =
                        pairs < 2
                                ? 0
                                : Math.max(0, squares[field] - pairs * average * average)
                                        / (pairs - 1);
                errors[field] = Math.sqrt(variance / pairs);
                largest = Math.max(largest, Math.abs(average));
                worst = Math.max(worst, errors[field]);
            }
            var precise = pairs >= LEAST_PAIRS && worst <= TARGET_ERROR * largest;
            var spent =
                    rowsSpent + rowsPerPair > limits.rows
                            || clock.getAsLong() - started > limits.nanos;
            if (precise || spent) {
                var contributions = new double[fields];
                for (int field = 0; field < fields; field++) {
                    contributions[field] = sum[field] / pairs;
                }
                return new Explanation(base, value, contributions, errors, false, rowsSpent);
            }
        }
    }

    /** Adds the fields in this order; what each adds is its contribution. Sums to value − base. */
    private double[] walk(int[] order, double base, double value) {
        var sets = new boolean[fields - 1][];
        var set = new boolean[fields];
        for (int step = 0; step < fields - 1; step++) {
            set[order[step]] = true;
            sets[step] = set.clone();
        }
        var worth = worth(sets);
        var added = new double[fields];
        for (int step = 0; step < fields; step++) {
            var before = step == 0 ? base : worth[step - 1];
            var after = step == fields - 1 ? value : worth[step];
            added[order[step]] = after - before;
        }
        return added;
    }

    /** Mean answers over the background with each set's fields as asked; whole sets go together. */
    private double[] worth(boolean[][] sets) {
        var worth = new double[sets.length];
        var together = Math.max(1, BATCH / background.length);
        for (int first = 0; first < sets.length; first += together) {
            var count = Math.min(together, sets.length - first);
            var rows = new Object[count * background.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] =
                        mixed(
                                background[i % background.length],
                                sets[first + i / background.length]);
            }
            rowsSpent += rows.length;
            var results = answers.of(rows);
            for (int i = 0; i < rows.length; i++) {
                worth[first + i / background.length] += results[i] / background.length;
            }
        }
        return worth;
    }

    private Object[] mixed(Object[] row, boolean[] set) {
        var mixed = row.clone();
        for (int field = 0; field < fields; field++) {
            if (set[field]) {
                mixed[field] = asked[field];
            }
        }
        return mixed;
    }

    private int[] order(SplittableRandom random) {
        var order = new int[fields];
        for (int i = 0; i < fields; i++) {
            var at = random.nextInt(i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        return order;
    }

    private static int[] reversed(int[] order) {
        var reversed = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            reversed[i] = order[order.length - 1 - i];
        }
        return reversed;
    }

    private static double binomial(int n, int k) {
        var result = 1.0;
        for (int i = 1; i <= k; i++) {
            result = result * (n - k + i) / i;
        }
        return result;
    }
}
