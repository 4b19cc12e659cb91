package dev.atelier.notifications;

import dev.atelier.identity.Presence;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
    private final Semaphore free = new Semaphore(PLACES);
    private final Loop loop;

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
        this.loop = new Loop("outbox", look, this::sendDue);
    }

    void start(@Observes StartupEvent event) {
        loop.start();
    }

    /** What is being sent is awaited: else it would be sent again. */
    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        loop.end();
        loop.join();
        if (!free.tryAcquire(PLACES, 10, TimeUnit.SECONDS)) {
            LOG.info(
                    "A digest is still on its way; whether it arrived is found out after the start");
        }
    }

    /** Gathers what is due and begins to send as many digests as there are places. */
    void sendDue() {
        digests.gather();
        for (var delivery : digests.take(free.availablePermits())) {
            free.acquireUninterruptibly();
            Thread.ofVirtual()
                    .name("digest")
                    .start(
                            () -> {
                                try {
                                    send(delivery);
                                } catch (RuntimeException e) {
                                    LOG.warnf(
                                            "The digest of %s waits for its next turn: %s",
                                            delivery.account(), e);
                                } finally {
                                    free.release();
                                    loop.wake();
                                }
                            });
        }
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
