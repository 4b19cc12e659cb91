package dev.atelier.serving;

import dev.atelier.platform.database.Sql;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
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

    /**
     * What one version served in one span of time.
     *
     * @param requests by how they ended, all of {@link Outcome} are keys
     */
    public record Span(Instant from, Map<Outcome, Long> requests, Latency latency) {

        public long total() {
            return requests.values().stream().mapToLong(Long::longValue).sum();
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
                        insert into serving_traffic as t (model, version, minute, outcomes, latency)
                        values (?, ?, ?, cast(? as bigint[]), cast(? as bigint[]))
                        on conflict (model, version, minute) do update set
                          outcomes = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
                                      from unnest(t.outcomes, excluded.outcomes)
                                           with ordinality as u (a, b, i)),
                          latency = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
                                     from unnest(t.latency, excluded.latency)
                                          with ordinality as u (a, b, i))
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

    private void sweep() {
        var now = clock.instant();
        if (Duration.between(swept, now).toHours() < 1) {
            return;
        }
        try {
            sql.update(
                    "delete from serving_traffic where minute < now() - make_interval(days => ?)",
                    KEPT_DAYS);
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
        return sql.list(
                """
                with minutes as (
                    select date_bin(make_interval(secs => ?), minute, ?) as span, outcomes, latency
                    from serving_traffic
                    where model = ? and (? or version = ?) and minute >= ? and minute < ?),
                outcome_sums as (
                    select span, i, sum(n)::bigint as n
                    from minutes, unnest(outcomes) with ordinality as u (n, i) group by span, i),
                latency_sums as (
                    select span, i, sum(n)::bigint as n
                    from minutes, unnest(latency) with ordinality as u (n, i) group by span, i)
                select o.span, o.counts, l.counts
                from (select span, array_agg(n order by i) as counts
                      from outcome_sums group by span) o
                join (select span, array_agg(n order by i) as counts
                      from latency_sums group by span) l on l.span = o.span
                order by o.span
                """,
                Traffic::span,
                (double) Math.max(60, step.toSeconds()),
                from.atOffset(ZoneOffset.UTC),
                model,
                version == null,
                version == null ? 0 : version,
                from.atOffset(ZoneOffset.UTC),
                to.atOffset(ZoneOffset.UTC));
    }

    /** All of it as one span. */
    public Span total(String model, @Nullable Integer version, Instant from, Instant to) {
        var outcomes = new long[Outcome.values().length];
        var latency = Latency.none();
        for (var span : between(model, version, from, to, Duration.ofDays(1))) {
            for (var outcome : Outcome.values()) {
                outcomes[outcome.ordinal()] += span.requests.getOrDefault(outcome, 0L);
            }
            latency = latency.plus(span.latency);
        }
        return new Span(from, named(outcomes), latency);
    }

    private static Span span(ResultSet row) throws SQLException {
        return new Span(
                row.getObject(1, OffsetDateTime.class).toInstant(),
                named(longs(row.getArray(2), Outcome.values().length)),
                new Latency(longs(row.getArray(3), Latency.BUCKETS)));
    }

    private static Map<Outcome, Long> named(long[] counts) {
        return Arrays.stream(Outcome.values())
                .collect(
                        Collectors.toUnmodifiableMap(
                                outcome -> outcome, outcome -> counts[outcome.ordinal()]));
    }

    private static long[] longs(Array array, int length) throws SQLException {
        var values = new long[length];
        var given = (Long[]) array.getArray();
        for (int i = 0; i < Math.min(length, given.length); i++) {
            values[i] = given[i];
        }
        return values;
    }
}
