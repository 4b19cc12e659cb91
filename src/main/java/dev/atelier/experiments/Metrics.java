package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /** As the database compares them: NaN is the greatest of all values. */
    private static final Comparator<Point> LATEST =
            Comparator.comparingLong(Point::step)
                    .thenComparingLong(Point::at)
                    .thenComparingDouble(Point::value);

    private record Series(UUID run, long experiment, String key) {}

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
     *
     * @return those of the runs that are there; to the others nothing was added
     */
    Set<UUID> add(Collection<Points> all) {
        int count = all.stream().mapToInt(one -> one.points.size()).sum();
        var places = new HashMap<UUID, Map<String, Integer>>();
        var keys = new ArrayList<Series>();
        var latest = new ArrayList<Point>();
        var of = new int[count];
        var steps = new long[count];
        var times = new long[count];
        var values = new double[count];
        int i = 0;
        for (var one : all) {
            var known = places.computeIfAbsent(one.run, _ -> new HashMap<>());
            for (var point : one.points) {
                var place = known.get(point.key);
                if (place == null) {
                    place = latest.size();
                    known.put(point.key, place);
                    keys.add(new Series(one.run, one.experiment, point.key));
                    latest.add(point);
                } else if (LATEST.compare(point, latest.get(place)) > 0) {
                    latest.set(place, point);
                }
                of[i] = place;
                steps[i] = point.step;
                times[i] = point.at;
                values[i++] = point.value;
            }
        }
        // Series in one order for everybody: two writers of one run never wait for each other.
        return Set.copyOf(
                sql.list(
                        """
                        with live as (
                            select id from run where id = any(?) and deleted_at is null),
                        wanted as (
                            select * from unnest(
                                ?::uuid[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[],
                                ?::float8[]) with ordinality
                                as w (run, experiment, key, step, at, value, place)),
                        series as (
                            insert into run_metric as m (run, experiment, key, step, at, value)
                            select run, experiment, key, step, at, value from wanted
                            where run in (select id from live) order by run, key
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
                            returning id, run, key),
                        placed as (
                            select s.id, w.place - 1 as place
                            from series s join wanted w using (run, key)),
                        points as (
                            insert into metric_point (series, step, at, value)
                            select p.id, g.step, g.at, g.value
                            from unnest(?::int[], ?::bigint[], ?::bigint[], ?::float8[])
                                as g (place, step, at, value)
                            join placed p using (place)
                            on conflict do nothing)
                        select id from live
                        """,
                        row -> row.getObject(1, UUID.class),
                        places.keySet().toArray(UUID[]::new),
                        keys.stream().map(Series::run).toArray(UUID[]::new),
                        keys.stream().map(Series::experiment).toArray(Long[]::new),
                        keys.stream().map(Series::key).toArray(String[]::new),
                        latest.stream().map(Point::step).toArray(Long[]::new),
                        latest.stream().map(Point::at).toArray(Long[]::new),
                        latest.stream().map(Point::value).toArray(Double[]::new),
                        of,
                        steps,
                        times,
                        values));
    }

    /**
     * All points of a key in the order they belong.
     *
     * @param after behind this point; null from the first on
     */
    List<Point> history(UUID run, String key, @Nullable Point after, int limit) {
        return sql.list(
                """
                select p.value, p.at, p.step from metric_point p
                where p.series = (select m.id from run_metric m where m.run = ? and m.key = ?)
                  and (p.step, p.at, p.value) > (?, ?, ?)
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
     * points, and always those of the first and of the last one. Asks an index for the first step
     * behind each of so many places, so that a long series costs no more than a short one.
     *
     * @param steps how many at most
     */
    List<Point> sample(UUID run, String key, long from, long to, int steps) {
        return sql.list(
                """
                with series as (
                    select m.id,
                        (select min(p.step) from metric_point p
                         where p.series = m.id and p.step >= ?) as first,
                        (select max(p.step) from metric_point p
                         where p.series = m.id and p.step <= ?) as last
                    from run_metric m where m.run = ? and m.key = ?),
                chosen as (
                    select distinct next.step from series
                    cross join generate_series(0, greatest(?::int - 1, 1)) as place (n)
                    cross join lateral (
                        select p.step from metric_point p
                        where p.series = series.id and p.step <= series.last
                          and p.step >= series.first
                                + ((series.last - series.first)::numeric * place.n
                                   / greatest(?::int - 1, 1))::bigint
                        order by p.step limit 1) as next)
                select p.value, p.at, p.step
                from series join metric_point p on p.series = series.id
                where p.step in (select step from chosen)
                order by p.step, p.at, p.value
                """,
                row -> new Point(key, row.getDouble(1), row.getLong(2), row.getLong(3)),
                from,
                to,
                run,
                key,
                steps,
                steps);
    }
}
