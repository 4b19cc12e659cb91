package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.Locale;

/** What {@link DriftRule} says to people. */
final class Sentences {

    private static final double SMALL_P = 0.001;

    private Sentences() {}

    static String noData(DriftRule.Case one) {
        var now = one.now();
        if (now.usable() > 0) {
            return "The reference has no value of this column to compare with: %s."
                    .formatted(unusable(one.reference().counts()));
        }
        return now.all() == 0
                ? "The window has no value."
                : "The window has no value that can be compared: %s.".formatted(unusable(now));
    }

    private static String unusable(Counts counts) {
        var parts = new ArrayList<String>();
        if (counts.missing() > 0) {
            parts.add(count(counts.missing()) + " missing");
        }
        if (counts.nonFinite() > 0) {
            parts.add(count(counts.nonFinite()) + " not finite");
        }
        if (counts.wrongType() > 0) {
            parts.add(count(counts.wrongType()) + " of the wrong type");
        }
        return parts.isEmpty() ? "none was there" : String.join(", ", parts);
    }

    static String insufficient(Comparison found) {
        if (found.n() < DriftRule.LEAST_ROWS) {
            return "%s %s too few to tell drift from chance; it takes %s."
                    .formatted(
                            count(found.n()),
                            found.n() == 1 ? "value is" : "values are",
                            count(DriftRule.LEAST_ROWS));
        }
        return "The reference has %s %s, too few to tell drift from chance; it takes %s."
                .formatted(
                        count(found.n0()),
                        found.n0() == 1 ? "value" : "values",
                        count(DriftRule.LEAST_REFERENCE));
    }

    static String judged(State state, Comparison found, double threshold, double p, int columns) {
        var psi = "PSI %s".formatted(figure(found.psi()));
        var rows =
                "%s values against %s of the reference"
                        .formatted(count(found.n()), count(found.n0()));
        if (state == State.OK) {
            return found.psi() <= threshold
                    ? "%s is not above %s (%s).".formatted(psi, figure(threshold), rows)
                    : "%s is above %s, but could be chance among %d columns (%s, adjusted %s; it takes less than %s)."
                            .formatted(
                                    psi,
                                    figure(threshold),
                                    columns,
                                    rows,
                                    probability(p),
                                    DriftRule.LEVEL);
        }
        var evidence = "(%s, adjusted %s)".formatted(rows, probability(p));
        if (state == State.WARN) {
            return "%s is above %s %s. It counts as drift above %s, or when it stays for another window."
                    .formatted(psi, figure(threshold), evidence, DriftRule.DRIFT_ABOVE);
        }
        return found.psi() > DriftRule.DRIFT_ABOVE
                ? "%s is above %s %s."
                        .formatted(
                                psi, figure(Math.max(threshold, DriftRule.DRIFT_ABOVE)), evidence)
                : "%s is above %s in at least two of the last three windows %s."
                        .formatted(psi, figure(threshold), evidence);
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, value < 1 ? "%.3f" : "%.2f", value);
    }

    private static String probability(double p) {
        return p < SMALL_P ? "p < 0.001" : String.format(Locale.ROOT, "p = %.3f", p);
    }
}
