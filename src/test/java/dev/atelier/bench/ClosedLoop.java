package dev.atelier.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Callers that each send their next request when the last was answered. */
final class ClosedLoop {

    /** One caller; false is a wrong answer. */
    interface Caller {
        boolean call() throws Exception;
    }

    interface Callers {
        Caller begin() throws Exception;
    }

    /** Times in nanoseconds. */
    record Figures(long calls, double rate, long p50, long p99, long max, long wrong) {

        static final String HEADINGS =
                "%-52s %6s %9s %9s %9s %9s %6s"
                        .formatted("", "conns", "calls/s", "p50 ms", "p99 ms", "max ms", "wrong");

        String line(String what, int connections) {
            return "%-52s %6d %9.0f %9.3f %9.3f %9.2f %6d"
                    .formatted(what, connections, rate, p50 / 1e6, p99 / 1e6, max / 1e6, wrong);
        }
    }

    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(60);

    private ClosedLoop() {}

    /** Asks for addresses, first until that is no longer faster each time. */
    static Figures get(URI portal, int connections, Duration time, IntFunction<String> paths)
            throws Exception {
        var next = new AtomicInteger();
        Callers callers =
                () -> {
                    var connection = new Connection(portal);
                    return () -> {
                        var path = paths.apply(next.getAndIncrement());
                        int status = connection.get(path);
                        if (status != 200) {
                            throw new IOException(status + " for " + path);
                        }
                        return true;
                    };
                };
        return settled(connections, time, callers);
    }

    /**
     * As {@link #measure}, after it was asked unmeasured for as long as its rate still rose, at
     * most a minute: what is measured is a server that has been at work, not the JVM's compiler.
     */
    static Figures settled(int connections, Duration time, Callers callers) throws Exception {
        var until = System.nanoTime() + LONGEST_WARM_UP.toNanos();
        double best = 0;
        for (int same = 0; same < 3 && System.nanoTime() < until; ) {
            double rate = measure(connections, WARM_UP, callers).rate();
            same = rate > best * 1.03 ? 0 : same + 1;
            best = Math.max(best, rate);
        }
        return measure(connections, time, callers);
    }

    static Figures measure(int connections, Duration time, Callers callers) throws Exception {
        var times = new long[connections][];
        var wrong = new long[connections];
        double seconds;
        try (var pool = Executors.newFixedThreadPool(connections)) {
            var ready = new ArrayList<Caller>();
            for (int i = 0; i < connections; i++) {
                ready.add(callers.begin());
            }
            long began = System.nanoTime();
            long until = began + time.toNanos();
            var tasks = new ArrayList<Callable<Void>>();
            for (int i = 0; i < connections; i++) {
                int at = i;
                tasks.add(
                        () -> {
                            var caller = ready.get(at);
                            var mine = new long[1 << 16];
                            int count = 0;
                            long now = System.nanoTime();
                            while (now < until) {
                                if (!caller.call()) {
                                    wrong[at]++;
                                }
                                long after = System.nanoTime();
                                if (count == mine.length) {
                                    mine = Arrays.copyOf(mine, count * 2);
                                }
                                mine[count++] = after - now;
                                now = after;
                            }
                            times[at] = Arrays.copyOf(mine, count);
                            return null;
                        });
            }
            for (var done : pool.invokeAll(tasks)) {
                done.get();
            }
            seconds = (System.nanoTime() - began) / 1e9;
        }
        var all = Arrays.stream(times).flatMapToLong(Arrays::stream).sorted().toArray();
        return new Figures(
                all.length,
                all.length / seconds,
                all[all.length / 2],
                all[(int) (all.length * 0.99)],
                all[all.length - 1],
                Arrays.stream(wrong).sum());
    }
}
