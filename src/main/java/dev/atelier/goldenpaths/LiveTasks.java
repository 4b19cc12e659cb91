package dev.atelier.goldenpaths;

import dev.atelier.platform.Loop;
import dev.atelier.platform.database.Signals;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Streams of tasks. One thread reads for all that are open, when a signal says that a task went on
 * and now and then in case a signal was lost; a stream holds a portion of what it has not sent yet.
 */
@ApplicationScoped
class LiveTasks {

    private static final Logger LOG = Logger.getLogger(LiveTasks.class);
    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final long BEAT_NANOS = Duration.ofSeconds(10).toNanos();

    /**
     * Who may see a task is asked when a stream begins; one ends after this, and its window begins
     * another behind the last event that it got.
     */
    private static final long LONGEST_NANOS = Duration.ofSeconds(55).toNanos();

    private static final int MOST_STREAMS = 2_000;
    private static final int PORTION = 500;

    /** How an event is told. */
    interface Telling {
        OutboundSseEvent event(Sse sse, TaskEvent event);

        /** What tells that state, steps or outputs may have changed; null for nothing. */
        @Nullable OutboundSseEvent changed(Sse sse);
    }

    /** One window. */
    private final class Stream implements Flow.Subscription {
        final UUID task;
        private final Sse sse;
        private final Telling telling;
        private final Flow.Subscriber<? super OutboundSseEvent> window;
        private final ArrayDeque<OutboundSseEvent> unsent = new ArrayDeque<>();
        private long last;
        private long asked;
        private final long begun = System.nanoTime();
        private long sent = begun;
        private boolean over;
        private boolean finished;
        private boolean sending;

        Stream(
                UUID task,
                long last,
                Sse sse,
                Telling telling,
                Flow.Subscriber<? super OutboundSseEvent> window) {
            this.task = task;
            this.last = last;
            this.sse = sse;
            this.telling = telling;
            this.window = window;
        }

        @Override
        public void request(long n) {
            synchronized (this) {
                asked = asked + n < 0 ? Long.MAX_VALUE : asked + n;
            }
            send();
            if (wants()) {
                changed.add(task);
                loop.wake();
            }
        }

        @Override
        public void cancel() {
            synchronized (this) {
                over = true;
            }
            remove(this);
        }

        synchronized boolean wants() {
            return !over && !finished && unsent.isEmpty();
        }

        /** Reads the next portion, if the one before is gone. */
        void look(boolean news) {
            if (!wants()) {
                return;
            }
            var portion = log.after(task, last, PORTION);
            synchronized (this) {
                for (var event : portion) {
                    last = event.id();
                    unsent.add(telling.event(sse, event));
                    if (event.type().equals("completion") || event.type().equals("cancelled")) {
                        finished = isLast(event);
                    }
                }
                var change = telling.changed(sse);
                if (change != null && (news || !portion.isEmpty())) {
                    unsent.add(change);
                }
                if (System.nanoTime() - begun > LONGEST_NANOS) {
                    finished = true;
                }
                if (unsent.isEmpty() && System.nanoTime() - sent > BEAT_NANOS) {
                    unsent.add(sse.newEventBuilder().name("beat").data("").build());
                }
            }
            send();
        }

        /** A task that is tried again goes on behind its end. */
        private boolean isLast(TaskEvent event) {
            return log.after(task, event.id(), 1).isEmpty();
        }

        private void send() {
            while (true) {
                OutboundSseEvent next;
                boolean end;
                synchronized (this) {
                    if (over || sending || (asked == 0 && !(finished && unsent.isEmpty()))) {
                        return;
                    }
                    next = unsent.poll();
                    end = next == null && finished;
                    if (next == null && !end) {
                        return;
                    }
                    if (end) {
                        over = true;
                    } else {
                        asked--;
                        sending = true;
                        sent = System.nanoTime();
                    }
                }
                if (end || next == null) {
                    remove(this);
                    window.onComplete();
                    return;
                }
                window.onNext(next);
                synchronized (this) {
                    sending = false;
                }
            }
        }

        void end() {
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
            }
            remove(this);
            window.onComplete();
        }
    }

    private final TaskLog log;
    private final Signals signals;
    private final Map<UUID, List<Stream>> streams = new ConcurrentHashMap<>();
    private final Map<UUID, List<Semaphore>> waiting = new ConcurrentHashMap<>();
    private final Set<UUID> changed = ConcurrentHashMap.newKeySet();
    private final Loop loop = new Loop("live-tasks", LOOK, this::round);

    LiveTasks(TaskLog log, Signals signals) {
        this.log = log;
        this.signals = signals;
    }

    void start(@Observes StartupEvent event) {
        signals.on("tasks", this::hear);
        loop.start();
    }

    void stop(@Observes @Priority(5) ShutdownEvent event) {
        streams.values().forEach(all -> all.forEach(Stream::end));
        loop.end();
    }

    /** Waits until something about a task changed, but not longer than signals may be lost. */
    void await(UUID task) throws InterruptedException {
        var news = new Semaphore(0);
        waiting.computeIfAbsent(task, _ -> new CopyOnWriteArrayList<>()).add(news);
        try {
            news.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            waiting.computeIfPresent(
                    task,
                    (_, all) -> {
                        all.remove(news);
                        return all.isEmpty() ? null : all;
                    });
        }
    }

    private void hear(String called) {
        waiting.forEach(
                (task, all) -> {
                    if (called.equals("*") || called.equals(task.toString())) {
                        all.forEach(Semaphore::release);
                    }
                });
        if (called.equals("*")) {
            changed.addAll(streams.keySet());
        } else {
            var task = UUID.fromString(called);
            if (streams.containsKey(task)) {
                changed.add(task);
            }
        }
        loop.wake();
    }

    private void round() {
        for (var entry : streams.entrySet()) {
            boolean news = changed.remove(entry.getKey());
            for (var stream : entry.getValue()) {
                try {
                    stream.look(news);
                } catch (Sql.Failed e) {
                    // The window stays open and learns the rest when the database is back.
                    LOG.debugf(e, "Task %s cannot be followed for now", entry.getKey());
                }
            }
        }
    }

    /**
     * @param after the last event that the window knows; 0 for none
     */
    Flow.Publisher<OutboundSseEvent> open(UUID task, long after, Sse sse, Telling telling) {
        Function<Flow.Subscriber<? super OutboundSseEvent>, Stream> make =
                window -> new Stream(task, after, sse, telling, window);
        return window -> {
            if (streams.values().stream().mapToInt(List::size).sum() >= MOST_STREAMS) {
                throw new Unavailable("Too many tasks are being watched. Try again in a moment.");
            }
            var stream = make.apply(window);
            streams.computeIfAbsent(task, t -> new CopyOnWriteArrayList<>()).add(stream);
            window.onSubscribe(stream);
            changed.add(task);
            loop.wake();
        };
    }

    private void remove(Stream stream) {
        streams.computeIfPresent(
                stream.task,
                (task, all) -> {
                    all.remove(stream);
                    return all.isEmpty() ? null : all;
                });
    }
}
