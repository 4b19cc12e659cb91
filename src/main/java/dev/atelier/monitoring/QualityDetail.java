package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Cbpe;
import dev.atelier.monitoring.statistics.ScoreHistogram;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How good a version is: by labels, and by what its probabilities imply. */
@ApplicationScoped
class QualityDetail {

    /**
     * @param figure that is drawn over time; empty where there is none
     * @param figures that can be
     * @param overTime null where nothing is known
     * @param reliability null where answers are no scores, or have no label
     */
    public record View(
            Quality quality,
            Estimated estimated,
            String labelled,
            String figure,
            List<Choice> figures,
            Table both,
            @Nullable QualityChart overTime,
            Table byTime,
            @Nullable Chart coverage,
            @Nullable Reliability reliability,
            @Nullable Table bins) {}

    public record Choice(String name, String title, boolean chosen) {}

    private final Labels labels;
    private final Estimates estimates;

    QualityDetail(Labels labels, Estimates estimates) {
        this.labels = labels;
        this.estimates = estimates;
    }

    /** What was said and known of a point in time. */
    private record Point(
            Instant at, long predictions, Quality quality, Map<String, Estimated.Band> estimated) {}

    View of(Watched watched, String wanted) {
        var part = watched.part();
        var from = watched.from();
        var until = watched.until();
        var labelled = labels.labelled(part, from, until);
        long predictions =
                labels.predictions(part, from, until).values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
        var quality = Quality.of(predictions, labelled);
        var known = estimates.calibration(part.model(), part.version(), watched.reference(), from);
        var calibration = known.calibration();
        var byPoint =
                calibration == null
                        ? Collections.<Instant, Cbpe>emptySortedMap()
                        : estimates.by(calibration, part, from, until, watched::point);
        // Of the same answers as the points: they are read once.
        var estimated =
                calibration == null || predictions == 0
                        ? estimates.of(known, part, predictions, from, until)
                        : Estimates.of(known, calibration, byPoint.values());
        var points = points(watched, labelled, calibration, byPoint);

        var names = new LinkedHashSet<>(estimated.figures().keySet());
        names.addAll(quality.figures().keySet());
        var figure = names.contains(wanted) ? wanted : names.stream().findFirst().orElse("");
        var histogram = Quality.histogram(labelled);
        return new View(
                quality,
                estimated,
                quality.coverage() == null ? "–" : "%.0f %%".formatted(100 * quality.coverage()),
                figure,
                names.stream()
                        .map(name -> new Choice(name, FigureNames.title(name), name.equals(figure)))
                        .toList(),
                both(watched, names, quality, estimated),
                figure.isEmpty() ? null : overTime(watched, points, figure),
                byTime(watched, points, figure),
                predictions == 0 ? null : coverage(watched, points),
                histogram == null ? null : Reliability.of(histogram),
                histogram == null ? null : bins(watched, histogram));
    }

    private List<Point> points(
            Watched watched,
            List<Labels.Labelled> labelled,
            @Nullable Calibration calibration,
            Map<Instant, Cbpe> estimated) {
        var part = watched.part();
        var byPoint = new TreeMap<Instant, List<Labels.Labelled>>();
        labelled.forEach(
                one ->
                        byPoint.computeIfAbsent(watched.point(one.at()), _ -> new ArrayList<>())
                                .add(one));
        var counts = labels.predictions(part, watched.from(), watched.until(), watched.byDay());
        var points = new ArrayList<Point>();
        for (var at : watched.points()) {
            long n = counts.getOrDefault(at, 0L);
            var cbpe = estimated.get(at);
            points.add(
                    new Point(
                            at,
                            n,
                            Quality.of(n, byPoint.getOrDefault(at, List.of())),
                            calibration == null || cbpe == null || cbpe.n() == 0
                                    ? Map.of()
                                    : Estimated.figures(calibration.kind(), cbpe)));
        }
        return points;
    }

    private static Table both(
            Watched watched, Iterable<String> names, Quality quality, Estimated estimated) {
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var name : names) {
            var band = estimated.figures().get(name);
            rows.add(
                    Arrays.asList(
                            FigureNames.title(name),
                            quality.figures().get(name),
                            band == null ? null : band.value(),
                            band == null ? null : band.low(),
                            band == null ? null : band.high(),
                            FigureNames.note(name)));
        }
        return new Table(
                watched.model() + "-quality",
                "Quality",
                List.of("Figure", "By labels", "Estimated", "at least", "at most", ""),
                rows);
    }

    private static QualityChart overTime(Watched watched, List<Point> points, String figure) {
        var values = new double[points.size()];
        var low = new double[points.size()];
        var high = new double[points.size()];
        var dots = new double[points.size()];
        for (int i = 0; i < values.length; i++) {
            var band = points.get(i).estimated().get(figure);
            values[i] = band == null ? Double.NaN : band.value();
            low[i] = band == null ? Double.NaN : band.low();
            high[i] = band == null ? Double.NaN : band.high();
            dots[i] =
                    Objects.requireNonNullElse(
                            points.get(i).quality().figures().get(figure), Double.NaN);
        }
        return QualityChart.of(
                FigureNames.title(figure),
                watched.step(),
                points.stream().map(one -> watched.name(one.at())).toList(),
                values,
                low,
                high,
                dots);
    }

    private static Table byTime(Watched watched, List<Point> points, String figure) {
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var point : points.reversed()) {
            if (point.predictions() == 0) {
                continue;
            }
            var band = point.estimated().get(figure);
            rows.add(
                    Arrays.asList(
                            point.at().toString(),
                            point.predictions(),
                            point.quality().labelled(),
                            point.quality().figures().get(figure),
                            band == null ? null : band.value(),
                            band == null ? null : band.low(),
                            band == null ? null : band.high()));
        }
        return new Table(
                watched.model() + "-quality-over-time",
                "Quality over time",
                List.of(
                        "From (UTC)",
                        "Predictions",
                        "Labelled",
                        figure.isEmpty() ? "By labels" : FigureNames.title(figure) + " by labels",
                        "Estimated",
                        "at least",
                        "at most"),
                rows);
    }

    private static Chart coverage(Watched watched, List<Point> points) {
        var shares = new double[points.size()];
        for (int i = 0; i < shares.length; i++) {
            var coverage = points.get(i).quality().coverage();
            shares[i] = coverage == null ? Double.NaN : 100 * coverage;
        }
        return Chart.of(
                List.of(new Chart.Values("predictions with a label", "c1", "", shares)),
                100,
                " %",
                watched.name(points.getFirst().at()),
                watched.name(points.getLast().at()),
                "Share of predictions that have a label, by " + watched.step());
    }

    private static Table bins(Watched watched, ScoreHistogram histogram) {
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var bin : histogram.calibration()) {
            rows.add(
                    Arrays.asList(
                            "%.1f to %.1f".formatted(bin.from(), bin.to()),
                            bin.n(),
                            bin.meanScore(),
                            bin.positiveShare()));
        }
        return new Table(
                watched.model() + "-calibration",
                "Calibration",
                List.of("Score", "Predictions", "Mean score", "Share that was 1"),
                rows);
    }
}
