package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Metric points, and the latest of each key. */
@ApplicationScoped
public class Metrics {

    /**
     * A point.
     *
     * @param at milliseconds since 1970, as the client says
     */
    public record Point(String key, double value, long at, long step) {}

    /** Points of one run. */
    record Points(UUID run, long experiment, Collection<Point> points) {}

    private final Sql sql;

    Metrics(Sql sql) {
        this.sql = sql;
    }

    /**
     * Adds points, of any number of runs, with one statement; one that is there already changes
     * nothing. The latest of a key is the greatest by step, then time, then value: in whatever
     * order they arrive, it comes out the same.
     */
    void add(Collection<Points> all) {
        var runs = new ArrayList<UUID>();
        var experiments = new ArrayList<Long>();
        var keys = new ArrayList<String>();
        var steps = new ArrayList<Long>();
        var times = new ArrayList<Long>();
        var values = new ArrayList<Double>();
        for (var one : all) {
            for (var point : one.points) {
                runs.add(one.run);
                experiments.add(one.experiment);
                keys.add(point.key);
                steps.add(point.step);
                times.add(point.at);
                values.add(point.value);
            }
        }
        if (runs.isEmpty()) {
            return;
        }
        // Series in one order for everybody: two writers of one run never wait for each other.
        sql.update(
                """
                with given as (
                    select * from unnest(
                        ?::uuid[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::float8[])
                        as g (run, experiment, key, step, at, value)),
                series as (
                    insert into run_metric as m (run, experiment, key, step, at, value)
                    select distinct on (run, key) run, experiment, key, step, at, value from given
                    order by run, key, step desc, at desc, value desc
                    on conflict (run, key) do update set
                        step = case when (excluded.step, excluded.at, excluded.value)
                                         > (m.step, m.at, m.value)
                                    then excluded.step else m.step end,
                        at = case when (excluded.step, excluded.at, excluded.value)
                                       > (m.step, m.at, m.value)
                                  then excluded.at else m.at end,
                        value = case when (excluded.step, excluded.at, excluded.value)
                                          > (m.step, m.at, m.value)
                                     then excluded.value else m.value end
                    returning id, run, key)
                insert into metric_point (series, step, at, value)
                select s.id, g.step, g.at, g.value from given g join series s using (run, key)
                on conflict do nothing
                """,
                runs.toArray(UUID[]::new),
                experiments.toArray(Long[]::new),
                keys.toArray(String[]::new),
                steps.toArray(Long[]::new),
                times.toArray(Long[]::new),
                values.toArray(Double[]::new));
    }

    /**
     * All points of a key in the order they belong.
     *
     * @param after behind this point; null from the first on
     */
    List<Point> history(UUID run, String key, @Nullable Point after, int limit) {
        return sql.list(
                """
                select p.value, p.at, p.step from run_metric m join metric_point p on p.series = m.id
                where m.run = ? and m.key = ? and (p.step, p.at, p.value) > (?, ?, ?)
                order by p.step, p.at, p.value limit ?
                """,
                row -> new Point(key, row.getDouble(1), row.getLong(2), row.getLong(3)),
                run,
                key,
                after == null ? Long.MIN_VALUE : after.step,
                after == null ? Long.MIN_VALUE : after.at,
                after == null ? Double.NEGATIVE_INFINITY : after.value,
                limit);
    }

    /**
     * Points of a key whose steps are spread evenly over an interval; of each chosen step all
     * points, and always those of the last one.
     *
     * @param steps how many at most
     */
    List<Point> sample(UUID run, String key, long from, long to, int steps) {
        return sql.list(
                """
                with series as (select id from run_metric where run = ? and key = ?),
                ranked as (
                    select step, row_number() over (order by step) as n, count(*) over () as total
                    from (select distinct p.step from metric_point p, series
                          where p.series = series.id and p.step between ? and ?) as s)
                select p.value, p.at, p.step from metric_point p, series, ranked r
                where p.series = series.id and p.step = r.step
                  and (r.n = r.total or (r.n - 1) % greatest(1, ceil(r.total / ?::float8)::bigint) = 0)
                order by p.step, p.at, p.value
                """,
                row -> new Point(key, row.getDouble(1), row.getLong(2), row.getLong(3)),
                run,
                key,
                from,
                to,
                steps);
    }
}
