package dev.atelier.transfer;

import dev.atelier.identity.Acting;
import dev.atelier.platform.Errands;
import dev.atelier.platform.net.OutboundHttp;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.SignInNeeded;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Does imports, two at a time on each replica. A pass that ends in the middle, with its process or
 * because the source is away, is begun again; what it took stays.
 */
@ApplicationScoped
class ImportQueue {

    private static final Logger LOG = Logger.getLogger(ImportQueue.class);
    private static final int PLACES = 2;
    private static final Duration BEAT = Duration.ofSeconds(10);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final Imports imports;
    private final Importing importing;
    private final Acting acting;
    private final OutboundHttp http;
    private final StoreFolders folders;
    private final TransferConfig config;
    private final Errands<DataImport> errands;
    private volatile boolean stopping;
    private volatile Instant trimmed = Instant.EPOCH;

    ImportQueue(
            Imports imports,
            Importing importing,
            Acting acting,
            OutboundHttp http,
            StoreFolders folders,
            TransferConfig config) {
        this.imports = imports;
        this.importing = importing;
        this.acting = acting;
        this.http = http;
        this.folders = folders;
        this.config = config;
        errands = new Errands<>("imports", config.look(), PLACES, this::take, this::act);
    }

    void start(@Observes StartupEvent event) {
        errands.start();
    }

    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        stopping = true;
        if (!errands.stop()) {
            LOG.info("An import is in the middle of something; it goes on after the start");
        }
    }

    private List<DataImport> take(int limit) {
        if (trimmed.isBefore(Instant.now().minus(Duration.ofHours(1)))) {
            trimmed = Instant.now();
            imports.forgetOld();
        }
        return stopping ? List.of() : imports.take(limit);
    }

    private void act(DataImport one) {
        var watch = new Beat(one);
        try {
            acting.as(one.account(), one.scopes(), () -> go(one, watch));
        } catch (RuntimeException e) {
            // A database that is away: the lease runs out and it is taken again.
            LOG.warnf("The import %d waits for its next turn: %s", one.id(), e);
        } finally {
            watch.end();
        }
    }

    private void go(DataImport one, Beat watch) {
        try (var source = source(one, watch)) {
            importing.pass(one, source, watch);
            imports.end(one, DataImport.State.DONE, null);
            folders.drop(one);
        } catch (Importing.Stopped e) {
            stopped(one);
        } catch (Source.Away e) {
            later(one, e.getMessage());
        } catch (IOException e) {
            imports.end(one, DataImport.State.FAILED, sentence(e.getMessage()));
        } catch (Importing.TooMany e) {
            imports.end(
                    one,
                    DataImport.State.FAILED,
                    "More than %,d things had to be left out. The report names them; something is wrong with the whole."
                            .formatted(ImportLines.MOST_PARTS));
        } catch (OutOfSpace e) {
            later(
                    one,
                    "There is no room. What was taken is kept, and the import goes on when there is. "
                            + e.detail());
        } catch (Denied | SignInNeeded e) {
            imports.end(one, DataImport.State.FAILED, e.detail());
        } catch (Unavailable e) {
            later(one, e.detail());
        } catch (Problem e) {
            imports.end(one, DataImport.State.FAILED, e.detail());
        } catch (RuntimeException e) {
            if (DatabaseAway.causes(e)) {
                throw e;
            }
            LOG.errorf(e, "The import %d failed", one.id());
            imports.end(
                    one,
                    DataImport.State.FAILED,
                    "Something unexpected went wrong; the portal's log says what.");
        }
    }

    private static String sentence(@Nullable String reason) {
        return reason == null ? "No reason was given." : Texts.shown(reason, 1_000);
    }

    private void stopped(DataImport one) {
        if (imports.cancelled(one)) {
            imports.end(one, DataImport.State.CANCELLED, null);
            folders.drop(one);
        } else {
            imports.later(one, Duration.ZERO, null);
        }
    }

    private void later(DataImport one, @Nullable String reason) {
        var now = imports.find(one.id()).orElse(one);
        if (now.cancelled()) {
            stopped(one);
            return;
        }
        if (now.tries() >= config.tries()) {
            imports.end(one, DataImport.State.FAILED, sentence(reason));
            return;
        }
        var wait = config.away();
        for (int i = 1; i < now.tries() && wait.compareTo(LONGEST_WAIT) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        imports.later(
                one, wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT, sentence(reason));
    }

    private Source source(DataImport one, Beat watch) throws IOException {
        return switch (one.source()) {
            case SERVER ->
                    new MlflowServer(
                            new MlflowServerClient(
                                    http,
                                    one.place(),
                                    authorization(one),
                                    config.pause(),
                                    watch::check));
            case ARCHIVE, FOLDER -> folders.open(one, watch);
        };
    }

    private @Nullable String authorization(DataImport one) throws Source.Unusable {
        var kept = imports.authorization(one);
        if (kept.isEmpty() && imports.hasAuthorization(one)) {
            throw new Source.Unusable(
                    "What it signs in with cannot be decrypted here. Begin a new import: what this one took is not taken twice.");
        }
        return kept.orElse(null);
    }

    /** Keeps the lease while it goes on, and finds out when nobody waits for it any more. */
    private final class Beat implements Importing.Watch {
        private final DataImport one;
        private final Thread thread;
        private volatile String progress = "";
        private volatile boolean lost;
        private volatile boolean ended;
        private boolean moved;

        Beat(DataImport one) {
            this.one = one;
            thread = Thread.ofVirtual().name("import-" + one.id()).start(this::run);
        }

        private void run() {
            try {
                while (!ended) {
                    Thread.sleep(config.look().compareTo(BEAT) < 0 ? config.look() : BEAT);
                    beat();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void beat() {
            try {
                if (!ended && !imports.hold(one, progress)) {
                    lost = true;
                }
            } catch (RuntimeException e) {
                // The lease holds for a minute; the next beat asks again.
                LOG.debugf(e, "The import %d could not be held", one.id());
            }
        }

        @Override
        public void at(String now) {
            progress = now;
            check();
        }

        void check() {
            if (stopping || lost) {
                throw new Importing.Stopped();
            }
        }

        @Override
        public void moved() {
            if (!moved) {
                moved = true;
                imports.movedOn(one);
            }
        }

        void end() {
            ended = true;
            thread.interrupt();
        }
    }
}
