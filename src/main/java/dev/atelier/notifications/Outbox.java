package dev.atelier.notifications;

import dev.atelier.identity.Presence;
import dev.atelier.platform.Errands;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Sends digests, for as long as the portal runs. Every replica has one; a digest is sent by one at
 * a time. A slow receiver holds one of the places, nobody else.
 */
@ApplicationScoped
class Outbox {

    private static final Logger LOG = Logger.getLogger(Outbox.class);
    private static final int PLACES = 8;

    private final Digests digests;
    private final Notifications notifications;
    private final Presence presence;
    private final Courier courier;
    private final Errands<Digests.Delivery> errands;

    Outbox(
            Digests digests,
            Notifications notifications,
            Presence presence,
            Courier courier,
            @ConfigProperty(name = "atelier.notifications.digest-look", defaultValue = "5s")
                    Duration look) {
        this.digests = digests;
        this.notifications = notifications;
        this.presence = presence;
        this.courier = courier;
        errands = new Errands<>("outbox", look, PLACES, this::take, this::send);
    }

    void start(@Observes StartupEvent event) {
        errands.start();
    }

    /** What is being sent is awaited: else it would be sent again. */
    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        if (!errands.stop()) {
            LOG.info(
                    "A digest is still on its way; whether it arrived is found out after the start");
        }
    }

    private List<Digests.Delivery> take(int limit) {
        digests.gather();
        return digests.take(limit);
    }

    /** Gathers what is due and begins to send as many digests as there are places. */
    void sendDue() {
        errands.round();
    }

    private void send(Digests.Delivery delivery) {
        var channel = digests.of(delivery.account());
        // As they are now: teams and roles decide what they may see.
        var subject = presence.subject(delivery.account());
        if (channel.isEmpty() || subject.isEmpty()) {
            digests.done(delivery, "There was nobody to send it to.");
            return;
        }
        var notes = notifications.among(subject.get(), delivery.notes());
        if (notes.isEmpty()) {
            digests.done(delivery, "There was nothing left to send.");
            return;
        }
        var id = delivery.id().toString();
        var to = channel.get();
        try {
            if (to.webhook()) {
                var secret =
                        digests.secret(to.account())
                                .orElseThrow(
                                        () ->
                                                new Courier.NotSent(
                                                        "Its secret is gone. Make a new one.",
                                                        null));
                int status =
                        courier.call(
                                to.target(),
                                id,
                                secret,
                                courier.body("atelier.digest", to.account(), to.portal(), notes));
                digests.done(
                        delivery, "It took %d and answered %d.".formatted(notes.size(), status));
            } else {
                courier.mail(to.target(), id, to.portal(), notes);
                digests.done(delivery, "The mail server took one with %d.".formatted(notes.size()));
            }
        } catch (Courier.NotSent e) {
            digests.failed(delivery, String.valueOf(e.getMessage()));
        }
    }
}
