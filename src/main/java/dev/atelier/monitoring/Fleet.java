package dev.atelier.monitoring;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Sight;
import dev.atelier.identity.Subject;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import dev.atelier.serving.Traffic;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All models that the caller may see, with how each of them is. */
@ApplicationScoped
class Fleet {

    static final double FAILING = 0.05;
    static final long LEAST_CALLS = 20;
    static final double FEW_LABELS = 0.25;
    static final Duration OLD = Duration.ofDays(365);
    static final Duration LABELS_OF = Duration.ofDays(14);
    static final Duration SILENT = Duration.ofDays(7);

    private final Entities entities;
    private final Models models;
    private final Versions versions;
    private final Incidents incidents;
    private final Scores scores;
    private final Labels labels;
    private final Traffic traffic;
    private final Sight sight;

    Fleet(
            Entities entities,
            Models models,
            Versions versions,
            Incidents incidents,
            Scores scores,
            Labels labels,
            Traffic traffic,
            Sight sight) {
        this.entities = entities;
        this.models = models;
        this.versions = versions;
        this.incidents = incidents;
        this.scores = scores;
        this.labels = labels;
        this.traffic = traffic;
        this.sight = sight;
    }

    /**
     * How the last windows of one site were.
     *
     * @param rows within them
     */
    public record Site(String site, int models, int drifting, long rows) {}

    /** All that the page draws, the worst model first. */
    record Overview(List<Health> models, List<Site> sites) {}

    /** What is known of all models, each by name in lower case. */
    private record Known(
            Map<String, ModelVersion> serving,
            Map<String, String> owners,
            Map<String, List<Incident>> incidents,
            Map<String, List<Scores.Latest>> latest,
            Map<String, Labels.Share> labels,
            Map<String, Traffic.Total> calls) {}

    Overview of(Subject person) {
        var now = Instant.now();
        // Of some they may find the catalog's entry, and nothing of how they are.
        var closed = sight.blind().closed();
        var all =
                entities.ofKind("Model").stream()
                        .filter(one -> !closed.contains(one.ref().toString()))
                        .toList();
        var known =
                new Known(
                        versions.serving(
                                models.named(all.stream().map(Entity::name).toList()).values()),
                        entities.titles(
                                all.stream()
                                        .flatMap(one -> one.owner().stream())
                                        .map(EntityRef::toString)
                                        .distinct()
                                        .toList()),
                        incidents.open().stream()
                                .collect(Collectors.groupingBy(one -> key(one.model()))),
                        scores.latest(now.minus(SILENT)).stream()
                                .collect(Collectors.groupingBy(one -> key(one.model()))),
                        shares(now),
                        calls(now));
        var health =
                all.stream()
                        .map(entity -> health(entity, person, known, now))
                        .sorted(Health.ORDER)
                        .toList();
        return new Overview(health, sites(health, known));
    }

    private static String key(String model) {
        return model.toLowerCase(Locale.ROOT);
    }

    private Map<String, Labels.Share> shares(Instant now) {
        var found = new HashMap<String, Labels.Share>();
        labels.shares(now.minus(LABELS_OF)).forEach((model, share) -> found.put(key(model), share));
        return found;
    }

    private Map<String, Traffic.Total> calls(Instant now) {
        var found = new HashMap<String, Traffic.Total>();
        traffic.totals(now.minus(Duration.ofDays(1)))
                .forEach((model, total) -> found.put(key(model), total));
        return found;
    }

    private static Health health(Entity entity, Subject person, Known known, Instant now) {
        var key = key(entity.name());
        var version = known.serving.get(key);
        var open = known.incidents.getOrDefault(key, List.of());
        var latest =
                known.latest.getOrDefault(key, List.of()).stream()
                        .filter(one -> version == null || one.version() == version.number())
                        .toList();
        var labels = known.labels.get(key);
        var calls = known.calls.getOrDefault(key, Traffic.Total.NONE);
        var owner = entity.owner().map(one -> known.owners.get(one.toString())).orElse(null);
        var state = state(entity, version, owner, open, latest, labels, calls, now);
        return new Health(
                entity.name(),
                "/models/%s/observability".formatted(entity.name()),
                state.standing,
                state.word,
                state.note,
                version == null ? null : version.number(),
                owner,
                entity.owner().filter(one -> person.owns(one.toString())).isPresent(),
                latest.stream().mapToInt(Scores.Latest::drifting).max().orElse(0),
                latest.stream().mapToInt(Scores.Latest::columns).max().orElse(0),
                labels == null ? null : (double) labels.labelled() / labels.predictions(),
                calls.calls(),
                calls.errors(),
                version == null ? null : version.createdAt(),
                open.isEmpty() ? null : worst(open).address());
    }

