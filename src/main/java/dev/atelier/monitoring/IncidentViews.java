package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.monitoring.statistics.Categories;
import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.DriftRule;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Gathers what the page of an incident shows. */
@ApplicationScoped
class IncidentViews {

    private static final Duration SHOWN_BEFORE = Duration.ofDays(3);
    private static final int COLUMNS = 4;
    private static final int WINDOWS = 200;
    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("d MMM, HH:mm", Locale.ENGLISH)
                    .withZone(ZoneId.systemDefault());

    private static final DateTimeFormatter DAYS =
            DateTimeFormatter.ISO_LOCAL_DATE.withZone(ZoneOffset.UTC);

    private static final List<String> COLOURS = List.of("c1", "c3", "c4", "c5");
    private static final List<String> STYLES = List.of("", "d2", "d3", "");

    private final Incidents incidents;
    private final References references;
    private final Windows windows;
    private final Scores scores;
    private final Changes changes;
    private final ObjectMapper json;

    IncidentViews(
            Incidents incidents,
            References references,
            Windows windows,
            Scores scores,
            Changes changes,
            ObjectMapper json) {
        this.incidents = incidents;
        this.references = references;
        this.windows = windows;
        this.scores = scores;
        this.changes = changes;
        this.json = json;
    }

    IncidentView of(Incident incident) {
        var end = incident.closedAt() == null ? Instant.now() : incident.closedAt();
        int sites = windows.sites(incident.model(), incident.version());
        var names = new TreeSet<String>();
        incident.sites().forEach(site -> names.addAll(site.columns()));
        var watched = names.stream().limit(COLUMNS).toList();
        var drawn = drawn(incident, watched, end);
        return new IncidentView(
                incident,
                Figures.duration(Duration.between(incident.since(), end).toMillis()),
                "%d of %d %s"
                        .formatted(
                                incident.sites().size(),
                                Math.max(sites, incident.sites().size()),
                                Math.max(sites, incident.sites().size()) == 1 ? "site" : "sites"),
                columns(incident, end),
                chart(incident, watched, drawn),
                rows(watched, drawn),
                watched,
                incident.sites().stream().map(one -> site(incident, one)).toList(),
                changes.around(incident.model(), incident.since()),
                incidents.events(incident.id()),
                retrain(incident));
    }

    /** The golden path, with the answers that the incident gives. */
    private @Nullable String retrain(Incident incident) {
        if (!incident.open()
                || incident.kind() == IncidentKind.DATA
                || incident.sites().isEmpty()) {
            return null;
        }
        var worst = incident.sites().getFirst();
        var answers =
                json.createObjectNode()
                        .put("model", incident.model())
                        .put("version", Integer.toString(incident.version()))
                        .put("feature", String.join(", ", worst.columns()))
                        .put("method", "PSI")
                        .put("score", Math.round(worst.worst() * 1000) / 1000.0)
                        .put("threshold", DriftRule.DRIFT_ABOVE)
                        .put(
                                "window",
                                DAYS.format(worst.since()) + "/" + DAYS.format(worst.seen()));
        return "/golden-paths/default/retrain-on-drift?formData="
                + URLEncoder.encode(answers.toString(), StandardCharsets.UTF_8);
    }

    /** Of the worst site, what came since the beginning. */
    private List<IncidentView.Column> columns(Incident incident, Instant end) {
        var columns = new ArrayList<IncidentView.Column>();
        for (var site : incident.sites()) {
            if (site.reference() == null || columns.size() >= COLUMNS) {
                continue;
            }
            var reference = references.get(site.reference());
            var until = site.until() == null ? end : site.until();
            var sum = sum(incident, site.site(), reference, site.since(), until);
            for (int i = 0; i < reference.profile().columns().size(); i++) {
                var column = reference.profile().columns().get(i);
                boolean shown = columns.stream().anyMatch(one -> one.name().equals(column.name()));
                if (site.columns().contains(column.name()) && !shown && columns.size() < COLUMNS) {
                    columns.add(column(incident, site.site(), column, sum.columns().get(i)));
                }
            }
        }
        return columns;
    }

    private Window sum(
            Incident incident,
            String site,
            StoredReference reference,
            Instant since,
            Instant until) {
        var sum = Window.none(reference.profile());
        for (var hour : windows.between(incident.model(), incident.version(), site, since, until)) {
            if (hour.reference() == reference.id()) {
                sum = sum.plus(hour.window());
            }
        }
        return sum;
    }

    private static IncidentView.Column column(
            Incident incident, String site, Reference reference, Counts now) {
        double psi = Evidence.psi(reference, now);
        return new IncidentView.Column(
                reference.name(),
                "%s, %,d values since".formatted(site, now.all()),
                incident.kind() == IncidentKind.DATA
                        ? Evidence.faults(reference, now)
                        : Evidence.moved(reference, now),
                Double.isNaN(psi) ? "–" : figure(psi),
                Distribution.of(reference.binning(), reference.counts().cells(), now.cells()),
                figures(reference, now));
    }

