package dev.atelier.runner;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks runs that are over their time to stop. ONNX Runtime looks at that between two nodes of a
 * graph only; where it does not look in time, the portal ends the process.
 */
final class Watchdog implements Runnable {

    private static final long LOOK_EVERY = 20_000_000;

    /** A run under way. */
    final class Watched implements AutoCloseable {
        private final long deadline;
        private OrtSession.RunOptions options;
        private boolean ended;
        private volatile boolean stopped;

        private Watched(long deadline) throws OrtException {
            this.deadline = deadline;
            this.options = new OrtSession.RunOptions();
        }

        OrtSession.RunOptions options() {
            return options;
        }

        boolean stopped() {
            return stopped;
        }

        private synchronized void stopIfLate(long now) {
            if (!ended && !stopped && now - deadline > 0) {
                stopped = true;
                try {
                    options.setTerminate(true);
                } catch (OrtException e) {
                    // The portal ends the process a moment later.
                    System.err.println("A run could not be stopped: " + e.getMessage());
                }
            }
        }

        @Override
        public void close() {
            watched.remove(this);
            synchronized (this) {
                ended = true;
                options.close();
            }
        }
    }

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final Thread thread = Thread.ofPlatform().daemon().name("watchdog").unstarted(this);
    private volatile boolean asleep;

    void start() {
        thread.start();
    }

    Watched watch(long deadline) throws OrtException {
        var run = new Watched(deadline);
        watched.add(run);
        if (asleep) {
            LockSupport.unpark(thread);
        }
        return run;
    }

    @Override
    public void run() {
        int quiet = 0;
        while (true) {
            quiet = watched.isEmpty() ? quiet + 1 : 0;
            if (quiet > 50) {
                asleep = true;
                if (watched.isEmpty()) {
                    LockSupport.parkNanos(3_600_000_000_000L);
                }
                asleep = false;
                quiet = 0;
            } else {
                LockSupport.parkNanos(LOOK_EVERY);
            }
            long now = System.nanoTime();
            watched.forEach(run -> run.stopIfLate(now));
        }
    }
}
