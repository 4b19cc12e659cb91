package dev.atelier.monitoring;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The report of a version on one sheet: the same figures as its JSON.
 *
 * @param segments null where no row names one
 */
public record PrintView(
        DriftView drift,
        Reports.Report report,
        String made,
        String from,
        String to,
        String coverage,
        Table quality,
        @Nullable Table segments) {

    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
                    .withZone(ZoneOffset.UTC);

    static PrintView of(Watched watched, Reports.Compared compared) {
        var report = compared.report();
        return new PrintView(
                DriftView.of(compared),
                report,
                MINUTE.format(watched.until()),
                MINUTE.format(watched.from()),
                MINUTE.format(watched.until()),
                report.coverage() == null
                        ? "–"
                        : String.format(Locale.ROOT, "%.1f %%", 100 * report.coverage()),
                quality(report),
                segments(report));
    }

    private static Table quality(Reports.Report report) {
        var names = new LinkedHashSet<>(report.estimated().figures().keySet());
        names.addAll(report.quality().figures().keySet());
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var name : names) {
            var band = report.estimated().figures().get(name);
            rows.add(
                    Arrays.asList(
                            FigureNames.title(name),
                            report.quality().figures().get(name),
                            band == null ? null : band.value(),
                            band == null
                                    ? ""
                                    : Table.figure(band.low())
                                            + " to "
                                            + Table.figure(band.high())));
        }
        return new Table(
                "quality", "Quality", List.of("Figure", "By labels", "Estimated", "Band"), rows);
    }

    static @Nullable Table segments(Reports.Report report) {
        if (report.segments().isEmpty()) {
            return null;
        }
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var one : report.segments()) {
            var first = one.quality().figures().entrySet().stream().findFirst();
            rows.add(
                    Arrays.asList(
                            one.name().isEmpty() ? "none named" : one.name(),
                            one.rows(),
                            DriftView.word(one.state()),
                            (long) one.drifting(),
                            one.quality().labelled(),
                            first.map(
                                            figure ->
                                                    "%s %s"
                                                            .formatted(
                                                                    FigureNames.title(
                                                                            figure.getKey()),
                                                                    Table.figure(
                                                                            figure.getValue())))
                                    .orElse("–")));
        }
        return new Table(
                "segments",
                "By segment",
                List.of("Segment", "Rows", "Worst column", "Drifting", "Labelled", "Quality"),
                rows);
    }
}
