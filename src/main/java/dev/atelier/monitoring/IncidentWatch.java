package dev.atelier.monitoring;

import dev.atelier.identity.Audit;
import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Window;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Opens, changes and closes incidents as windows are judged. How a site stands follows from its
 * last windows alone, so that late rows and a portal that was away make no difference.
 */
@ApplicationScoped
class IncidentWatch {

    /** Windows that are looked back at. */
    private static final int LOOKED = 60;

    private static final int NAMED = 3;
    private static final Instant ALL = Instant.parse("9999-01-01T00:00:00Z");

    private final Incidents incidents;
    private final IncidentNews news;
    private final ModelRules rules;
    private final Scores scores;
    private final Windows windows;
    private final Accepted accepted;
    private final Changes changes;

    IncidentWatch(
            Incidents incidents,
            IncidentNews news,
            ModelRules rules,
            Scores scores,
            Windows windows,
            Accepted accepted,
            Changes changes) {
        this.incidents = incidents;
        this.news = news;
        this.rules = rules;
        this.scores = scores;
        this.windows = windows;
        this.accepted = accepted;
        this.changes = changes;
    }

    /** Looks at what was judged; within its transaction. */
    void look(Watch.Key key, StoredReference reference) {
        incidents.hold(key.model());
        var rule = rules.of(key.model());
        var latest = scores.before(key, ALL, LOOKED).reversed();
        for (var kind : IncidentKind.values()) {
            if (rule.off().contains(kind)) {
                continue;
            }
            var from =
                    incidents
                            .settled(key.model(), key.version(), kind, key.site())
                            .orElse(Instant.EPOCH);
            var windows =
                    sightings(latest, reference, kind, rule).stream()
                            .filter(one -> !one.start().isBefore(from))
                            .toList();
            if (!windows.isEmpty()) {
                settle(
                        key,
                        reference,
                        kind,
                        Standing.of(windows, rule.inARow(), rule.quiet()),
                        rule.quiet());
            }
        }
    }

    /** The windows of one site as a kind of incident sees them. */
    static List<Standing.Sighting> sightings(
            List<Score> scores, StoredReference reference, IncidentKind kind, Rules rule) {
        var columns = reference.profile().columns();
        var sightings = new ArrayList<Standing.Sighting>();
        for (var score : scores) {
            if (!score.judged()) {
                continue;
            }
            var bad = new TreeMap<String, Float>();
            for (int i = 0; i < columns.size(); i++) {
                var name = columns.get(i).name();
                var states = kind == IncidentKind.DATA ? score.data() : score.drift();
                if (states.get(i) == State.DRIFT
                        && watches(kind, reference, name)
                        && !rule.ignored().contains(name)) {
                    bad.put(name, kind == IncidentKind.DATA ? score.faults()[i] : score.psi()[i]);
                }
            }
            if (bad.size() < rule.columns()) {
                bad.clear();
            }
            sightings.add(new Standing.Sighting(score.start(), score.until(), bad));
        }
        return sightings;
    }

    private static boolean watches(IncidentKind kind, StoredReference reference, String column) {
        return switch (kind) {
            case DRIFT -> !reference.outputs().contains(column);
            case OUTPUT -> reference.outputs().contains(column);
            case DATA -> true;
        };
    }

    private void settle(
            Watch.Key key,
            StoredReference reference,
            IncidentKind kind,
            Standing standing,
            int quiet) {
        var open =
                incidents.open(key.model(), key.version()).stream()
                        .filter(one -> one.kind() == kind)
                        .toList();
        var here =
                open.stream()
                        .filter(
                                one ->
                                        one.affected().stream()
                                                .anyMatch(s -> s.site().equals(key.site())))
                        .findFirst();
        if (standing.open()) {
            var with =
                    here.or(() -> open.stream().filter(one -> shares(one, standing)).findFirst());
            if (with.isPresent()) {
                goesOn(key, reference, with.get(), standing, here.isPresent());
            } else {
                begins(key, reference, kind, standing);
            }
        } else if (here.isPresent() && standing.quiet() >= quiet) {
            leaves(key, here.get(), standing);
        }
    }

    /** Sites where the same columns moved have the same trouble. */
    private static boolean shares(Incident one, Standing standing) {
        return one.affected().stream()
                .flatMap(site -> site.columns().stream())
                .anyMatch(standing.columns()::containsKey);
    }

    private void begins(
            Watch.Key key, StoredReference reference, IncidentKind kind, Standing standing) {
        var sites = List.of(key.site());
        var words = words(key, reference, kind, standing, sites);
        long id =
                incidents.open(
                        key.model(),
                        key.version(),
                        kind,
                        words.severity,
                        words.title,
                        words.cause,
                        standing.since());
        incidents.site(id, key.site(), key.reference(), standing, null);
        incidents.noteBySystem(id, "opened", words.title);
        news.opened(incidents.get(id));
    }