    private record State(Health.Standing standing, String word, String note) {}

    private static Incident worst(List<Incident> open) {
        return open.stream().max((a, b) -> a.severity().compareTo(b.severity())).orElseThrow();
    }

    private static State state(
            Entity entity,
            @Nullable ModelVersion version,
            @Nullable String owner,
            List<Incident> open,
            List<Scores.Latest> latest,
            Labels.@Nullable Share labels,
            Traffic.Total calls,
            Instant now) {
        boolean failing = calls.calls() >= LEAST_CALLS && calls.errors() >= FAILING * calls.calls();
        var told = open.stream().filter(one -> !one.muted()).toList();
        if (failing) {
            return new State(
                    Health.Standing.FAILING,
                    "%d of 100 calls fail"
                            .formatted(Math.round(100.0 * calls.errors() / calls.calls())),
                    "within a day");
        }
        if (!told.isEmpty()) {
            var worst = worst(told);
            return new State(
                    worst.severity() == Incident.Severity.CRITICAL
                            ? Health.Standing.FAILING
                            : Health.Standing.NEEDS_SOMEONE,
                    worst.title(),
                    worst.assignee() == null && worst.acknowledgedBy() == null
                            ? "nobody looks after it yet"
                            : "in hand");
        }
        if (owner == null) {
            return new State(
                    Health.Standing.NEEDS_SOMEONE,
                    "Nobody answers for it",
                    entity.owner()
                            .map(one -> "%s does not exist".formatted(one))
                            .orElse("no owner is named"));
        }
        if (!open.isEmpty()) {
            return new State(Health.Standing.TO_WATCH, worst(open).title(), "muted");
        }
        if (version != null && version.createdAt().isBefore(now.minus(OLD))) {
            return new State(
                    Health.Standing.TO_WATCH,
                    "Old",
                    "registered %d months ago"
                            .formatted(Duration.between(version.createdAt(), now).toDays() / 30));
        }
        if (labels != null && labels.labelled() < FEW_LABELS * labels.predictions()) {
            return new State(
                    Health.Standing.TO_WATCH,
                    "Few labels",
                    "%d of %d answers within %d days"
                            .formatted(
                                    labels.labelled(), labels.predictions(), LABELS_OF.toDays()));
        }
        if (latest.stream().anyMatch(Scores.Latest::judged)) {
            return new State(Health.Standing.HEALTHY, "Healthy", "");
        }
        return version == null
                ? new State(Health.Standing.UNKNOWN, "No version serves", "")
                : latest.isEmpty()
                        ? new State(
                                Health.Standing.UNKNOWN,
                                calls.calls() == 0 ? "Nobody calls it" : "Not compared yet",
                                "no window within %d days".formatted(SILENT.toDays()))
                        : new State(Health.Standing.UNKNOWN, "Too few rows to tell", "");
    }

    /** Sites of the models that are shown. */
    private static List<Site> sites(List<Health> models, Known known) {
        var sites = new TreeMap<String, Site>();
        for (var model : models) {
            for (var one : known.latest.getOrDefault(key(model.model()), List.of())) {
                sites.merge(
                        one.site(),
                        new Site(one.site(), 1, one.drifting() > 0 ? 1 : 0, one.rows()),
                        (a, b) ->
                                new Site(
                                        a.site,
                                        a.models + b.models,
                                        a.drifting + b.drifting,
                                        a.rows + b.rows));
            }
        }
        return new ArrayList<>(sites.values());
    }
}
