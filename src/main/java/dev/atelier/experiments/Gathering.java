package dev.atelier.experiments;

import dev.atelier.experiments.Metrics.Point;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.Logger;

/**
 * Makes chunks of points that were logged one by one, so that a long series is as quick to draw
 * however it came. Begins whenever enough of a series have come, beside those who wait for an
 * answer. Whatever ends it half way, nothing is lost, and the next point of the series begins it
 * again.
 */
@ApplicationScoped
class Gathering {

    /** Points of a series that are worth the work; as many are gathered in one transaction. */
    static final int ENOUGH = 4_096;

    /** The newest stay rows for now: among them others may come a little late. */
    private static final int KEPT = 256;

    private static final Logger LOG = Logger.getLogger(Gathering.class);

    private record Series(UUID run, String key) {}

    private final Sql sql;
    private final Transaction transaction;
    private final LinkedBlockingQueue<Series> queue = new LinkedBlockingQueue<>();
    private final Set<Series> waiting = ConcurrentHashMap.newKeySet();
    private final Thread worker =
            Thread.ofPlatform().daemon().name("gathering").unstarted(this::work);

    Gathering(Sql sql, Transaction transaction) {
        this.sql = sql;
        this.transaction = transaction;
    }

    void start(@Observes StartupEvent event) {
        worker.start();
    }

    void stop(@Observes ShutdownEvent event) {
        worker.interrupt();
    }

    /** Soon; a series that waits already is not written down again. */
    void soon(UUID run, String key) {
        var series = new Series(run, key);
        if (waiting.add(series)) {
            queue.add(series);
        }
    }

    private void work() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                var series = queue.take();
                waiting.remove(series);
                gather(series);
            }
        } catch (InterruptedException e) {
            // The portal ends.
            Thread.currentThread().interrupt();
        }
    }

    private void gather(Series series) {
        try {
            boolean more;
            do {
                more = gather(series.run, series.key, ENOUGH, KEPT);
            } while (more && !Thread.currentThread().isInterrupted());
        } catch (RuntimeException e) {
            LOG.warnf("Points of a series stay rows until the next one comes: %s", e.getMessage());
        }
    }

    /**
     * Gathers points that are behind the last chunk.
     *
     * @param most how many at once
     * @param kept how many of the last stay rows
     * @return whether there are more of them
     */
    boolean gather(UUID run, String key, int most, int kept) {
        return transaction.call(
                () -> {
                    // Who adds points to it waits, and sees the chunks.
                    var locked =
                            sql.first(
                                    "select id from run_metric where run = ? and key = ? for update",
                                    row -> row.getLong(1),
                                    run,
                                    key);
                    if (locked.isEmpty()) {
                        return false;
                    }
                    long series = locked.get();
                    var rows = behindTheLastChunk(series, key, most + kept);
                    var more = rows.size() == most + kept;
                    int whole = (rows.size() - kept) / PointBatch.CHUNK * PointBatch.CHUNK;
                    if (whole > 0) {
                        replace(run, series, rows.subList(0, whole));
                    }
                    if (!more) {
                        sql.update(
                                "update run_metric set loose = 0 where run = ? and key = ?",
                                run,
                                key);
                    }
                    return more;
                });
    }

    private List<Point> behindTheLastChunk(long series, String key, int limit) {
        return sql.list(
                """
                select value, at, step from metric_point
                where series = ? and (step, at, value) > (
                    select last_step, last_at, last_value from (
                        (select last_step, last_at, last_value from metric_chunk where series = ?
                         order by last_step desc, last_at desc, last_value desc limit 1)
                        union all
                        values (?::bigint, ?::bigint, '-Infinity'::float8)) as ends
                    order by last_step desc, last_at desc, last_value desc limit 1)
                order by step, at, value limit ?
                """,
                row -> new Point(key, row.getDouble(1), row.getLong(2), row.getLong(3)),
                series,
                series,
                Long.MIN_VALUE,
                Long.MIN_VALUE,
                limit);
    }

    private void replace(UUID run, long series, List<Point> points) {
        var first = points.getFirst();
        var last = points.getLast();
        int removed =
                sql.update(
                        """
                        delete from metric_point
                        where series = ? and (step, at, value) >= (?, ?, ?)
                          and (step, at, value) <= (?, ?, ?)
                        """,
                        series,
                        first.step(),
                        first.at(),
                        first.value(),
                        last.step(),
                        last.at(),
                        last.value());
        if (removed != points.size()) {
            throw new IllegalStateException(
                    "%d points became %d while their series was locked"
                            .formatted(points.size(), removed));
        }
        var flat = PointBatch.Flat.of(points);
        var chunks = PointBatch.Chunks.of(flat);
        sql.update(
                """
                insert into metric_chunk (series, last_step, last_at, last_value, finite, least,
                    greatest, steps, times, measures)
                select ?, steps[cardinality(steps)], times[cardinality(times)],
                    measures[cardinality(measures)], finite, least, greatest, steps, times, measures
                from (select c.finite, c.least, c.greatest,
                          (?::bigint[])[c.first:c.last] as steps,
                          (?::bigint[])[c.first:c.last] as times,
                          (?::float8[])[c.first:c.last] as measures
                      from unnest(?::int[], ?::int[], ?::int[], ?::float8[], ?::float8[])
                          as c (first, last, finite, least, greatest)) as cut
                """,
                series,
                flat.steps,
                flat.times,
                flat.values,
                chunks.begin(),
                chunks.end(),
                chunks.finite(),
                chunks.least(),
                chunks.greatest());
        sql.update(
                "update run_metric set portion_step = ?, portion_at = ? where id = ? and run = ?",
                first.step(),
                first.at(),
                series,
                run);
    }
}
