package dev.atelier.monitoring;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import dev.atelier.platform.web.Browser;
import dev.atelier.serving.Outcome;
import dev.atelier.serving.Traffic;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The Observability tab of a model: what it served, how fast, with what errors. */
@Path("/models/{model}/observability")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "model")
public class ObservabilityPages {

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).withZone(ZoneId.systemDefault());
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("EEE d MMM", Locale.ENGLISH)
                    .withZone(ZoneId.systemDefault());

    @CheckedTemplate(basePath = "monitoring")
    static class Templates {
        static native TemplateInstance observability(EntityShell shell, View view);

        static native TemplateInstance observability$panels(View view);
    }

    /**
     * What the page draws.
     *
     * @param version chosen, or empty for all
     * @param site whose rows are compared; empty for all
     * @param sites that sent rows, if there are several
     */
    public record View(
            String address,
            String range,
            List<Choice> ranges,
            String version,
            List<Integer> versions,
            String finding,
            String state,
            List<Figure> figures,
            @Nullable Chart requests,
            @Nullable Chart latency,
            List<Row> rows,
            List<VersionRow> byVersion,
            String title,
            @Nullable DriftView drift,
            String site,
            List<String> sites,
            List<Incident> incidents) {

        /** The page as it is now. */
        public String same() {
            return "%s?range=%s&version=%s&site=%s"
                    .formatted(
                            address,
                            range,
                            version,
                            URLEncoder.encode(site, StandardCharsets.UTF_8));
        }

        /** What addresses of columns end with. */
        public String query() {
            return "?range=" + range + (drift == null ? "" : "&version=" + drift.version());
        }
    }

    public record Choice(String code, String title, boolean chosen) {}

    public record Figure(String title, String value, String unit, String note) {}

    public record Row(
            String time, long requests, long errors, String p50, String p95, String p99) {}

    public record VersionRow(int version, long requests, String errors, String p50, String p95) {}

    private final Entities entities;
    private final EntityShells shells;
    private final Models models;
    private final Versions serving;
    private final Traffic traffic;
    private final References references;
    private final Reports reports;
    private final Incidents incidents;
    private final Windows windows;

    ObservabilityPages(
            Entities entities,
            EntityShells shells,
            Models models,
            Versions serving,
            Traffic traffic,
            References references,
            Reports reports,
            Incidents incidents,
            Windows windows) {
        this.entities = entities;
        this.shells = shells;
        this.models = models;
        this.serving = serving;
        this.traffic = traffic;
        this.references = references;
        this.reports = reports;
        this.incidents = incidents;
        this.windows = windows;
    }

    @GET
    public TemplateInstance page(
            @PathParam("model") String model,
            @RestQuery Optional<String> range,
            @RestQuery Optional<String> version,
            @RestQuery Optional<String> site,
            @Context HttpHeaders headers) {
        var entity =
                entities.find(EntityRef.of("Model", model))
                        .orElseThrow(() -> Resource.unknown(Resource.model(model)));
        var address = "/models/" + model + "/observability";
        var versions = models.of(entity).map(m -> m.newest(50)).orElse(List.of());
        var view =
                view(
                        model,
                        versions,
                        Range.of(range.orElse("24h")),
                        number(version.orElse("")),
                        site.orElse(""),
                        address);
        return Browser.of(headers) == Browser.HTMX
                ? Templates.observability$panels(view)
                : Templates.observability(shells.shell(entity, address), view);
    }

    private View view(
            String model,
            List<Integer> versions,
            Range range,
            @Nullable Integer version,
            String site,
            String address) {
        var now = Instant.now();
        // Versions have references of their own: without a choice, the one that serves.
        var watched =
                version != null
                        ? version
                        : serving.serving(model)
                                .map(ModelVersion::number)
                                .orElse(versions.isEmpty() ? null : versions.getFirst());
        var step = range.step.toSeconds();
        // Whole steps, so that a point never changes its meaning while one looks.
        var last = Instant.ofEpochSecond((now.getEpochSecond() / step + 1) * step);
        var first = last.minus(range.length);
        var spans = traffic.between(model, version, first, last, range.step);
        var total = Traffic.Span.sum(first, spans);
        var count = (int) (range.length.toSeconds() / step);
        var requests = new double[count];
        var errors = new double[count];
        var p50 = new double[count];
        var p95 = new double[count];
        var p99 = new double[count];
        for (var array : List.of(p50, p95, p99)) {
            Arrays.fill(array, Double.NaN);
        }
        var rows = new ArrayList<Row>();
        for (var span : spans) {
            var i = (int) (Duration.between(first, span.from()).toSeconds() / step);
            if (i < 0 || i >= count) {
                continue;
            }
            requests[i] = span.total();
            errors[i] = span.errors();
            p50[i] = millis(span.latency().quantile(0.5));
            p95[i] = millis(span.latency().quantile(0.95));
            p99[i] = millis(span.latency().quantile(0.99));
            rows.addFirst(
                    new Row(
                            time(span.from(), range),
                            span.total(),
                            span.errors(),
                            milliseconds(p50[i]),
                            milliseconds(p95[i]),
                            milliseconds(p99[i])));
        }
        var from = time(first, range);
        var to = time(last, range);
        var any = total.total() > 0;
        var drift = watched == null ? null : drift(model, watched, site, any, first, now);
        return new View(
                address,
                range.code,
                Arrays.stream(Range.values())
                        .map(r -> new Choice(r.code, r.title, r == range))
                        .toList(),
                version == null ? "" : version.toString(),
                versions,
                finding(total, range),
                total.errors() == 0 ? any ? "ok" : "off" : share(total) >= 0.05 ? "fail" : "warn",
                figures(total, range),
                any
                        ? Chart.of(
                                List.of(
                                        new Chart.Values("requests", "c1", "", requests),
                                        new Chart.Values("errors", "c2", "d2", errors)),
                                1,
                                "",
                                from,
                                to,
                                "Requests %s: %d in all, %d of them errors"
                                        .formatted(range.steps(), total.total(), total.errors()))
                        : null,
                any
                        ? Chart.of(
                                List.of(
                                        new Chart.Values("p50", "c1", "", p50),
                                        new Chart.Values("p95", "c3", "d2", p95),
                                        new Chart.Values("p99", "c4", "d3", p99)),
                                0.1,
                                " ms",
                                from,
                                to,
                                "Latency at the gateway: half of the calls within %s, 95 of 100 within %s"
                                        .formatted(
                                                milliseconds(millis(total.latency().quantile(0.5))),
                                                milliseconds(
                                                        millis(total.latency().quantile(0.95)))))
                        : null,
                rows,
                byVersion(model, first, last),
                range.title,
                drift,
                site,
                drift == null || drift.features().isEmpty()
                        ? List.of()
                        : sites(model, drift.version(), site),
                incidents.open(model));
    }

    /**
     * @param called whether calls came here, which are told of then
     */
    private DriftView drift(
            String model, int version, String site, boolean called, Instant from, Instant now) {
        var reference = references.current(model, version);
        if (reference.isEmpty()) {
            return DriftView.none(
                    version,
                    called ? reports.withoutReference(model, version) : Reports.NO_REFERENCE);
        }
        var compared =
                reports.compare(
                        model,
                        version,
                        reference.get(),
                        site.isEmpty() ? null : site,
                        Windows.hour(from),
                        now);
        return DriftView.of(compared);
    }

    /** One alone is no choice, unless another one was asked for. */
    private List<String> sites(String model, int version, String site) {
        var sites = windows.siteNames(model, version);
        return sites.size() > 1 || !site.isEmpty() ? sites : List.of();
    }

    private static String finding(Traffic.Span total, Range range) {
        if (total.total() == 0) {
            return "Nobody called it in the %s.".formatted(range.toString());
        }
        if (total.errors() == 0) {
            var wrong = total.requests().getOrDefault(Outcome.INVALID, 0L);
            return wrong == 0
                    ? "Every call got an answer."
                    : "Every well-formed call got an answer; %d were refused for their input."
                            .formatted(wrong);
        }
        var causes =
                total.requests().entrySet().stream()
                        .filter(
                                e ->
                                        e.getKey() != Outcome.OK
                                                && e.getKey() != Outcome.INVALID
                                                && e.getValue() > 0)
                        .sorted(Map.Entry.<Outcome, Long>comparingByValue().reversed())
                        .map(e -> e.getValue() + " " + words(e.getKey()))
                        .collect(Collectors.joining(", "));
        return "%d of %d calls failed: %s.".formatted(total.errors(), total.total(), causes);
    }

    private static String words(Outcome outcome) {
        return switch (outcome) {
            case OK -> "answered";
            case INVALID -> "refused for their input";
            case BUSY -> "turned away because too many waited";
            case FAILED -> "failed inside the model";
            case TIMEOUT -> "over the time limit";
            case CRASHED -> "ended the model's process";
            case REFUSED -> "not run";
        };
    }

    private static List<Figure> figures(Traffic.Span total, Range range) {
        var any = total.total() > 0;
        return List.of(
                new Figure(
                        "Requests",
                        Chart.number(total.total()),
                        "",
                        "through Try it and the inference address"),
                new Figure(
                        "Errors",
                        any ? percent(share(total)) : "–",
                        "",
                        "%d calls; wrong input not counted".formatted(total.errors())),
                new Figure(
                        "Wrong input",
                        Chart.number(total.requests().getOrDefault(Outcome.INVALID, 0L)),
                        "",
                        "answered with what was expected"),
                new Figure(
                        "p50 latency",
                        any ? milliseconds(millis(total.latency().quantile(0.5))) : "–",
                        "",
                        "at the gateway, loading included"),
                new Figure(
                        "p95 latency",
                        any ? milliseconds(millis(total.latency().quantile(0.95))) : "–",
                        "",
                        "99 of 100 within "
                                + (any
                                        ? milliseconds(millis(total.latency().quantile(0.99)))
                                        : "–")));
    }

    private List<VersionRow> byVersion(String model, Instant from, Instant to) {
        var rows = new ArrayList<VersionRow>();
        traffic.byVersion(model, from, to, 20)
                .forEach(
                        (version, total) ->
                                rows.add(
                                        new VersionRow(
                                                version,
                                                total.total(),
                                                percent(share(total)),
                                                milliseconds(millis(total.latency().quantile(0.5))),
                                                milliseconds(
                                                        millis(total.latency().quantile(0.95))))));
        return rows;
    }

    private static @Nullable Integer number(String text) {
        return text.matches("\\d{1,9}") ? Integer.valueOf(text) : null;
    }

    private static double share(Traffic.Span span) {
        return span.total() == 0 ? 0 : (double) span.errors() / span.total();
    }

    private static String percent(double share) {
        return Chart.number(Math.round(share * 10_000) / 100.0) + " %";
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }

    private static String milliseconds(double millis) {
        return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }

    private static String time(Instant at, Range range) {
        return (range == Range.WEEK || range == Range.MONTH ? DAY : CLOCK).format(at);
    }
}
