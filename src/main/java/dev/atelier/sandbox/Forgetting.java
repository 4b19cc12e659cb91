package dev.atelier.sandbox;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Forgets old calls every hour. Each replica does; a row that is gone already costs nothing. */
@ApplicationScoped
class Forgetting {

    private static final Logger LOG = Logger.getLogger(Forgetting.class);

    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("forget-calls").factory());

    private final Calls calls;

    Forgetting(Calls calls) {
        this.calls = calls;
    }

    void begin(@Observes StartupEvent event) {
        clock.scheduleWithFixedDelay(this::forget, 10, 60, TimeUnit.MINUTES);
    }

    void end(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void forget() {
        try {
            calls.forgetOld();
        } catch (RuntimeException e) {
            // An exception would end the schedule; the database may only be away for a moment.
            LOG.warn("Old calls could not be forgotten; the next try is in an hour.", e);
        }
    }
}
