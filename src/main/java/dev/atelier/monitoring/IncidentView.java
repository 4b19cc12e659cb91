package dev.atelier.monitoring;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the page of an incident shows.
 *
 * @param lasting how long it has lasted, or lasted
 * @param affected how many of the sites, in words
 * @param chart how far the worst columns were from the reference, window by window
 * @param retrain where a retraining begins; null where it makes no sense
 */
public record IncidentView(
        Incident incident,
        String lasting,
        String affected,
        List<Column> columns,
        @Nullable Chart chart,
        List<Window> windows,
        List<String> watched,
        List<SiteRow> sites,
        List<Changes.Change> changes,
        List<Incidents.Event> history,
        @Nullable String retrain) {

    /**
     * A column that moved.
     *
     * @param beside the site that the picture is of
     */
    public record Column(
            String name,
            String beside,
            String words,
            String psi,
            Distribution distribution,
            List<Figure> figures) {}

    /** A line of a column's table: the reference's value and that of now. */
    public record Figure(String name, String reference, String now) {}

    /** A window of the chart, as a line of its table. */
    public record Window(String time, String site, String rows, List<String> values) {}

    public record SiteRow(
            String site, String mark, String word, String worst, String columns, String since) {}
}
