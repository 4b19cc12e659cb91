package dev.atelier.serving;

import dev.atelier.identity.Moved;
import dev.atelier.platform.confinement.SandboxLevel;
import dev.atelier.platform.database.Sql;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Counts what was served, beside the path of the calls: in memory, and every few seconds added to a
 * table that all replicas share. Never waits for the database; while that is away the counts grow
 * up to a bound, then calls are counted as uncounted.
 */
@ApplicationScoped
public class Traffic {

    private static final Logger LOG = Logger.getLogger(Traffic.class);
    private static final Duration FLUSHED_EVERY = Duration.ofSeconds(3);
    private static final int CELLS = 20_000;
    private static final int SERIES = 1_000;
    private static final int KEPT_DAYS = 35;

    /** How coarse the table {@code serving_traffic_quarter} is. */
    private static final long QUARTER = Duration.ofMinutes(15).toSeconds();

    /**
     * What one version served in one span of time.
     *
     * @param requests by how they ended, all of {@link Outcome} are keys
     */
    public record Span(Instant from, Map<Outcome, Long> requests, Latency latency) {

        public long total() {
            return requests.values().stream().mapToLong(Long::longValue).sum();
        }

        /** All of these as one. */
        public static Span sum(Instant from, Collection<Span> spans) {
            var outcomes = new long[Outcome.values().length];
            var latency = Latency.none();
            for (var span : spans) {
                span.requests.forEach((outcome, count) -> outcomes[outcome.ordinal()] += count);
                latency = latency.plus(span.latency);
            }
            return new Span(from, named(outcomes), latency);
        }

        /** Everything but good answers and the callers' own mistakes. */
        public long errors() {
            return total()
                    - requests.getOrDefault(Outcome.OK, 0L)
                    - requests.getOrDefault(Outcome.INVALID, 0L);
        }
    }

    private record Key(String model, int version, Instant minute) {}

    private static final class Cell {
        final long[] outcomes = new long[Outcome.values().length];
        final long[] latency = new long[Latency.BUCKETS];

        Cell add(Cell other) {
            for (int i = 0; i < outcomes.length; i++) {
                outcomes[i] += other.outcomes[i];
            }
            for (int i = 0; i < latency.length; i++) {
                latency[i] += other.latency[i];
            }
            return this;
        }
    }

