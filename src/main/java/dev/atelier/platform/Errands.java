package dev.atelier.platform;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jboss.logging.Logger;

/**
 * Does what waits in a table, a few at a time, for as long as the portal runs. The table is the
 * queue: whoever takes a row holds it by a lease, so what dies with a process is taken again. A
 * slow one holds one of the places, nobody else.
 */
public final class Errands<T> {

    private static final Logger LOG = Logger.getLogger(Errands.class);

    private final String name;
    private final int places;
    private final IntFunction<List<T>> take;
    private final Consumer<T> act;
    private final Semaphore free;
    private final Loop loop;

    /**
     * @param look how often it looks when nothing wakes it
     * @param take takes at most that many of what is due
     * @param act does one; a failure is its own to write down
     */
    public Errands(
            String name, Duration look, int places, IntFunction<List<T>> take, Consumer<T> act) {
        this.name = name;
        this.places = places;
        this.take = take;
        this.act = act;
        free = new Semaphore(places);
        loop = new Loop(name, look, this::round);
    }

    public void start() {
        loop.start();
    }

    /** What is being done is awaited for a while: else it would be done again. Whether it ended. */
    public boolean stop() throws InterruptedException {
        loop.end();
        loop.join();
        return free.tryAcquire(places, 10, TimeUnit.SECONDS);
    }

    /** Something may be due: looks at once. */
    public void wake() {
        loop.wake();
    }

    /** Begins as many as there are places. */
    public void round() {
        for (var one : take.apply(free.availablePermits())) {
            free.acquireUninterruptibly();
            // Threads of the system's own: it lets pages have their turn while one of these
            // computes,
            // virtual ones go on until they wait.
            Thread.ofPlatform()
                    .daemon()
                    .name(name)
                    .start(
                            () -> {
                                try {
                                    act.accept(one);
                                } catch (RuntimeException e) {
                                    LOG.warnf("%s: one waits for its next turn: %s", name, e);
                                } finally {
                                    free.release();
                                    loop.wake();
                                }
                            });
        }
    }
}