    private void goesOn(
            Watch.Key key,
            StoredReference reference,
            Incident before,
            Standing standing,
            boolean known) {
        incidents.site(before.id(), key.site(), key.reference(), standing, null);
        var sites =
                incidents.get(before.id()).affected().stream().map(Incident.Site::site).toList();
        var words = words(key, reference, before.kind(), standing, sites);
        boolean worse = words.severity.compareTo(before.severity()) > 0;
        if (known && !worse) {
            if (!words.title.equals(before.title())) {
                incidents.describe(before.id(), before.severity(), words.title, words.cause);
            }
            return;
        }
        // It never becomes milder by itself: who comes back to it should find how bad it was.
        var severity = worse ? words.severity : before.severity();
        incidents.describe(before.id(), severity, words.title, words.cause);
        incidents.noteBySystem(
                before.id(),
                "escalated",
                known ? words.title : "Also at %s: %s".formatted(key.site(), words.title));
        incidents.mute(before.id(), null);
        news.escalated(incidents.get(before.id()));
    }

    private void leaves(Watch.Key key, Incident incident, Standing standing) {
        incidents.leave(incident.id(), key.site(), standing.seen());
        if (incident.affected().size() > 1) {
            incidents.noteBySystem(incident.id(), "eased", "Over at %s.".formatted(key.site()));
            return;
        }
        incidents.close(incident.id(), null);
        incidents.noteBySystem(
                incident.id(),
                "closed",
                "Over: %d windows in a row were as the reference has it."
                        .formatted(standing.quiet()));
        news.closed(Audit.SYSTEM, incidents.get(incident.id()));
    }

    private record Words(Incident.Severity severity, String title, String cause) {}

    private Words words(
            Watch.Key key,
            StoredReference reference,
            IncidentKind kind,
            Standing standing,
            List<String> affected) {
        var last = Objects.requireNonNull(standing.last());
        var counts = window(key, reference, last.start(), last.until());
        var moved = moved(key, reference, standing, counts);
        int watched =
                (int)
                        reference.profile().columns().stream()
                                .filter(one -> watches(kind, reference, one.name()))
                                .count();
        int sites = windows.sites(key.model(), key.version());
        return new Words(
                severity(kind, standing, watched, affected.size(), sites),
                title(kind, standing, watched, affected, sites),
                Cause.of(
                        kind,
                        moved,
                        watched,
                        affected,
                        sites,
                        changes.around(key.model(), standing.since())));
    }

    private Window window(Watch.Key key, StoredReference reference, Instant from, Instant until) {
        var sum = Window.none(reference.profile());
        for (var hour : windows.between(key.model(), key.version(), key.site(), from, until)) {
            if (hour.reference() == reference.id()) {
                sum = sum.plus(hour.window());
            }
        }
        return sum;
    }

    /** The bad columns, the worst first. */
    private List<Cause.Moved> moved(
            Watch.Key key, StoredReference reference, Standing standing, Window window) {
        var instead = accepted.of(key);
        var moved = new ArrayList<Cause.Moved>();
        var columns = reference.profile().columns();
        for (int i = 0; i < columns.size(); i++) {
            var column = columns.get(i);
            if (standing.columns().containsKey(column.name())) {
                Counts before = instead.getOrDefault(column.name(), column.counts());
                moved.add(
                        new Cause.Moved(
                                new Reference(column.name(), column.binning(), before),
                                window.columns().get(i)));
            }
        }
        moved.sort(
                Comparator.comparing(
                                (Cause.Moved one) ->
                                        Objects.requireNonNull(
                                                standing.columns().get(one.reference().name())))
                        .reversed());
        return moved;
    }

    private static Incident.Severity severity(
            IncidentKind kind, Standing standing, int watched, int affected, int sites) {
        float worst = standing.columns().values().stream().max(Float::compare).orElse(0f);
        boolean everywhere = sites > 1 && 2 * affected >= sites;
        boolean most = watched > 2 && 2 * standing.columns().size() >= watched;
        boolean useless = kind == IncidentKind.DATA && worst >= 0.5;
        return everywhere || most || useless
                ? Incident.Severity.CRITICAL
                : Incident.Severity.WARNING;
    }

    private static String title(
            IncidentKind kind, Standing standing, int watched, List<String> affected, int sites) {
        var names =
                standing.columns().entrySet().stream()
                        .sorted((a, b) -> Float.compare(b.getValue(), a.getValue()))
                        .map(one -> one.getKey())
                        .toList();
        var what =
                names.size() > NAMED
                        ? "%d of %d %s"
                                .formatted(
                                        names.size(),
                                        watched,
                                        kind == IncidentKind.OUTPUT ? "outputs" : "columns")
                        : names.stream().collect(Collectors.joining(", "));
        var verb =
                switch (kind) {
                    case DRIFT -> names.size() == 1 ? "has drifted" : "have drifted";
                    case OUTPUT ->
                            names.size() == 1 ? "is answered otherwise" : "are answered otherwise";
                    case DATA ->
                            names.size() == 1
                                    ? "comes unusable or strange"
                                    : "come unusable or strange";
                };
        return String.format(Locale.ROOT, "%s %s%s", what, verb, where(affected, sites));
    }

    private static String where(List<String> affected, int sites) {
        if (sites <= 1) {
            return "";
        }
        return affected.size() == sites
                ? " at all %d sites".formatted(sites)
                : affected.size() > 2
                        ? " at %d of %d sites".formatted(affected.size(), sites)
                        : " at " + String.join(" and ", affected);
    }
}