    private final MeterRegistry meters;
    private final Sql sql;
    private final Clock clock = Clock.systemUTC();
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();
    private final Map<Key, Cell> cells = new ConcurrentHashMap<>();
    private final AtomicLong uncounted = new AtomicLong();
    private final ScheduledExecutorService flusher =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("traffic").factory());
    private volatile Instant swept = Instant.EPOCH;

    Traffic(MeterRegistry meters, Sql sql) {
        this.meters = meters;
        this.sql = sql;
        meters.gauge("atelier_inference_uncounted", uncounted);
        var _ =
                flusher.scheduleWithFixedDelay(
                        this::flush,
                        FLUSHED_EVERY.toMillis(),
                        FLUSHED_EVERY.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    void stopping(@Observes @Priority(100) ShutdownEvent event) {
        flusher.shutdown();
        flush();
    }

    void watch(RunnerPool pool, SandboxLevel level) {
        meters.gauge("atelier_runners_loaded", pool, RunnerPool::loaded);
        meters.gauge("atelier_sandbox_level", level, each -> each.ordinal());
    }

    void count(Servable servable, Answer answer) {
        timer(servable, answer.status()).record(answer.totalNanos(), TimeUnit.NANOSECONDS);
        var key =
                new Key(
                        servable.name(),
                        Integer.parseInt(servable.version()),
                        clock.instant().truncatedTo(ChronoUnit.MINUTES));
        if (cells.size() >= CELLS && !cells.containsKey(key)) {
            uncounted.incrementAndGet();
            return;
        }
        int outcome = answer.outcome().ordinal();
        int bucket = Latency.bucket(answer.totalNanos());
        cells.compute(
                key,
                (_, cell) -> {
                    var counted = cell == null ? new Cell() : cell;
                    counted.outcomes[outcome]++;
                    counted.latency[bucket]++;
                    return counted;
                });
    }

    /** Prometheus cannot forget a series, so beyond a bound all versions share one. */
    private Timer timer(Servable servable, int status) {
        var known = timers.get(servable.name() + '\n' + servable.version() + '\n' + status);
        if (known != null) {
            return known;
        }
        boolean room = timers.size() < SERIES;
        var name = room ? servable.name() : "other";
        var version = room ? servable.version() : "";
        return timers.computeIfAbsent(
                name + '\n' + version + '\n' + status,
                _ ->
                        Timer.builder("atelier_inference_requests")
                                .description("Calls of models in the sandbox")
                                .tag("model", name)
                                .tag("version", version)
                                .tag("code", Integer.toString(status))
                                .serviceLevelObjectives(
                                        Duration.ofMillis(1),
                                        Duration.ofMillis(5),
                                        Duration.ofMillis(25),
                                        Duration.ofMillis(100),
                                        Duration.ofMillis(500),
                                        Duration.ofMillis(2500),
                                        Duration.ofSeconds(10))
                                .register(meters));
    }

    /** Adds what was counted to the table. */
    synchronized void flush() {
        for (var key : List.copyOf(cells.keySet())) {
            var cell = cells.remove(key);
            if (cell == null) {
                continue;
            }
            try {
                sql.update(
                        """
                        with given (model, version, minute, outcomes, latency) as (
                            select cast(? as text), cast(? as int), cast(? as timestamptz),
                                   cast(? as bigint[]), cast(? as bigint[])),
                        by_minute as (
                            insert into serving_traffic as t (model, version, minute, outcomes, latency)
                            select model, version, minute, outcomes, latency from given
                            on conflict (model, version, minute) do update set
                              outcomes = serving_traffic_sum(t.outcomes, excluded.outcomes),
                              latency = serving_traffic_sum(t.latency, excluded.latency))
                        insert into serving_traffic_quarter as t (model, version, minute, outcomes, latency)
                        select model, version, date_bin('15 minutes', minute, 'epoch'), outcomes, latency
                        from given
                        on conflict (model, version, minute) do update set
                          outcomes = serving_traffic_sum(t.outcomes, excluded.outcomes),
                          latency = serving_traffic_sum(t.latency, excluded.latency)
                        """,
                        key.model,
                        key.version,
                        key.minute.atOffset(ZoneOffset.UTC),
                        array(cell.outcomes),
                        array(cell.latency));
            } catch (RuntimeException e) {
                LOG.debugf("Traffic is kept until the database is back: %s", e.getMessage());
                cells.merge(key, cell, Cell::add);
                return;
            }
        }
        sweep();
    }

    /** What other replicas counted in these seconds stays with the name it was counted for. */
    void follow(@Observes Moved moved) {
        if (!moved.kind().equals("model")) {
            return;
        }
        for (var table : List.of("serving_traffic", "serving_traffic_quarter")) {
            if (moved.gone()) {
                sql.update("delete from %s where model = ?".formatted(table), moved.from());
            } else {
                // Counted for a model that is gone, by a replica that did not know.
                sql.update("delete from %s where model = ?".formatted(table), moved.to());
                sql.update(
                        "update %s set model = ? where model = ?".formatted(table),
                        moved.to(),
                        moved.from());
            }
        }
    }

    /** What was counted and not written yet. */
    void followed(@Observes(during = TransactionPhase.AFTER_SUCCESS) Moved moved) {
        for (var key : List.copyOf(cells.keySet())) {
            if (moved.kind().equals("model") && key.model.equals(moved.from())) {
                var cell = cells.remove(key);
                if (cell != null && !moved.gone()) {
                    cells.merge(new Key(moved.to(), key.version, key.minute), cell, Cell::add);
                }
            }
        }
    }

    private void sweep() {
        var now = clock.instant();
        if (Duration.between(swept, now).toHours() < 1) {
            return;
        }
        try {
            for (var table : List.of("serving_traffic", "serving_traffic_quarter")) {
                sql.update(
                        "delete from %s where minute < now() - make_interval(days => ?)"
                                .formatted(table),
                        KEPT_DAYS);
            }
            swept = now;
        } catch (RuntimeException e) {
            LOG.debugf("Old traffic stays for now: %s", e.getMessage());
        }
    }

    private static String array(long[] values) {
        return Arrays.stream(values)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(",", "{", "}"));
    }

    /**
     * What a model served, the oldest span first; spans without a call are left out.
     *
     * @param version null for all versions together
     * @param step length of a span, a minute at least
     */
    public List<Span> between(
            String model, @Nullable Integer version, Instant from, Instant to, Duration step) {
        return sums(
                        "extract(epoch from date_bin(make_interval(secs => ?), t.minute, ?))::bigint",
                        Instant::ofEpochSecond,
                        model,
                        version,
                        from,
                        to,
                        step,
                        (double) Math.max(60, step.toSeconds()),
                        from)
                .values()
                .stream()
                .toList();
    }

    /** The sum of each version that was called, the newest first. */
    public Map<Integer, Span> byVersion(String model, Instant from, Instant to, int limit) {
        var all = new LinkedHashMap<Integer, Span>();
        sums("-t.version", _ -> from, model, null, from, to, Duration.between(from, to))
                .entrySet()
                .stream()
                .limit(limit)
                .forEach(entry -> all.put((int) -entry.getKey(), entry.getValue()));
        return all;
    }

    /**
     * Calls of a model.
     *
     * @param errors of them; the callers' own mistakes are none
     */
    public record Total(long calls, long errors) {
        public static final Total NONE = new Total(0, 0);
    }

    /** Of all models that were called since a moment, to the quarter of an hour. */
    public Map<String, Total> totals(Instant since) {
        return sql
                .list(
                        """
                        select t.model, sum(o.n)::bigint,
                               coalesce(sum(o.n) filter (where o.i <> all(?)), 0)::bigint
                        from serving_traffic_quarter t
                        cross join lateral unnest(t.outcomes) with ordinality as o (n, i)
                        where t.minute >= ? and o.n > 0 group by t.model
                        """,
                        row ->
                                Map.entry(
                                        row.getString(1),
                                        new Total(row.getLong(2), row.getLong(3))),
                        new Long[] {Outcome.OK.ordinal() + 1L, Outcome.INVALID.ordinal() + 1L},
                        since)
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** A count that is not zero. */
    private record Count(long group, boolean isLatency, int at, long n) {}

    /**
     * Sums by a group, ascending. Most buckets of most minutes are empty, so only the others are
     * added up; and what spans whole quarters of an hour is read from the table of those.
     */
    private SortedMap<Long, Span> sums(
            String group,
            LongFunction<Instant> begin,
            String model,
            @Nullable Integer version,
            Instant from,
            Instant to,
            Duration step,
            Object... grouping) {
        var coarse =
                LongStream.of(step.toSeconds(), from.getEpochSecond(), to.getEpochSecond())
                        .allMatch(seconds -> seconds % QUARTER == 0);
        var values = new ArrayList<@Nullable Object>(List.of(grouping));
        values.addAll(
                Arrays.asList(model, version == null, version == null ? 0 : version, from, to));
        var counts =
                sql.list(
                        """
                        select %s, u.latency, u.i, sum(u.n)::bigint
                        from %s t cross join lateral (
                            select false as latency, i, n
                            from unnest(t.outcomes) with ordinality as o (n, i) where n > 0
                            union all
                            select true, i, n
                            from unnest(t.latency) with ordinality as l (n, i) where n > 0) u
                        where t.model = ? and (? or t.version = ?) and t.minute >= ? and t.minute < ?
                        group by 1, 2, 3
                        """
                                .formatted(
                                        group,
                                        coarse ? "serving_traffic_quarter" : "serving_traffic"),
                        row ->
                                new Count(
                                        row.getLong(1),
                                        row.getBoolean(2),
                                        row.getInt(3) - 1,
                                        row.getLong(4)),
                        values.toArray());
        var cells = new TreeMap<Long, Cell>();
        for (var count : counts) {
            var cell = cells.computeIfAbsent(count.group, _ -> new Cell());
            var into = count.isLatency ? cell.latency : cell.outcomes;
            // A newer portal may have written more of them.
            if (count.at < into.length) {
                into[count.at] = count.n;
            }
        }
        var spans = new TreeMap<Long, Span>();
        cells.forEach(
                (key, cell) ->
                        spans.put(
                                key,
                                new Span(
                                        begin.apply(key),
                                        named(cell.outcomes),
                                        new Latency(cell.latency))));
        return spans;
    }

    private static Map<Outcome, Long> named(long[] counts) {
        return Arrays.stream(Outcome.values())
                .collect(
                        Collectors.toUnmodifiableMap(
                                outcome -> outcome, outcome -> counts[outcome.ordinal()]));
    }
}
