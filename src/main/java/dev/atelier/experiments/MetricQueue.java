package dev.atelier.experiments;

import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.faults.Failpoints;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Writes together what many callers log at once: training code logs one number a request, and a
 * commit for each would be most of the work. Nobody is kept waiting to fill a batch: whatever has
 * come while the last one was written is the next one.
 */
@ApplicationScoped
class MetricQueue {

    /** Enough that both processors of a small machine are busy. */
    private static final int WRITERS = 2;

    private static final int MOST = 200;

    private record Waiting(Metrics.Points points, CompletableFuture<Boolean> written) {}

    private final Metrics metrics;
    private final Transaction transaction;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>(10_000);
    private final List<Thread> writers = new ArrayList<>();

    MetricQueue(Metrics metrics, Transaction transaction) {
        this.metrics = metrics;
        this.transaction = transaction;
        for (int i = 0; i < WRITERS; i++) {
            writers.add(Thread.ofPlatform().daemon().name("metrics-" + i).start(this::write));
        }
    }

    void stop(@Observes ShutdownEvent event) {
        writers.forEach(Thread::interrupt);
    }

    /**
     * Returns when the points are committed.
     *
     * @return whether the run is there and was not deleted; else nothing was written
     */
    boolean add(UUID run, long experiment, List<Metrics.Point> points) {
        var waiting =
                new Waiting(new Metrics.Points(run, experiment, points), new CompletableFuture<>());
        try {
            queue.put(waiting);
            return waiting.written.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The portal is shutting down", e);
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private void write() {
        var some = new ArrayList<Waiting>();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                some.add(queue.take());
                queue.drainTo(some, MOST - 1);
                write(some);
                some.clear();
            }
        } catch (InterruptedException e) {
            // The portal ends; requests that wait end with their connections.
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<Waiting> some) {
        try {
            Failpoints.hit("metrics.taken");
            var all = some.stream().map(Waiting::points).toList();
            var live = transaction.call(() -> metrics.add(all));
            Failpoints.hit("metrics.committed");
            some.forEach(one -> one.written.complete(live.contains(one.points.run())));
        } catch (RuntimeException e) {
            if (some.size() == 1) {
                some.getFirst().written.completeExceptionally(e);
                return;
            }
            // One of them cannot be written: each by itself, and the others are not its victims.
            some.forEach(one -> write(List.of(one)));
        }
    }
}
