package dev.atelier.platform.blobs;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Lets the disk write while more of a file arrives, so that its end does not wait for all of it.
 * What this makes durable needs to be forced once more at the end; an error counts at once.
 */
final class Writeback implements AutoCloseable {

    private static final long STEP = 32L << 20;
    private static final Executor THREADS =
            work -> {
                var unused = Thread.ofPlatform().daemon().name("writeback").start(work);
            };

    private final Runnable force;
    private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);
    private long since;

    /**
     * @param force makes durable what is in the file by now; throws when the disk refuses
     */
    Writeback(Runnable force) {
        this.force = force;
    }

    /**
     * So many bytes more are in the file.
     *
     * @throws RuntimeException what the force threw last
     */
    void wrote(int bytes) {
        since += bytes;
        if (since >= STEP && running.isDone()) {
            await();
            since = 0;
            running = CompletableFuture.runAsync(force, THREADS);
        }
    }

    /** Waits for the one that runs. */
    void await() {
        try {
            var unused = running.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException fault ? fault : e;
        }
    }

    /** Nobody uses the file any more; whether the disk took it does not matter now. */
    @Override
    public void close() {
        running.exceptionally(e -> null).join();
    }
}