    private static List<IncidentView.Figure> figures(Reference reference, Counts now) {
        var figures = new ArrayList<IncidentView.Figure>();
        var then = reference.counts();
        if (!(reference.binning() instanceof Categories)) {
            var before = then.moments();
            var after = now.moments();
            figures.add(figure("Mean", before.mean(), after.mean()));
            figures.add(
                    figure(
                            "Standard deviation",
                            before.standardDeviation(),
                            after.standardDeviation()));
            figures.add(figure("Smallest", before.min(), after.min()));
            figures.add(figure("Largest", before.max(), after.max()));
        }
        figures.add(shares("Missing", then.missing(), then.all(), now.missing(), now.all()));
        figures.add(shares("Wrong type", then.wrongType(), then.all(), now.wrongType(), now.all()));
        var binning = reference.binning();
        figures.add(
                shares("Out of range", 0, then.all(), binning.outOfRange(now.cells()), now.all()));
        figures.add(shares("New values", 0, then.all(), binning.unseen(now.cells()), now.all()));
        return figures;
    }

    private static IncidentView.Figure figure(String name, double before, double after) {
        return new IncidentView.Figure(name, number(before), number(after));
    }

    private static String number(double value) {
        return Double.isFinite(value) ? Figures.number(value) : "–";
    }

    private static IncidentView.Figure shares(
            String name, long before, long all0, long after, long all) {
        return new IncidentView.Figure(name, share(before, all0), share(after, all));
    }

    private static String share(long part, long all) {
        return all == 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / all);
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** A window of one of the sites, with what its watched columns came to. */
    private record Drawn(Score score, double[] values) {}

    private List<Drawn> drawn(Incident incident, List<String> watched, Instant end) {
        var names = incident.sites().stream().map(Incident.Site::site).toList();
        var drawn = new ArrayList<Drawn>();
        for (var score :
                scores.between(
                        incident.model(),
                        incident.version(),
                        names.size() == 1 ? names.getFirst() : null,
                        incident.since().minus(SHOWN_BEFORE),
                        end.plusSeconds(1))) {
            if (!names.contains(score.site()) || !score.judged()) {
                continue;
            }
            var columns = references.get(score.reference()).profile().columns();
            var values = new double[watched.size()];
            Arrays.fill(values, Double.NaN);
            for (int i = 0; i < columns.size(); i++) {
                int at = watched.indexOf(columns.get(i).name());
                if (at >= 0) {
                    values[at] =
                            incident.kind() == IncidentKind.DATA
                                    ? score.faults()[i]
                                    : score.psi()[i];
                }
            }
            drawn.add(new Drawn(score, values));
        }
        return drawn.size() > WINDOWS ? drawn.subList(drawn.size() - WINDOWS, drawn.size()) : drawn;
    }

    /** Of the worst site alone: lines of several would lie over each other. */
    private static @Nullable Chart chart(
            Incident incident, List<String> watched, List<Drawn> drawn) {
        if (incident.sites().isEmpty()) {
            return null;
        }
        var site = incident.sites().getFirst().site();
        var here = drawn.stream().filter(one -> one.score.site().equals(site)).toList();
        if (here.size() < 2) {
            return null;
        }
        var lines = new ArrayList<Chart.Values>();
        for (int i = 0; i < watched.size(); i++) {
            int at = i;
            lines.add(
                    new Chart.Values(
                            watched.get(i),
                            COLOURS.get(i % COLOURS.size()),
                            STYLES.get(i % STYLES.size()),
                            here.stream().mapToDouble(one -> one.values[at]).toArray()));
        }
        var limit = new double[here.size()];
        Arrays.fill(limit, DriftRule.DRIFT_ABOVE);
        if (incident.kind() != IncidentKind.DATA) {
            lines.add(
                    new Chart.Values(
                            "counts as drift above %s".formatted(DriftRule.DRIFT_ABOVE),
                            "c2",
                            "d3",
                            limit));
        }
        return Chart.of(
                lines,
                incident.kind() == IncidentKind.DATA ? 0.1 : 0.3,
                "",
                MOMENT.format(here.getFirst().score.start()),
                MOMENT.format(here.getLast().score.until()),
                "Window by window at %s; the last of %s is %s"
                        .formatted(site, watched.getFirst(), figure(here.getLast().values[0])));
    }

    private static List<IncidentView.Window> rows(List<String> watched, List<Drawn> drawn) {
        return drawn.reversed().stream()
                .map(
                        one ->
                                new IncidentView.Window(
                                        MOMENT.format(one.score.start()),
                                        one.score.site(),
                                        "%,d".formatted(one.score.rows()),
                                        Arrays.stream(one.values)
                                                .mapToObj(v -> Double.isNaN(v) ? "–" : figure(v))
                                                .toList()))
                .limit(watched.isEmpty() ? 0 : WINDOWS)
                .toList();
    }

    private static IncidentView.SiteRow site(Incident incident, Incident.Site one) {
        boolean over = one.until() != null;
        return new IncidentView.SiteRow(
                one.site(),
                over ? "ok" : incident.severity().mark(),
                over ? "Over" : incident.open() ? "Affected" : "Closed",
                figure(one.worst()),
                String.join(", ", one.columns()),
                MOMENT.format(one.since()));
    }
}
