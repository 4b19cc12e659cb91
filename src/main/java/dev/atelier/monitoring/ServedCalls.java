package dev.atelier.monitoring;

import dev.atelier.identity.Moved;
import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Memory;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Unavailable;
import dev.atelier.serving.Answer;
import dev.atelier.serving.CallListener;
import dev.atelier.serving.Servable;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * Counts what models are asked and answered here, beside the path of the calls: these leave their
 * bodies in a bounded buffer, one thread reads and counts them in memory, and every few seconds the
 * counts are added to the hours. What there is no room for is lost, and counted as that.
 */
@ApplicationScoped
class ServedCalls implements CallListener {

    private static final Logger LOG = Logger.getLogger(ServedCalls.class);

    private static final int MOST_CALLS = 1 << 13;
    private static final long MOST_BYTES = 32L << 20;
    private static final Duration FLUSHED_EVERY = Duration.ofSeconds(5);

    /** How long a call waits to be counted where few come. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** Flushes without a call after which a version's counts take no memory; it is forgotten. */
    private static final int RESTS = 12;

    private static final int FORGOTTEN = 120;

    private final CountStore store;
    private final ServedVersion.Room room = new ServedVersion.Room();
    private final Map<String, Map<String, ServedVersion>> versions = new ConcurrentHashMap<>();
    private final Thread counter;
    private final ScheduledExecutorService flusher;
    private final AtomicBoolean flushing = new AtomicBoolean();
    private volatile CallBuffer buffer = new CallBuffer(MOST_CALLS, MOST_BYTES);
    private volatile boolean pausing;
    private volatile boolean stopping;
    private long asksAgain;

    ServedCalls(CountStore store) {
        this.store = store;
        flusher =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("call-counts").factory());
        var _ =
                flusher.scheduleWithFixedDelay(
                        this::flush,
                        FLUSHED_EVERY.toMillis(),
                        FLUSHED_EVERY.toMillis(),
                        TimeUnit.MILLISECONDS);
        counter = Thread.ofPlatform().daemon().name("call-counter").start(this::run);
    }

    @Override
    public void answered(Servable servable, Message request, Answer answer) {
        if (!answer.ok()) {
            return;
        }
        var version = version(servable);
        if (version.isLeftOut()) {
            return;
        }
        version.called();
        var into = buffer;
        if (!into.offer(version, request, answer.message(), System.currentTimeMillis())) {
            version.drop();
        }
        if (pausing && into.isHalfFull()) {
            pausing = false;
            LockSupport.unpark(counter);
        }
    }

    private ServedVersion version(Servable servable) {
        var all = versions.get(servable.name());
        var found = all == null ? null : all.get(servable.version());
        return found != null && found.digest().equals(servable.digest()) ? found : begun(servable);
    }

    private ServedVersion begun(Servable servable) {
        return versions.computeIfAbsent(servable.name(), _ -> new ConcurrentHashMap<>())
                .compute(
                        servable.version(),
                        (_, before) ->
                                before != null && before.digest().equals(servable.digest())
                                        ? before
                                        : new ServedVersion(
                                                servable.name(),
                                                Integer.parseInt(servable.version()),
                                                servable.digest(),
                                                room));
    }

    private void run() {
        while (true) {
            boolean last = stopping;
            while (buffer.poll(this::count)) {}
            if (last) {
                return;
            }
            pausing = true;
            if (!buffer.isHalfFull()) {
                LockSupport.parkNanos(this, PAUSE.toNanos());
            }
            pausing = false;
        }
    }

    private void count(ServedVersion version, Message request, Message answer, long atMillis) {
        var at = Instant.ofEpochMilli(atMillis);
        try {
            if (!version.isKnown() && !known(version)) {
                version.lose(1, at);
                return;
            }
            if (version.isLeftOut()) {
                return;
            }
            version.count(
                    RequestCodec.decode(request.body(), request.headerLength(), null, Memory.HEAP),
                    ResponseCodec.decode(answer),
                    at);
            if (version.isReady() && flushing.compareAndSet(false, true)) {
                flusher.execute(this::flush);
            }
        } catch (InvalidRequest e) {
            LOG.debugf("A call of %s cannot be read again: %s", version.model(), e.getMessage());
            version.lose(1, at);
        } catch (RuntimeException e) {
            LOG.errorf(e, "A call of %s cannot be counted", version.model());
            version.lose(1, at);
        }
    }

    /** Asks what the version is like; not at once again where the database does not answer. */
    private boolean known(ServedVersion version) {
        if (asksAgain != 0 && System.nanoTime() < asksAgain) {
            return false;
        }
        try {
            var found = store.find(version.model(), version.number());
            found.ifPresentOrElse(
                    one -> version.know(one.table(), one.reference()), version::leaveOut);
            asksAgain = 0;
            return true;
        } catch (RuntimeException e) {
            if (!DatabaseAway.causes(e)) {
                throw e;
            }
            LOG.debugf("Calls of %s are lost: %s", version.model(), e.getMessage());
            asksAgain = System.nanoTime() + FLUSHED_EVERY.toNanos();
            return false;
        }
    }

    /** Adds what was counted to the hours. */
    synchronized void flush() {
        flushing.set(false);
        for (var all : versions.values()) {
            for (var version : all.values()) {
                if (!flush(version)) {
                    return;
                }
                int idle = version.idle();
                if (idle == RESTS) {
                    version.rest();
                } else if (idle >= FORGOTTEN) {
                    all.remove(Integer.toString(version.number()), version);
                }
            }
        }
    }

    /** False when the database is away. */
    private boolean flush(ServedVersion version) {
        var taken = version.take(Instant.now());
        if (taken.isEmpty()) {
            return true;
        }
        try {
            var now = store.write(version.model(), version.number(), taken, version.reference());
            if (now.isPresent()) {
                version.use(now.get().reference());
            } else {
                absent(version, taken);
            }
            return true;
        } catch (RuntimeException e) {
            if (e instanceof Unavailable || DatabaseAway.causes(e)) {
                LOG.debugf("Counts are kept until the database is back: %s", e.getMessage());
                version.giveBack(taken);
                return false;
            }
            LOG.errorf(e, "What was counted of %s is lost", version.model());
            return true;
        }
    }

    /** It was renamed a moment ago and this has not been told yet, or it is gone. */
    private void absent(ServedVersion version, ServedVersion.Taken taken) {
        if (version.isMissed()) {
            version.forget();
            var all = versions.get(version.model());
            if (all != null) {
                all.remove(Integer.toString(version.number()), version);
            }
        } else {
            version.giveBack(taken);
        }
    }

    /** What was counted and not written yet goes with the model. */
    void followed(@Observes(during = TransactionPhase.AFTER_SUCCESS) Moved moved) {
        if (!moved.kind().equals("model")) {
            return;
        }
        var all = versions.remove(moved.from());
        if (all == null) {
            return;
        }
        if (moved.gone()) {
            all.values().forEach(ServedVersion::forget);
        } else {
            all.values().forEach(version -> version.rename(moved.to()));
            versions.put(moved.to(), all);
        }
    }

    void stopping(@Observes @Priority(100) ShutdownEvent event) throws InterruptedException {
        stopping = true;
        LockSupport.unpark(counter);
        counter.join(FLUSHED_EVERY);
        flusher.shutdown();
        flush();
    }

    /** Another buffer, so that tests fill one. */
    void buffer(CallBuffer other) {
        buffer = other;
    }
}
