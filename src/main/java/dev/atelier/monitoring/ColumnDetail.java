package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Comparison;
import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.DriftRule;
import dev.atelier.monitoring.statistics.NumericBinning;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Verdict;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One input or output of a model, as it was and as it is. */
@ApplicationScoped
class ColumnDetail {

    /**
     * @param path its name as part of an address
     * @param unusable null where all values could be used
     */
    public record View(
            String name,
            String path,
            String role,
            DriftView.Row row,
            Shares shares,
            @Nullable Table spread,
            @Nullable Chart drift,
            Table overTime,
            @Nullable Chart unusable,
            Table distances) {}

    private final Windows windows;

    ColumnDetail(Windows windows) {
        this.windows = windows;
    }

    /**
     * @throws NotFound where the reference has no such column
     */
    View of(Watched watched, String column) {
        var stored = watched.compared();
        var columns = stored.profile().columns();
        int at = -1;
        for (int i = 0; i < columns.size(); i++) {
            at = columns.get(i).name().equals(column) ? i : at;
        }
        if (at < 0) {
            throw new NotFound(
                    "The reference of version %d of %s has no column %s."
                            .formatted(watched.number(), watched.model(), column));
        }
        var reference = columns.get(at);
        var byPoint = new HashMap<Instant, Counts>();
        var counted = new ArrayList<Windows.Hour>();
        for (var hour :
                windows.between(
                        watched.model(), watched.number(), null, watched.from(), watched.until())) {
            if (hour.reference() == stored.id()) {
                counted.add(hour);
                byPoint.merge(
                        watched.point(hour.start()), hour.window().columns().get(at), Counts::plus);
            }
        }
        // Judged among all columns, as the report judges it.
        var window =
                counted.stream()
                        .map(Windows.Hour::window)
                        .reduce(Window.none(stored.profile()), Window::plus);
        var feature = Reports.features(stored, window).get(at);
        var now = window.columns().get(at);
        var points = OverTime.of(watched, reference, byPoint);
        return new View(
                column,
                DriftView.path(column),
                feature.role(),
                DriftView.row(feature, reference, now),
                Shares.of(
                        column,
                        reference.binning(),
                        reference.counts().cells(),
                        now.cells(),
                        "Reference",
                        "Now"),
                reference.binning() instanceof NumericBinning binning
                        ? Spread.table(column, binning, reference.counts(), now, "Reference", "Now")
                        : null,
                points.drift(),
                points.table(column),
                points.unusable(),
                distances(column, feature));
    }

    private static Table distances(String column, Reports.Feature feature) {
        var rows = new ArrayList<List<@Nullable Object>>();
        add(
                rows,
                "Population stability index",
                feature.psi(),
                "What is judged: 0 is no change; above %s it is large here."
                        .formatted(Table.figure(feature.threshold())));
        add(
                rows,
                "p-value of the index",
                feature.psi() == null ? null : feature.pValue(),
                "How often chance alone does as much, over all columns; below 0.01 it is no chance.");
        add(
                rows,
                "Jensen-Shannon",
                feature.js(),
                "Distance of the two in bits, 0 to 1; 1 where they have nothing in common.");
        add(
                rows,
                "Hellinger",
                feature.hellinger(),
                "0 to 1 too; sees changes of rare values more than the others.");
        add(rows, "L-infinity", feature.lInfinity(), "The largest change of one group's share.");
        add(
                rows,
                "Kolmogorov-Smirnov",
                feature.ks(),
                "The largest gap of the two cumulative curves, over all cells.");
        add(
                rows,
                "Chi-square",
                feature.chiSquare(),
                "Statistic of the two-sample test of the groups; grows with the rows.");
        add(rows, "p-value of chi-square", feature.chiSquarePValue(), "Of this column alone.");
        add(
                rows,
                "Shift of the mean",
                feature.meanShift(),
                "In standard deviations of the reference, exact.");
        return new Table(
                column + "-distances",
                "Distances",
                List.of("Measure", "Value", "What it says"),
                rows);
    }

    private static void add(
            List<List<@Nullable Object>> rows, String name, @Nullable Double value, String says) {
        rows.add(Arrays.asList(name, value, says));
    }

