package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Inputs and outputs of a version beside its reference, the worst first.
 *
 * @param beside what they are compared with
 * @param rows how many were counted
 * @param state one of the states of the style sheet
 * @param note what else is to be known; null for nothing
 * @param segments null where no row names one
 */
public record DriftView(
        int version,
        String finding,
        String state,
        String beside,
        String rows,
        @Nullable String note,
        List<Row> features,
        List<Figure> quality,
        @Nullable String qualityNote,
        List<Figure> estimated,
        String estimatedNote,
        @Nullable Table segments) {

    /** The meter is full at twice what counts as large. */
    private static final double FULL = 2;

    /** A figure of the quality by labels. */
    public record Figure(String title, String value, String note) {}

    /**
     * A column.
     *
     * @param path its name as part of an address
     * @param word of its state
     * @param meter width of the meter's filling, in per cent
     */
    public record Row(
            String name,
            String path,
            String role,
            String state,
            String word,
            boolean hot,
            String psi,
            String meter,
            String limit,
            Distribution distribution,
            String moved,
            String unusable,
            String why) {}

    /** Of a version that has no reference. */
    static DriftView none(int version, String note) {
        return new DriftView(
                version, "", "off", "", "0", note, List.of(), List.of(), null, List.of(), "", null);
    }

    static DriftView of(Reports.Compared compared) {
        var report = compared.report();
        var references = compared.references();
        var counts = compared.counts();
        var rows = new ArrayList<Row>();
        var order = new ArrayList<Integer>();
        for (int i = 0; i < report.features().size(); i++) {
            order.add(i);
        }
        order.sort(
                Comparator.comparing((Integer i) -> Reports.rank(report.features().get(i).state()))
                        .thenComparing(
                                i -> {
                                    var psi = report.features().get(i).psi();
                                    return psi == null ? 0 : -psi;
                                }));
        for (int i : order) {
            rows.add(row(report.features().get(i), references.get(i), counts.get(i)));
        }
        long drifting =
                report.features().stream().filter(one -> one.state() == State.DRIFT).count();
        long watched = report.features().stream().filter(one -> one.state() == State.WARN).count();
        long judged =
                report.features().stream()
                        .filter(one -> Reports.rank(one.state()) <= Reports.rank(State.OK))
                        .count();
        return new DriftView(
                report.version(),
                finding(drifting, watched, judged, report),
                drifting > 0 ? "warn" : watched > 0 ? "watch" : judged > 0 ? "ok" : "off",
                beside(report),
                String.format(Locale.ROOT, "%,d", report.rows()),
                report.note(),
                List.copyOf(rows),
                quality(report.quality()),
                report.quality().note(),
                estimated(report.estimated()),
                report.estimated().note(),
                PrintView.segments(report));
    }

    private static List<Figure> estimated(Estimated estimated) {
        var figures = new ArrayList<Figure>();
        estimated
                .figures()
                .forEach(
                        (name, band) ->
                                figures.add(
                                        new Figure(
                                                FigureNames.title(name),
                                                figure(band.value()),
                                                "%s to %s"
                                                        .formatted(
                                                                figure(band.low()),
                                                                figure(band.high())))));
        return figures;
    }

    /** Empty where nothing was labelled. */
    private static List<Figure> quality(Quality quality) {
        var figures = new ArrayList<Figure>();
        if (quality.labelled() == 0) {
            return figures;
        }
        figures.add(
                new Figure(
                        "Labelled",
                        quality.coverage() == null ? "–" : percent(quality.coverage()),
                        "%,d of %,d predictions with an identifier"
                                .formatted(quality.labelled(), quality.predictions())));
        quality.figures()
                .forEach(
                        (name, value) ->
                                figures.add(
                                        new Figure(
                                                FigureNames.title(name),
                                                figure(value),
                                                FigureNames.note(name))));
        return figures;
    }

    static String figure(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    private static String beside(Reports.Report report) {
        var reference = report.reference();
        if (reference == null) {
            return "nothing";
        }
        return switch (reference.source()) {
            case ROWS -> "reference of %,d rows".formatted(reference.rows());
            case PROFILE -> "profile that was counted elsewhere";
            case PRODUCTION -> "first %,d rows that were sent".formatted(reference.rows());
        };
    }

    private static String finding(long drifting, long watched, long judged, Reports.Report report) {
        long all = report.features().size();
        if (report.reference() == null || report.rows() == 0) {
            return "Nothing was counted in this time.";
        }
        if (judged == 0) {
            return "Too few rows came to tell a change from chance.";
        }
        if (drifting == 0 && watched == 0) {
            return "Nothing has moved against the reference.";
        }
        return drifting > 0
                ? "%d of %d columns have moved away from the reference.".formatted(drifting, all)
                : "%d of %d columns are to be watched.".formatted(watched, all);
    }

    static String path(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static String word(State state) {
        return switch (state) {
            case DRIFT -> "Moved";
            case WARN -> "Watch";
            case OK -> "Steady";
            case INSUFFICIENT -> "Too few";
            case NO_DATA -> "No data";
        };
    }

    static Row row(Reports.Feature feature, Reference reference, Counts now) {
        var psi = feature.psi();
        boolean changed = feature.state().changed();
        return new Row(
                feature.name(),
                path(feature.name()),
                feature.role(),
                switch (feature.state()) {
                    case DRIFT -> "warn";
                    case WARN -> "watch";
                    case OK -> "ok";
                    case INSUFFICIENT, NO_DATA -> "off";
                },
                word(feature.state()),
                changed,
                psi == null ? "–" : number(psi),
                psi == null ? "0" : number(Math.min(100, 100 * psi / (FULL * feature.threshold()))),
                number(feature.threshold()),
                Distribution.of(reference.binning(), reference.counts().cells(), now.cells()),
                moved(feature),
                unusable(feature),
                feature.why());
    }

    private static String number(double figure) {
        return String.format(Locale.ROOT, "%.2f", figure);
    }

    private static String moved(Reports.Feature feature) {
        var shift = feature.meanShift();
        return shift == null || !Double.isFinite(shift)
                ? "–"
                : String.format(Locale.ROOT, "%+.2f sd", shift);
    }

    /** What could not be used, or was not in the reference; empty when all could. */
    private static String unusable(Reports.Feature feature) {
        var parts = new ArrayList<String>();
        add(parts, feature.missing(), "missing");
        add(parts, feature.wrongType(), "of another type");
        add(parts, feature.nonFinite(), "not finite");
        add(parts, feature.outOfRange(), "out of range");
        add(parts, feature.newCategories(), "never seen");
        return String.join(", ", parts);
    }

    private static void add(List<String> parts, long count, String what) {
        if (count > 0) {
            parts.add("%,d %s".formatted(count, what));
        }
    }
}
