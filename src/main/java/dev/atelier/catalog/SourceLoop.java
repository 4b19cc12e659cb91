package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Source;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the catalog equal to its sources: reads those that are due, for as long as the portal runs.
 * Every replica has one; a source is read by one at a time. Files are read in batches; each address
 * is read beside the others, so that a slow host keeps nobody waiting.
 */
@ApplicationScoped
class SourceLoop {

    private static final Logger LOG = Logger.getLogger(SourceLoop.class);
    private static final int FILES = 100;
    private static final int ADDRESSES = 5;
    private static final int AT_ONCE = 5;
    private static final int DOCUMENTS = 2000;
    private static final int CHARACTERS = 16 << 20;

    /** A batch of files is begun no longer than this; the rest is given back. */
    private static final Duration BATCH = Duration.ofSeconds(20);

    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration SWEEP = Duration.ofSeconds(30);

    private final Sources sources;
    private final SourceReader reader;
    private final Ingestion ingestion;
    private final FolderWatch folders;
    private final Semaphore wake = new Semaphore(0);
    private final Semaphore free = new Semaphore(ADDRESSES);
    private volatile boolean running;
    private @Nullable Thread loop;

    SourceLoop(Sources sources, SourceReader reader, Ingestion ingestion, CatalogConfig config) {
        this.sources = sources;
        this.reader = reader;
        this.ingestion = ingestion;
        this.folders = new FolderWatch(config.roots());
    }

    void start(@Observes StartupEvent event) {
        running = true;
        loop = Thread.ofVirtual().name("catalog").start(this::loop);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        running = false;
        wake.release();
        var thread = loop;
        if (thread != null) {
            thread.join(Duration.ofSeconds(10));
        }
    }

    /** Looks at once for sources that are due. */
    void wake() {
        wake.release();
    }

    private void loop() {
        boolean configured = false;
        long swept = System.nanoTime();
        while (running) {
            try {
                if (!configured) {
                    ingestion.configure();
                    configured = true;
                }
                sources.due(folders.changes());
                readAddresses();
                while (running && readFiles()) {
                    readAddresses();
                }
                if (System.nanoTime() - swept > SWEEP.toNanos()) {
                    swept = System.nanoTime();
                    ingestion.sweep();
                }
                if (wake.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warnf(
                        "The catalog could not be refreshed; it is tried again: %s", e.toString());
                LOG.debug("Refresh failed", e);
                try {
                    Thread.sleep(LOOK);
                } catch (InterruptedException _) {
                    return;
                }
            }
        }
    }

    /** Reads and applies until no file is due, folders included, and begins what addresses are. */
    void settle() {
        ingestion.configure();
        sources.due(folders.changes());
        do {
            readAddresses();
        } while (readFiles());
    }

    /** Begins to read as many of the due addresses as there are places; returns at once. */
    private void readAddresses() {
        for (var source : sources.take(free.availablePermits(), "url")) {
            free.acquireUninterruptibly();
            Thread.ofVirtual().name("catalog-", source.id()).start(() -> readAddress(source));
        }
    }

    private void readAddress(Source source) {
        try {
            ingestion.apply(List.of(readSafely(source)));
        } catch (RuntimeException e) {
            LOG.warnf("%s could not be brought in; it is tried again: %s", source.location(), e);
        } finally {
            free.release();
            wake(); // the next one may be waiting for this place
        }
    }

    /**
     * Reads a batch of the due files and applies it, the next files while the last are written.
     * Says whether there was anything.
     */
    private boolean readFiles() {
        var due = sources.take(FILES, "folder", "file");
        var until = System.nanoTime() + BATCH.toNanos();
        var read = new ArrayList<Reading>();
        var written = CompletableFuture.<Void>completedFuture(null);
        for (int from = 0; from < due.size(); from += AT_ONCE) {
            if (System.nanoTime() - until > 0) {
                sources.release(due.subList(from, due.size()));
                break;
            }
            read.addAll(readAll(due.subList(from, Math.min(due.size(), from + AT_ONCE))));
            if (isEnough(read)) {
                written.join();
                written = apply(List.copyOf(read));
                read.clear();
            }
        }
        written.join();
        if (!read.isEmpty()) {
            ingestion.apply(read);
        }
        return !due.isEmpty();
    }

    private CompletableFuture<Void> apply(List<Reading> read) {
        return CompletableFuture.runAsync(
                () -> ingestion.apply(read),
                task -> Thread.ofVirtual().name("catalog").start(task));
    }

    /** Whether more would be too much for one transaction, or for memory. */
    private static boolean isEnough(List<Reading> read) {
        return read.stream().mapToInt(reading -> reading.documents().size()).sum() >= DOCUMENTS
                || read.stream().mapToLong(Reading::size).sum() >= CHARACTERS;
    }

    private List<Reading> readAll(List<Source> due) {
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var readings =
                    due.stream().map(source -> pool.submit(() -> readSafely(source))).toList();
            var list = new ArrayList<Reading>();
            for (var reading : readings) {
                list.add(reading.get());
            }
            return list;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private Reading readSafely(Source source) {
        try {
            return reader.read(source);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            // One hostile file must not stop the others.
            LOG.errorf(e, "Reading %s failed.", source.location());
            return Reading.failed(
                    source,
                    Fault.error(
                            "target",
                            "Reading failed by a defect of the portal",
                            "Its entries are kept. Please report this with the log of the portal."));
        }
    }
}
