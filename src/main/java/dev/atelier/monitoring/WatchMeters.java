package dev.atelier.monitoring;

import dev.atelier.platform.Loop;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * How models are, for Prometheus: a few series for each of the models with the most rows, none for
 * columns. What is left out is counted.
 */
@ApplicationScoped
class WatchMeters {

    /** Models with series of their own. */
    static final int MOST = 200;

    private static final Duration EVERY = Duration.ofSeconds(30);
    private static final Duration SINCE = Duration.ofDays(7);

    private final Scores scores;
    private final Incidents incidents;
    private final MultiGauge drifting;
    private final MultiGauge columns;
    private final MultiGauge open;
    private final MultiGauge leftOut;
    private final Loop loop = new Loop("watch-meters", EVERY, this::measure);

    WatchMeters(Scores scores, Incidents incidents, MeterRegistry meters) {
        this.scores = scores;
        this.incidents = incidents;
        drifting =
                MultiGauge.builder("atelier_monitoring_columns_drifting")
                        .description(
                                "Columns that have drifted in the last window, of the worst site")
                        .register(meters);
        columns =
                MultiGauge.builder("atelier_monitoring_columns")
                        .description("Columns that are compared with a reference")
                        .register(meters);
        open =
                MultiGauge.builder("atelier_monitoring_incidents_open")
                        .description("Incidents that are open, muted ones too")
                        .register(meters);
        leftOut =
                MultiGauge.builder("atelier_monitoring_models_left_out")
                        .description("Watched models without series of their own")
                        .register(meters);
    }

    void start(@Observes StartupEvent event) {
        loop.start();
    }

    void stop(@Observes ShutdownEvent event) {
        loop.end();
    }

    private record Version(String model, int version) {
        Tags tags() {
            return Tags.of("model", model, "version", Integer.toString(version));
        }
    }

    void measure() {
        var worst = new LinkedHashMap<Version, Scores.Latest>();
        for (var one : scores.latest(Instant.now().minus(SINCE))) {
            worst.merge(
                    new Version(one.model(), one.version()),
                    one,
                    (a, b) -> a.drifting() >= b.drifting() ? a : b);
        }
        var shown =
                worst.entrySet().stream()
                        .sorted(
                                Comparator.comparing(
                                        one -> one.getValue().rows(), Comparator.reverseOrder()))
                        .limit(MOST)
                        .toList();
        var drift = new ArrayList<MultiGauge.Row<?>>();
        var all = new ArrayList<MultiGauge.Row<?>>();
        for (var one : shown) {
            drift.add(MultiGauge.Row.of(one.getKey().tags(), one.getValue().drifting()));
            all.add(MultiGauge.Row.of(one.getKey().tags(), one.getValue().columns()));
        }
        drifting.register(drift, true);
        columns.register(all, true);
        leftOut.register(
                List.of(MultiGauge.Row.of(Tags.empty(), worst.size() - shown.size())), true);
        var counts = new LinkedHashMap<Tags, Integer>();
        for (var kind : IncidentKind.values()) {
            for (var severity : Incident.Severity.values()) {
                counts.put(tags(kind, severity), 0);
            }
        }
        for (var one : incidents.open()) {
            counts.merge(tags(one.kind(), one.severity()), 1, Integer::sum);
        }
        var rows = new ArrayList<MultiGauge.Row<?>>();
        counts.forEach((tags, count) -> rows.add(MultiGauge.Row.of(tags, count)));
        open.register(rows, true);
    }

    private static Tags tags(IncidentKind kind, Incident.Severity severity) {
        return Tags.of("kind", kind.id(), "severity", severity.id());
    }
}
