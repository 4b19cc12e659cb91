package dev.atelier.monitoring;

import dev.atelier.platform.Errands;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Has what was counted judged, for as long as the portal runs. Every replica has one. */
@ApplicationScoped
class Watchman {

    /** One core is left to whoever looks. */
    private static final int PLACES = 1;

    /** Judged at once where nothing else is to be done. */
    private static final int ROUND = 50;

    private final Watch watch;
    private final Errands<Watch.Key> errands;

    Watchman(Watch watch, WatchConfig config) {
        this.watch = watch;
        errands = new Errands<>("watchman", config.look(), PLACES, watch::due, this::judge);
    }

    void start(@Observes StartupEvent event) {
        errands.start();
    }

    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        var _ = errands.stop();
    }

    /** One that fails waits for a while, and lets the others have their turn. */
    private void judge(Watch.Key key) {
        try {
            watch.judge(key);
        } catch (RuntimeException e) {
            watch.postpone(key);
            throw e;
        }
    }

    /** Judges all that is due, before it returns. */
    void round() {
        for (var due = watch.due(ROUND); !due.isEmpty(); due = watch.due(ROUND)) {
            due.forEach(watch::judge);
        }
    }
}
