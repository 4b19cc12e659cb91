package dev.atelier.monitoring;

import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Resource;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.util.ArrayList;

/** Tells whoever answers for a model of its incidents: once when one opens, grows, and is over. */
@ApplicationScoped
class IncidentNews {

    /** Somebody was told of an incident; fired within the transaction. */
    record Told(long incident) {}

    private final Notifications notifications;
    private final Access access;
    private final Event<Told> told;

    IncidentNews(Notifications notifications, Access access, Event<Told> told) {
        this.notifications = notifications;
        this.access = access;
        this.told = told;
    }

    void opened(Incident incident) {
        tell(Audit.SYSTEM, incident, "%s of %s version %d");
        told.fire(new Told(incident.id()));
    }

    void escalated(Incident incident) {
        tell(Audit.SYSTEM, incident, "Worse: %s of %s version %d");
        told.fire(new Told(incident.id()));
    }

    /**
     * @param by who closed it, and need not be told
     */
    void closed(String by, Incident incident) {
        if (!incident.muted()) {
            tell(by, incident, "Over: %s of %s version %d");
        }
        told.fire(new Told(incident.id()));
    }

    /** Somebody else is asked to look after it. */
    void assigned(String by, Incident incident, String to) {
        notifications.postBy(
                by,
                news(incident, "You are asked to look after: %s of %s version %d"),
                new To(to, "it is yours to look after"));
    }

    private void tell(String actor, Incident incident, String sentence) {
        var to = new ArrayList<To>();
        if (incident.assignee() != null) {
            to.add(new To(incident.assignee(), "it is yours to look after"));
        }
        var owner = access.resource(Resource.model(incident.model())).owner();
        if (owner != null) {
            to.add(To.owner(owner));
        }
        to.add(To.starred());
        notifications.postBy(actor, news(incident, sentence), to.toArray(To[]::new));
    }

    private static News news(Incident incident, String sentence) {
        return new News(
                Topic.INCIDENT,
                sentence.formatted(incident.title(), incident.model(), incident.version()),
                Resource.model(incident.model()),
                incident.address());
    }
}
