package dev.atelier.transfer;

import dev.atelier.experiments.Metrics;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The histories of a run's metrics, one after the other. While one is taken, the next are on their
 * way already, as many at once as the source bears; of each no more is held than two portions.
 */
final class Histories implements AutoCloseable {

    private static final int PORTION = 5_000;

    private sealed interface Event {
        record Some(List<Metrics.Point> points) implements Event {}

        record End() implements Event {}

        record Broken(Exception reason) implements Event {}
    }

    private record Coming(BlockingQueue<Event> events, Thread thread) {}

    private final Source source;
    private final Source.BroughtRun run;
    private final Queue<String> waiting;
    private final Map<String, Coming> coming = new HashMap<>();

    /**
     * @param keys in the order in which they will be asked for
     */
    Histories(Source source, Source.BroughtRun run, List<String> keys) {
        this.source = source;
        this.run = run;
        waiting = new ArrayDeque<>(keys);
    }

    /**
     * Hands over one history in portions of at most 5,000 points.
     *
     * @throws IOException when it cannot be had, or no more of it; what came before was handed over
     */
    void of(String key, Source.Visitor<List<Metrics.Point>> visitor) throws IOException {
        if (source.historiesAtOnce() == 1) {
            portions(key, visitor);
            return;
        }
        while (coming.size() < source.historiesAtOnce() && !waiting.isEmpty()) {
            begin(waiting.remove());
        }
        var mine = Objects.requireNonNull(coming.get(key), key);
        try {
            while (true) {
                switch (mine.events.take()) {
                    case Event.Some(var points) -> visitor.see(points);
                    case Event.End() -> {
                        return;
                    }
                    case Event.Broken(IOException reason) -> throw reason;
                    case Event.Broken(RuntimeException reason) -> throw reason;
                    case Event.Broken(var reason) -> throw new IllegalStateException(reason);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted.", e);
        } finally {
            mine.thread.interrupt();
            coming.remove(key);
        }
    }

    private void begin(String key) {
        var events = new ArrayBlockingQueue<Event>(2);
        coming.put(
                key,
                new Coming(
                        events,
                        Thread.ofVirtual()
                                .name("history-" + run.id())
                                .start(() -> bring(key, events))));
    }

    private void bring(String key, BlockingQueue<Event> events) {
        try {
            Event last = new Event.End();
            try {
                portions(key, points -> put(events, new Event.Some(points)));
            } catch (IOException | RuntimeException e) {
                last = new Event.Broken(e);
            }
            events.put(last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody waits for it any more
        }
    }

    private static void put(BlockingQueue<Event> events, Event one) throws IOException {
        try {
            events.put(one);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted.", e);
        }
    }

    /** What came before it broke is handed over too. */
    private void portions(String key, Source.Visitor<List<Metrics.Point>> visitor)
            throws IOException {
        var some = new ArrayList<Metrics.Point>();
        @Nullable IOException broken = null;
        try {
            source.history(
                    run,
                    key,
                    point -> {
                        some.add(point);
                        if (some.size() == PORTION) {
                            visitor.see(List.copyOf(some));
                            some.clear();
                        }
                    });
        } catch (IOException e) {
            broken = e;
        }
        if (!some.isEmpty()) {
            visitor.see(List.copyOf(some));
        }
        if (broken != null) {
            throw broken;
        }
    }

    /** Lets those go that nobody asked for, and waits until the source is not asked any more. */
    @Override
    public void close() throws IOException {
        var all = List.copyOf(coming.values());
        coming.clear();
        all.forEach(one -> one.thread.interrupt());
        try {
            for (var one : all) {
                one.thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted.", e);
        }
    }
}
