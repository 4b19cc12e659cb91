package dev.atelier.platform;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** A thread that looks every so often, and at once when it is woken, until it is ended. */
public final class Loop {

    private static final Logger LOG = Logger.getLogger(Loop.class);

    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean running;

    public Loop(String name, Duration look, Runnable round) {
        thread = Thread.ofVirtual().name(name).unstarted(() -> run(look, round));
    }

    public void start() {
        running = true;
        thread.start();
    }

    private void run(Duration look, Runnable round) {
        while (running) {
            try {
                if (wake.tryAcquire(look.toMillis(), TimeUnit.MILLISECONDS)) {
                    wake.drainPermits();
                }
                if (running) {
                    round.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                // The database may be away for a moment; the next round looks again.
                LOG.debugf(e, "%s waits", thread.getName());
            }
        }
    }

    public void wake() {
        wake.release();
    }

    public boolean running() {
        return running;
    }

    /** No round begins any more; one that runs goes on. */
    public void end() {
        running = false;
        wake.release();
    }

    /** Waits a little for the round that runs. */
    public void join() throws InterruptedException {
        if (thread.isAlive()) {
            thread.join(Duration.ofSeconds(3));
        }
    }
}
