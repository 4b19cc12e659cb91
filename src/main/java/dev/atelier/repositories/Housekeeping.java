package dev.atelier.repositories;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Soon after the start and once an hour: closes moves of refs that a crash left open, removes what
 * pushes left that were never ended, and the folders of deleted repositories.
 */
@ApplicationScoped
class Housekeeping {

    private static final Logger LOG = Logger.getLogger(Housekeeping.class);

    private final RefMoves moves;
    private final Repositories repositories;
    private final Storage storage;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("repositories").factory());

    Housekeeping(RefMoves moves, Repositories repositories, Storage storage) {
        this.moves = moves;
        this.repositories = repositories;
        this.storage = storage;
    }

    void start(@Observes StartupEvent event) {
        Future<?> unused = clock.scheduleWithFixedDelay(this::tick, 10, 3_600, TimeUnit.SECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void tick() {
        try {
            tidy();
        } catch (IOException | RuntimeException e) {
            LOG.warnf("Repositories are tidied at the next turn: %s", e.getMessage());
        }
    }

    void tidy() throws IOException {
        moves.recoverAll();
        storage.sweep();
        for (var id : repositories.deleted()) {
            if (Files.exists(storage.folder(id))) {
                Storage.delete(storage.folder(id));
            }
        }
    }
}
