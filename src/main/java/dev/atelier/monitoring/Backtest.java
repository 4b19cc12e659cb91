package dev.atelier.monitoring;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What rules would have done with the windows of the last weeks. */
@ApplicationScoped
class Backtest {

    static final Duration PAST = Duration.ofDays(30);

    private final Scores scores;
    private final References references;

    Backtest(Scores scores, References references) {
        this.scores = scores;
        this.references = references;
    }

    /**
     * How often incidents would have opened, each site by itself.
     *
     * @param windows that were looked at
     */
    public record Outcome(int windows, Map<IncidentKind, Integer> times) {

        public int all() {
            return times.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** As a sentence. */
        public String finding() {
            if (windows == 0) {
                return "No window of the last %d days was judged, so nothing can be said."
                        .formatted(PAST.toDays());
            }
            var parts = new ArrayList<String>();
            times.forEach(
                    (kind, count) -> {
                        if (count > 0) {
                            parts.add(count + " of " + kind.label().toLowerCase(Locale.ROOT));
                        }
                    });
            return "Would have fired %s in %d days, in %,d windows%s."
                    .formatted(
                            all() == 0 ? "never" : all() == 1 ? "once" : all() + " times",
                            PAST.toDays(),
                            windows,
                            parts.isEmpty() ? "" : ": " + String.join(", ", parts));
        }
    }

    private record Line(long reference, String site) {}

    Outcome of(String model, Rules rules) {
        var since = Instant.now().minus(PAST);
        var times = new EnumMap<IncidentKind, Integer>(IncidentKind.class);
        int windows = 0;
        for (int version : scores.versions(model)) {
            var lines = new LinkedHashMap<Line, List<Score>>();
            for (var score : scores.between(model, version, null, since, Instant.now())) {
                lines.computeIfAbsent(
                                new Line(score.reference(), score.site()), _ -> new ArrayList<>())
                        .add(score);
                windows++;
            }
            lines.forEach((line, of) -> count(times, line, of, rules));
        }
        return new Outcome(windows, times);
    }

    private void count(Map<IncidentKind, Integer> times, Line line, List<Score> of, Rules rules) {
        var reference = references.get(line.reference);
        for (var kind : IncidentKind.values()) {
            int begun =
                    rules.off().contains(kind)
                            ? 0
                            : Standing.times(
                                    IncidentWatch.sightings(of, reference, kind, rules),
                                    rules.inARow(),
                                    rules.quiet());
            times.merge(kind, begun, Integer::sum);
        }
    }
}
