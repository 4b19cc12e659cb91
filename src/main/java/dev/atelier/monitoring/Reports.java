package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.monitoring.statistics.Comparison;
import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.DriftRule;
import dev.atelier.monitoring.statistics.NumericBinning;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Verdict;
import dev.atelier.monitoring.statistics.Window;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a version was asked and answered in a time, beside its reference. */
@ApplicationScoped
class Reports {

    static final String NO_REFERENCE =
            "There is no reference yet. Send one, or %,d rows: the first become it."
                    .formatted(Intake.FIRST_ROWS);

    private final Windows windows;
    private final Labels labels;

    Reports(Windows windows, Labels labels) {
        this.windows = windows;
        this.labels = labels;
    }

    /** The reference that a report compares with. */
    public record Beside(String hash, StoredReference.Source source, long rows, Instant madeAt) {
        static Beside of(StoredReference one) {
            return new Beside(one.hash(), one.source(), one.rows(), one.madeAt());
        }
    }

    /**
     * One column.
     *
     * @param kind {@code numeric} or {@code categorical}
     * @param role {@code input} or {@code output}
     * @param n values that could be used
     * @param js Jensen-Shannon distance, base 2
     * @param ks Kolmogorov-Smirnov distance; none of categories
     * @param chiSquare statistic of the two-sample test
     * @param pValue of the stability index, adjusted over the columns of the report
     * @param threshold the stability index above which a change counts as large
     * @param meanShift in standard deviations of the reference; none of categories
     * @param missing, wrongType, nonFinite, outOfRange, newCategories how many values
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Feature(
            String name,
            String kind,
            String role,
            long n,
            State state,
            String why,
            @Nullable Double psi,
            @Nullable Double js,
            @Nullable Double ks,
            @Nullable Double hellinger,
            @Nullable Double lInfinity,
            @Nullable Double chiSquare,
            @Nullable Double chiSquarePValue,
            double pValue,
            double threshold,
            @Nullable Double meanShift,
            long missing,
            long wrongType,
            long nonFinite,
            long outOfRange,
            long newCategories) {}

    /**
     * @param coverage share of the rows that came which were counted; null when none came
     * @param rows that were counted beside the reference
     * @param otherRows that were counted by an earlier reference, and are not in the figures
     * @param note what else is to be known
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Report(
            String model,
            int version,
            Instant from,
            Instant to,
            @Nullable String site,
            @Nullable Double coverage,
            long rows,
            long lost,
            long otherRows,
            @Nullable Beside reference,
            @Nullable String note,
            List<Feature> features,
            Quality quality) {}

    /**
     * A report with what it was made of.
     *
     * @param references of the report's features, in their order
     * @param counts of the same
     */
    record Compared(Report report, List<Reference> references, List<Counts> counts) {}

    /**
     * @param reference the one in use; null where there is none
     * @param site null for all
     */
    Compared compare(
            String model,
            int version,
            @Nullable StoredReference reference,
            @Nullable String site,
            Instant from,
            Instant to) {
        long lost = windows.lost(model, version, site, from, to);
        if (reference == null) {
            var report =
                    new Report(
                            model,
                            version,
                            from,
                            to,
                            site,
                            null,
                            0,
                            lost,
                            0,
                            null,
                            NO_REFERENCE,
                            List.of(),
                            quality(model, version, site, from, to));
            return new Compared(report, List.of(), List.of());
        }
        var window = Window.none(reference.profile());
        long others = 0;
        for (var hour : windows.between(model, version, site, from, to)) {
            if (hour.reference() == reference.id()) {
                window = window.plus(hour.window());
            } else {
                others += hour.window().rows();
            }
        }
        long came = window.rows() + others + lost;
        var report =
                new Report(
                        model,
                        version,
                        from,
                        to,
                        site,
                        came == 0 ? null : (double) (window.rows() + others) / came,
                        window.rows(),
                        lost,
                        others,
                        Beside.of(reference),
                        reference.source() == StoredReference.Source.PRODUCTION
                                ? "The reference is the first %,d rows that were sent, not training data."
                                        .formatted(reference.rows())
                                : null,
                        features(reference, window),
                        quality(model, version, site, from, to));
        return new Compared(report, reference.profile().columns(), window.columns());
    }

    private Quality quality(
            String model, int version, @Nullable String site, Instant from, Instant to) {
        var labelled = new ArrayList<Labels.Labelled>();
        labels.each(model, version, site, from, to, labelled::add);
        return Quality.of(labels.predictions(model, version, site, from, to), labelled);
    }

    private static List<Feature> features(StoredReference reference, Window window) {
        var columns = reference.profile().columns();
        var cases = new ArrayList<DriftRule.Case>();
        for (int i = 0; i < columns.size(); i++) {
            cases.add(new DriftRule.Case(columns.get(i), window.columns().get(i), List.of()));
        }
        var verdicts = DriftRule.judge(cases);
        var features = new ArrayList<Feature>();
        for (int i = 0; i < columns.size(); i++) {
            features.add(feature(reference, cases.get(i), verdicts.get(i)));
        }
        return List.copyOf(features);
    }

    /** JSON has no other numbers. */
    private static @Nullable Double finite(@Nullable Double figure) {
        return figure == null || !Double.isFinite(figure) ? null : figure;
    }

    private static Feature feature(StoredReference stored, DriftRule.Case one, Verdict verdict) {
        var reference = one.reference();
        var now = one.now();
        var binning = reference.binning();
        @Nullable Comparison found = verdict.comparison();
        return new Feature(
                reference.name(),
                binning instanceof NumericBinning ? "numeric" : "categorical",
                stored.outputs().contains(reference.name()) ? "output" : "input",
                now.usable(),
                verdict.state(),
                verdict.why(),
                found == null ? null : found.psi(),
                found == null ? null : found.jensenShannon(),
                found == null || found.ks() == null ? null : found.ks().distance(),
                found == null ? null : found.hellinger(),
                found == null ? null : found.lInfinity(),
                found == null ? null : found.chiSquare().statistic(),
                found == null ? null : found.chiSquare().pValue(),
                verdict.adjustedP(),
                verdict.threshold(),
                finite(found == null ? null : found.meanShift()),
                now.missing(),
                now.wrongType(),
                now.nonFinite(),
                binning.outOfRange(now.cells()),
                binning.unseen(now.cells()));
    }
}
