package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Categories;
import dev.atelier.monitoring.statistics.Comparison;
import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.DataRule;
import dev.atelier.monitoring.statistics.DriftRule;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a column shows, in a sentence with its figures. */
final class Evidence {

    /** Factors between units that people mix up, by what they stand for. */
    private static final Map<String, Double> UNITS =
            Map.ofEntries(
                    Map.entry("inches and centimetres", 2.54),
                    Map.entry("feet and metres", 3.28084),
                    Map.entry("miles and kilometres", 1.609344),
                    Map.entry("pounds and kilograms", 2.204623),
                    Map.entry("gallons and litres", 3.785412),
                    Map.entry("metres per second and kilometres per hour", 3.6),
                    Map.entry("minutes and seconds, or hours and minutes", 60.0),
                    Map.entry("shares and per cent", 100.0),
                    Map.entry("thousands, as of grams and kilograms", 1000.0),
                    Map.entry("degrees and radians", 57.29578));

    private static final double NEAR = 0.01;

    private Evidence() {}

    /** How a column has moved. */
    static String moved(Reference reference, Counts now) {
        if (reference.binning() instanceof Categories categories) {
            return moved(reference, categories, now);
        }
        var before = reference.counts().moments();
        var after = now.moments();
        if (after.n() == 0 || before.n() == 0) {
            return "%s has no number.".formatted(reference.name());
        }
        double sd = before.standardDeviation();
        double shift = (after.mean() - before.mean()) / sd;
        var how =
                Math.abs(shift) < 0.1 || !Double.isFinite(shift)
                        ? "has the mean of the reference, %s, and another spread or shape"
                                .formatted(figure(before.mean()))
                        : "is %s: its mean is %s instead of %s, %s standard deviations %s"
                                .formatted(
                                        shift > 0 ? "higher" : "lower",
                                        figure(after.mean()),
                                        figure(before.mean()),
                                        figure(Math.abs(shift)),
                                        shift > 0 ? "up" : "down");
        return "%s %s.%s".formatted(reference.name(), how, unit(reference, now));
    }

    /** Mean and spread both grown by the factor between two units say more than either. */
    private static String unit(Reference reference, Counts now) {
        var before = reference.counts().moments();
        var after = now.moments();
        double byMean = after.mean() / before.mean();
        double bySpread = after.standardDeviation() / before.standardDeviation();
        return UNITS.entrySet().stream()
                .filter(
                        unit ->
                                near(byMean, unit.getValue()) && near(bySpread, unit.getValue())
                                        || near(1 / byMean, unit.getValue())
                                                && near(1 / bySpread, unit.getValue()))
                .findFirst()
                .map(
                        unit ->
                                " Mean and spread are both %s times those of the reference: perhaps another unit (%s)."
                                        .formatted(figure(byMean), unit.getKey()))
                .orElse("");
    }

    private static boolean near(double value, double target) {
        return Math.abs(value / target - 1) < NEAR;
    }

    private static String moved(Reference reference, Categories categories, Counts now) {
        var before = reference.counts().cells();
        var after = now.cells();
        double all = now.usable();
        double all0 = reference.counts().usable();
        int most = 0;
        double largest = -1;
        for (int i = 0; i < categories.names().size(); i++) {
            double change = Math.abs(after[i] / all - before[i] / all0);
            if (change > largest) {
                largest = change;
                most = i;
            }
        }
        long unseen = categories.unseen(after);
        var news =
                unseen > 0
                        ? " %s of its values are categories that the reference never had."
                                .formatted(percent(unseen / all))
                        : "";
        return largest < 0
                ? "%s has other categories.%s".formatted(reference.name(), news)
                : "%s is “%s” in %s of the rows instead of %s.%s"
                        .formatted(
                                reference.name(),
                                categories.names().get(most),
                                percent(after[most] / all),
                                percent(before[most] / all0),
                                news);
    }

    /** What is wrong with the values of a column. */
    static String faults(Reference reference, Counts now) {
        var one = List.of(new DriftRule.Case(reference, now, List.of()));
        var drift = DriftRule.judge(one).stream().map(Verdict::state).toList();
        return "%s: %s".formatted(reference.name(), DataRule.judge(one, drift).getFirst().why());
    }

    /** Its stability index; NaN where there is nothing to compare. */
    static double psi(Reference reference, Counts now) {
        return Comparison.of(reference, now).map(Comparison::psi).orElse(Double.NaN);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, share >= 0.1 ? "%.0f %%" : "%.1f %%", share * 100);
    }

    private static String figure(double value) {
        double size = Math.abs(value);
        return size != 0 && (size < 0.001 || size >= 1e7)
                ? String.format(Locale.ROOT, "%.2e", value)
                : String.format(
                        Locale.ROOT, size < 10 ? "%.2f" : size < 1000 ? "%.1f" : "%,.0f", value);
    }
}