    /** The column by hours or days. */
    private record OverTime(
            Watched watched,
            List<Instant> points,
            List<Counts> counts,
            List<Verdict> verdicts,
            Reference reference) {

        static OverTime of(Watched watched, Reference reference, Map<Instant, Counts> byPoint) {
            var points = watched.points();
            var counts = new ArrayList<Counts>();
            var verdicts = new ArrayList<Verdict>();
            var before = new ArrayDeque<State>();
            for (var point : points) {
                var here = byPoint.getOrDefault(point, Counts.none(reference.binning()));
                var verdict =
                        DriftRule.judge(
                                        List.of(
                                                new DriftRule.Case(
                                                        reference, here, List.copyOf(before))))
                                .getFirst();
                before.addFirst(verdict.state());
                counts.add(here);
                verdicts.add(verdict);
            }
            return new OverTime(watched, points, counts, verdicts, reference);
        }

        @Nullable Chart drift() {
            var psi = new double[points.size()];
            var limit = new double[points.size()];
            int known = 0;
            int above = 0;
            for (int i = 0; i < psi.length; i++) {
                var verdict = verdicts.get(i);
                boolean judged = Reports.rank(verdict.state()) <= Reports.rank(State.OK);
                psi[i] = judged ? Objects.requireNonNull(verdict.comparison()).psi() : Double.NaN;
                limit[i] = judged ? verdict.threshold() : Double.NaN;
                known += judged ? 1 : 0;
                above += judged && psi[i] > limit[i] ? 1 : 0;
            }
            return known == 0
                    ? null
                    : chart(
                            List.of(
                                    new Chart.Values("drift", "c1", "", psi),
                                    new Chart.Values("limit", "c2", "d2", limit)),
                            0.2,
                            "",
                            "Population stability index by %s: above its limit in %d of %d"
                                    .formatted(watched.step(), above, known));
        }

        @Nullable Chart unusable() {
            var missing = new double[points.size()];
            var out = new double[points.size()];
            var unseen = new double[points.size()];
            boolean any = false;
            for (int i = 0; i < missing.length; i++) {
                var here = counts.get(i);
                any |= here.all() > 0;
                missing[i] = share(here, here.missing() + here.nonFinite() + here.wrongType());
                out[i] = share(here, reference.binning().outOfRange(here.cells()));
                unseen[i] = share(here, reference.binning().unseen(here.cells()));
            }
            return any
                    ? chart(
                            List.of(
                                    new Chart.Values(
                                            "missing or of another type", "c1", "", missing),
                                    new Chart.Values("out of range", "c3", "d2", out),
                                    new Chart.Values("never seen before", "c4", "d3", unseen)),
                            1,
                            " %",
                            "Shares of values that are missing, out of range or new, by "
                                    + watched.step())
                    : null;
        }

        private Chart chart(List<Chart.Values> lines, double least, String unit, String finding) {
            return Chart.of(
                    lines,
                    least,
                    unit,
                    watched.name(points.getFirst()),
                    watched.name(points.getLast()),
                    finding);
        }

        private static double share(Counts counts, long part) {
            return counts.all() == 0 ? Double.NaN : 100.0 * part / counts.all();
        }

        Table table(String column) {
            var rows = new ArrayList<List<@Nullable Object>>();
            for (int i = points.size() - 1; i >= 0; i--) {
                var here = counts.get(i);
                if (here.all() == 0) {
                    continue;
                }
                var verdict = verdicts.get(i);
                @Nullable Comparison found = verdict.comparison();
                rows.add(
                        Arrays.asList(
                                points.get(i).toString(),
                                here.usable(),
                                verdict.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                                found == null ? null : found.psi(),
                                verdict.threshold(),
                                here.missing(),
                                here.wrongType(),
                                here.nonFinite(),
                                reference.binning().outOfRange(here.cells()),
                                reference.binning().unseen(here.cells())));
            }
            return new Table(
                    column + "-over-time",
                    "Over time",
                    List.of(
                            "From (UTC)",
                            "Values",
                            "State",
                            "Drift",
                            "Limit",
                            "Missing",
                            "Wrong type",
                            "Not finite",
                            "Out of range",
                            "Never seen"),
                    rows);
        }
    }
}
