package dev.atelier.monitoring;

import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Resource;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What people do about incidents. All of it is in the incident's history and the audit log. */
@ApplicationScoped
class Handling {

    private static final int LONGEST = 1_000;
    private static final Duration LONGEST_MUTE = Duration.ofDays(90);

    private final Incidents incidents;
    private final IncidentNews news;
    private final Accepted accepted;
    private final References references;
    private final Windows windows;
    private final Caller caller;
    private final Access access;
    private final Presence presence;
    private final Audit audit;

    Handling(
            Incidents incidents,
            IncidentNews news,
            Accepted accepted,
            References references,
            Windows windows,
            Caller caller,
            Access access,
            Presence presence,
            Audit audit) {
        this.incidents = incidents;
        this.news = news;
        this.accepted = accepted;
        this.references = references;
        this.windows = windows;
        this.caller = caller;
        this.access = access;
        this.presence = presence;
        this.audit = audit;
    }

    /**
     * One that the caller may see.
     *
     * @throws dev.atelier.platform.problems.NotFound when there is none, or it is not for them
     */
    Incident see(long id) {
        var incident = incidents.get(id);
        caller.require(Permission.MODEL_READ, Resource.model(incident.model()));
        return incident;
    }

    private Incident handled(long id) {
        var incident = see(id);
        caller.require(Permission.INCIDENT_HANDLE, Resource.model(incident.model()));
        incidents.hold(incident.model());
        return incidents.get(id);
    }

    private Incident open(long id) {
        var incident = handled(id);
        if (!incident.open()) {
            throw new Conflict("Incident %d is closed.".formatted(id));
        }
        return incident;
    }

    private void record(Incident incident, String action, String what, String text) {
        incidents.note(incident.id(), caller.entityRef(), what, text);
        audit.record(
                "incident." + action,
                Resource.model(incident.model()),
                text.isEmpty()
                        ? Map.of("incident", incident.id())
                        : Map.of("incident", incident.id(), "text", text));
    }

    @Transactional
    public Incident acknowledge(long id) {
        var incident = open(id);
        if (incident.acknowledgedBy() == null) {
            incidents.acknowledge(id, caller.entityRef());
            record(incident, "acknowledge", "acknowledged", "");
        }
        return incidents.get(id);
    }

    /**
     * @param to name of an account; null or blank for nobody
     */
    @Transactional
    public Incident assign(long id, @Nullable String to) {
        var incident = open(id);
        if (to == null || to.isBlank()) {
            incidents.assign(id, null);
            record(incident, "assign", "assigned", "to nobody");
            return incidents.get(id);
        }
        var name = to.strip().replaceFirst("^user:default/", "");
        var person =
                presence.subject(name)
                        .filter(
                                one ->
                                        access.decide(
                                                        one,
                                                        Permission.MODEL_READ,
                                                        access.resource(
                                                                Resource.model(incident.model())))
                                                .allowed())
                        .orElseThrow(
                                () ->
                                        new Invalid(
                                                "Nobody of the name %s may see this model."
                                                        .formatted(name),
                                                List.of(
                                                        new Invalid.Field(
                                                                "assignee", "cannot see it"))));
        incidents.assign(id, person.ref());
        record(incident, "assign", "assigned", "to " + person.ref());
        news.assigned(caller.entityRef(), incidents.get(id), person.ref());
        return incidents.get(id);
    }

    /**
     * @param until null to hear of it again
     */
    @Transactional
    public Incident mute(long id, @Nullable Instant until) {
        var incident = open(id);
        var now = Instant.now();
        if (until != null && (!until.isAfter(now) || until.isAfter(now.plus(LONGEST_MUTE)))) {
            throw new Invalid(
                    "An incident is muted until a time to come, %d days from now at most."
                            .formatted(LONGEST_MUTE.toDays()),
                    List.of(new Invalid.Field("until", "is past or too far")));
        }
        incidents.mute(id, until);
        record(incident, "mute", "muted", until == null ? "no more" : "until " + until);
        return incidents.get(id);
    }

    /** It may open again with the next bad window. */
    @Transactional
    public Incident close(long id, @Nullable String why) {
        var incident = open(id);
        var text = text("reason", why, false);
        incidents.close(id, settled(incident));
        record(incident, "close", "closed", text);
        news.closed(caller.entityRef(), incidents.get(id));
        return incidents.get(id);
    }

    /** The end of the windows that whoever closes it knows of. */
    private static Instant settled(Incident incident) {
        return incident.sites().stream()
                .map(Incident.Site::seen)
                .max(Instant::compareTo)
                .orElse(incident.openedAt());
    }

    @Transactional
    public Incident note(long id, @Nullable String words) {
        var incident = handled(id);
        var text = text("text", words, true);
        record(incident, "note", "noted", text);
        return incident;
    }

    /**
     * From now on the columns are compared with what came since the incident began, and it is
     * closed.
     */
    @Transactional
    public Incident accept(long id, @Nullable String why) {
        var incident = open(id);
        var reason = text("reason", why, true);
        for (var site : incident.affected()) {
            if (site.reference() == null) {
                continue;
            }
            var reference = references.get(site.reference());
            var sum = Window.none(reference.profile());
            for (var hour :
                    windows.between(
                            incident.model(),
                            incident.version(),
                            site.site(),
                            site.since(),
                            Instant.now())) {
                if (hour.reference() == reference.id()) {
                    sum = sum.plus(hour.window());
                }
            }
            var key =
                    new Watch.Key(
                            incident.model(), incident.version(), site.site(), reference.id());
            for (int i = 0; i < sum.columns().size(); i++) {
                var name = reference.profile().columns().get(i).name();
                if (site.columns().contains(name)) {
                    accepted.put(
                            key,
                            name,
                            new Window(sum.profile(), sum.rows(), List.of(sum.columns().get(i))),
                            site.since(),
                            reason,
                            caller.entityRef());
                }
            }
        }
        incidents.close(id, settled(incident));
        record(incident, "accept", "accepted", reason);
        news.closed(caller.entityRef(), incidents.get(id));
        return incidents.get(id);
    }

    private static String text(String field, @Nullable String given, boolean needed) {
        var text = Objects.requireNonNullElse(given, "").strip();
        if (needed && text.isEmpty()) {
            throw new Invalid(
                    "Say it in a word or two.", List.of(new Invalid.Field(field, "is empty")));
        }
        if (text.length() > LONGEST) {
            throw new Invalid(
                    "That is longer than %,d characters.".formatted(LONGEST),
                    List.of(new Invalid.Field(field, "is too long")));
        }
        return text;
    }
}
