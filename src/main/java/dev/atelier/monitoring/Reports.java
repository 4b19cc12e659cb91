package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.models.Versions;
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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a version was asked and answered in a time, beside its reference. */
@ApplicationScoped
class Reports {

    static final String NO_REFERENCE =
            "There is no reference yet. Send one, or %,d rows: the first become it."
                    .formatted(Intake.FIRST_ROWS);

    private final Versions versions;
    private final Windows windows;
    private final Labels labels;
    private final Estimates estimates;

    Reports(Versions versions, Windows windows, Labels labels, Estimates estimates) {
        this.versions = versions;
        this.windows = windows;
        this.labels = labels;
        this.estimates = estimates;
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
     * A part of the traffic, judged by itself.
     *
     * @param name empty for rows that named none
     * @param state the worst of its columns
     * @param drifting how many columns have drifted
     */
    public record Segment(String name, long rows, State state, int drifting, Quality quality) {}

    /**
     * @param coverage share of the rows that came which were counted, of all segments; null when
     *     none came
     * @param segments all there are in the time and at the site, when there are any
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
            @Nullable String segment,
            @Nullable Double coverage,
            long rows,
            long lost,
            long otherRows,
            @Nullable Beside reference,
            @Nullable String note,
            List<Feature> features,
            Quality quality,
            Estimated estimated,
            List<Segment> segments) {}

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
        return compare(new Labels.Part(model, version, site, null), reference, from, to);
    }

    /**
     * @param reference the one in use; null where there is none
     */
    Compared compare(
            Labels.Part part, @Nullable StoredReference reference, Instant from, Instant to) {
        var counted = Counted.of(windows, part, reference, from, to);
        var all = new Labels.Part(part.model(), part.version(), part.site(), null);
        var labelled = labels.labelled(all, from, to);
        var predictions = labels.predictions(all, from, to);
        long lost = windows.lost(part.model(), part.version(), part.site(), from, to);
        long came = counted.all() + lost;
        var window = counted.window(part.segment());
        var wanted = of(part.segment(), predictions);
        var report =
                new Report(
                        part.model(),
                        part.version(),
                        from,
                        to,
                        part.site(),
                        part.segment(),
                        came == 0 || reference == null ? null : (double) counted.all() / came,
                        window == null ? 0 : window.rows(),
                        lost,
                        counted.others(),
                        reference == null ? null : Beside.of(reference),
                        note(part, reference),
                        reference == null || window == null
                                ? List.of()
                                : features(reference, window),
                        Quality.of(wanted, of(part.segment(), labelled)),
                        estimates.of(
                                estimates.calibration(
                                        part.model(), part.version(), reference, from),
                                part,
                                wanted,
                                from,
                                to),
                        segments(reference, counted, predictions, labelled));
        return new Compared(
                report,
                reference == null ? List.of() : reference.profile().columns(),
                window == null ? List.of() : window.columns());
    }

    /** What is to be known of a version that has no reference. */
    String withoutReference(String model, int version) {
        return ServedTable.untold(versions.find(model, Integer.toString(version)))
                .map(why -> NO_REFERENCE + " Calls that are served here are not counted: " + why)
                .orElse(NO_REFERENCE);
    }

    private @Nullable String note(Labels.Part part, @Nullable StoredReference reference) {
        return reference == null
                ? withoutReference(part.model(), part.version())
                : reference.source() == StoredReference.Source.PRODUCTION
                        ? "The reference is the first %,d rows that were sent, not training data."
                                .formatted(reference.rows())
                        : null;
    }

    private static long of(@Nullable String segment, Map<String, Long> predictions) {
        return segment == null
                ? predictions.values().stream().mapToLong(Long::longValue).sum()
                : predictions.getOrDefault(segment, 0L);
    }

    private static List<Labels.Labelled> of(
            @Nullable String segment, List<Labels.Labelled> labelled) {
        return segment == null
                ? labelled
                : labelled.stream().filter(one -> one.segment().equals(segment)).toList();
    }

    private static List<Segment> segments(
            @Nullable StoredReference reference,
            Counted counted,
            Map<String, Long> predictions,
            List<Labels.Labelled> labelled) {
        if (reference == null || counted.segments().stream().allMatch(String::isEmpty)) {
            return List.of();
        }
        var segments = new ArrayList<Segment>();
        for (var name : counted.segments()) {
            var window = Objects.requireNonNull(counted.window(name));
            var states = features(reference, window).stream().map(Feature::state).toList();
            segments.add(
                    new Segment(
                            name,
                            window.rows(),
                            worst(states),
                            (int) states.stream().filter(State.DRIFT::equals).count(),
                            Quality.of(of(name, predictions), of(name, labelled))));
        }
        return List.copyOf(segments);
    }

    /** What is worst of several columns; without any there is nothing to judge. */
    static State worst(List<State> states) {
        return states.stream().min(Comparator.comparing(Reports::rank)).orElse(State.NO_DATA);
    }

    /** The worst first. */
    static int rank(State state) {
        return switch (state) {
            case DRIFT -> 0;
            case WARN -> 1;
            case OK -> 2;
            case INSUFFICIENT -> 3;
            case NO_DATA -> 4;
        };
    }

    /** Judges what was counted in a window. */
    static List<Feature> features(StoredReference reference, Window window) {
        return features(reference.profile().columns(), reference.outputs(), window);
    }

    /**
     * @param columns that the window is compared with
     * @param outputs names of those that the model gives
     */
    static List<Feature> features(List<Reference> columns, Set<String> outputs, Window window) {
        var cases = new ArrayList<DriftRule.Case>();
        for (int i = 0; i < columns.size(); i++) {
            cases.add(new DriftRule.Case(columns.get(i), window.columns().get(i), List.of()));
        }
        var verdicts = DriftRule.judge(cases);
        var features = new ArrayList<Feature>();
        for (int i = 0; i < columns.size(); i++) {
            features.add(feature(outputs, cases.get(i), verdicts.get(i)));
        }
        return List.copyOf(features);
    }

    /** JSON has no other numbers. */
    private static @Nullable Double finite(@Nullable Double figure) {
        return figure == null || !Double.isFinite(figure) ? null : figure;
    }

    private static Feature feature(Set<String> outputs, DriftRule.Case one, Verdict verdict) {
        var reference = one.reference();
        var now = one.now();
        var binning = reference.binning();
        @Nullable Comparison found = verdict.comparison();
        return new Feature(
                reference.name(),
                binning instanceof NumericBinning ? "numeric" : "categorical",
                outputs.contains(reference.name()) ? "output" : "input",
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
