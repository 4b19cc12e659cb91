package dev.atelier.home;

import dev.atelier.catalog.Problems;
import dev.atelier.goldenpaths.Approvals;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Subject;
import dev.atelier.models.PromotionRequest;
import dev.atelier.models.PromotionRequests;
import dev.atelier.models.Versions;
import dev.atelier.monitoring.Incidents;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.web.Figures;
import dev.atelier.serving.Gateway;
import dev.atelier.sharing.AccessRequests;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What needs one person: of their own models and those of their teams, what waits for their word,
 * and, for whoever runs the portal, the portal itself.
 */
@ApplicationScoped
class NeedsYou {

    private static final int REFUSED = 5;

    /** State, what, why, what to do. */
    record Thing(
            String state, String word, String what, String why, String action, String address) {}

    private final Problems problems;
    private final Versions versions;
    private final Gateway gateway;
    private final Blobs blobs;
    private final AccessRequests requests;
    private final PromotionRequests promotions;
    private final Approvals approvals;
    private final Incidents incidents;
    private final Caller caller;

    NeedsYou(
            Problems problems,
            Versions versions,
            Gateway gateway,
            Blobs blobs,
            AccessRequests requests,
            PromotionRequests promotions,
            Approvals approvals,
            Incidents incidents,
            Caller caller) {
        this.problems = problems;
        this.versions = versions;
        this.gateway = gateway;
        this.blobs = blobs;
        this.requests = requests;
        this.promotions = promotions;
        this.approvals = approvals;
        this.incidents = incidents;
        this.caller = caller;
    }

    /**
     * @param models names, in lower case, of the models that are theirs
     */
    List<Thing> of(Subject person, Collection<String> models) {
        var runs = caller.may(Permission.OPERATIONS_READ);
        var all = new ArrayList<Thing>();
        asked(all);
        promoted(all);
        waiting(all);
        troubled(all, models);
        refused(all, person, models);
        onHold(all, runs ? null : Set.copyOf(models));
        if (runs) {
            portal(all);
        }
        var open = runs ? problems.count() : problems.count(mine(person));
        if (open > 0) {
            all.add(
                    new Thing(
                            "warn",
                            "Problems",
                            open == 1
                                    ? "One entity file has a problem"
                                    : open + " problems in entity files",
                            "Nothing disappeared: the last good version of each entity is still shown.",
                            "See the problems",
                            "/catalog/problems"));
        }
        return all;
    }

    /** References by which a thing can be theirs. */
    static List<String> mine(Subject person) {
        var owners = new ArrayList<>(person.teams());
        owners.add(person.ref());
        return owners;
    }

    private void asked(List<Thing> all) {
        var waiting = requests.waiting();
        if (waiting.isEmpty()) {
            return;
        }
        all.add(
                new Thing(
                        "wait",
                        "Asked",
                        waiting.size() == 1
                                ? "%s asks for access to %s"
                                        .formatted(
                                                waiting.getFirst().askerName(),
                                                waiting.getFirst().name())
                                : "%d requests for access wait for you".formatted(waiting.size()),
                        waiting.size() == 1
                                ? "“" + waiting.getFirst().purpose() + "”"
                                : waiting.stream()
                                        .map(AccessRequests.AccessRequest::name)
                                        .distinct()
                                        .limit(3)
                                        .collect(Collectors.joining(", ", "About ", ".")),
                        "Decide",
                        "/access"));
    }

    private void promoted(List<Thing> all) {
        var waiting = promotions.waiting();
        if (waiting.isEmpty()) {
            return;
        }
        var first = waiting.getFirst();
        all.add(
                new Thing(
                        "wait",
                        "Approval",
                        waiting.size() == 1
                                ? "%s version %d waits for your approval to be its %s"
                                        .formatted(first.model(), first.version(), first.alias())
                                : "%d promotions wait for your approval".formatted(waiting.size()),
                        waiting.size() == 1
                                ? first.note() == null
                                        ? "Its gates say what was looked at."
                                        : "“" + first.note() + "”"
                                : waiting.stream()
                                        .map(PromotionRequest::model)
                                        .distinct()
                                        .limit(3)
                                        .collect(Collectors.joining(", ", "Of ", ".")),
                        "Decide",
                        waiting.size() == 1 ? first.address() : "/promotions"));
    }

    private void waiting(List<Thing> all) {
        var waiting = approvals.waiting();
        if (waiting.isEmpty()) {
            return;
        }
        var first = waiting.getFirst();
        all.add(
                new Thing(
                        "wait",
                        "Approval",
                        waiting.size() == 1
                                ? "“%s” waits for your approval".formatted(first.title())
                                : "%d golden paths wait for your approval"
                                        .formatted(waiting.size()),
                        waiting.size() == 1
                                ? "Started by %s.".formatted(Figures.actor(first.by()))
                                : waiting.stream()
                                        .map(Approvals.Waiting::title)
                                        .distinct()
                                        .limit(3)
                                        .collect(Collectors.joining("”, “", "“", "”")),
                        "Decide",
                        waiting.size() == 1 ? first.address() : "/tasks?whose=all&state=open"));
    }

    private void troubled(List<Thing> all, Collection<String> models) {
        for (var incident : incidents.open(models)) {
            all.add(
                    new Thing(
                            incident.mark(),
                            incident.kind().label(),
                            "%s version %d: %s"
                                    .formatted(
                                            incident.model(), incident.version(), incident.title()),
                            incident.cause(),
                            "See the incident",
                            incident.address()));
        }
    }

    private void refused(List<Thing> all, Subject person, Collection<String> models) {
        for (var version : versions.refused(models, person.ref(), REFUSED)) {
            all.add(
                    new Thing(
                            "fail",
                            "Refused",
                            "%s version %d was refused"
                                    .formatted(version.model(), version.number()),
                            String.valueOf(version.reason()),
                            "See why",
                            "/models/%s/versions/%d".formatted(version.model(), version.number())));
        }
    }

    private void onHold(List<Thing> all, @Nullable Set<String> onlyThese) {
        for (var runner : gateway.runners()) {
            var model = runner.name().toLowerCase(Locale.ROOT);
            if (runner.reason() != null && (onlyThese == null || onlyThese.contains(model))) {
                all.add(
                        new Thing(
                                "fail",
                                "On hold",
                                "%s version %s is on hold"
                                        .formatted(runner.name(), runner.version()),
                                runner.reason(),
                                "Open it",
                                "/models/" + runner.name()));
            }
        }
    }

    private void portal(List<Thing> all) {
        blobs.shortage()
                .ifPresent(
                        what ->
                                all.add(
                                        new Thing(
                                                "warn",
                                                "Disk",
                                                "A disk is nearly full",
                                                what,
                                                "See the system",
                                                "/admin/system")));
        gateway.level()
                .filter(level -> !level.confines())
                .ifPresent(
                        level ->
                                all.add(
                                        new Thing(
                                                "warn",
                                                "Not confined",
                                                "No sandbox works on this machine",
                                                level.explanation(),
                                                "How to mend it",
                                                "/docs/serving")));
    }
}
