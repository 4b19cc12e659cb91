package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
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
        var series = new LinkedHashMap<Series, Integer>();
        var latest = new ArrayList<Point>();
        var of = new ArrayList<Integer>();
        var steps = new ArrayList<Long>();
        var times = new ArrayList<Long>();
        var values = new ArrayList<Double>();
        for (var one : all) {
            for (var point : one.points) {
                var key = new Series(one.run, one.experiment, point.key);
                var place = series.putIfAbsent(key, latest.size());
                if (place == null) {
                    place = latest.size();
                    latest.add(point);
                } else if (LATEST.compare(point, latest.get(place)) > 0) {
                    latest.set(place, point);
                }
                of.add(place);
                steps.add(point.step);
                times.add(point.at);
                values.add(point.value);
            }
        }
        var keys = List.copyOf(series.keySet());
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
                        all.stream().map(Points::run).distinct().toArray(UUID[]::new),
                        keys.stream().map(Series::run).toArray(UUID[]::new),
                        keys.stream().map(Series::experiment).toArray(Long[]::new),
                        keys.stream().map(Series::key).toArray(String[]::new),
                        latest.stream().map(Point::step).toArray(Long[]::new),
                        latest.stream().map(Point::at).toArray(Long[]::new),
                        latest.stream().map(Point::value).toArray(Double[]::new),
                        of.toArray(Integer[]::new),
                        steps.toArray(Long[]::new),
                        times.toArray(Long[]::new),
                        values.toArray(Double[]::new)));
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

    /**
     * A part of a history: the points of one of many equal stretches of its steps, or of its time
     * where all have one step. Points that are no number are left out.
     *
     * @param step of its last point
     * @param at of its last point
     * @param points how many it stands for; 0 for the first of all, which is counted with those
     *     behind it
     */
    record Bucket(
            UUID run,
            String key,
            long step,
            long at,
            double last,
            double least,
            double greatest,
            long points) {}

    /**
     * Histories in short, for charts: at most so many parts of each, in their order. Each part is a
     * stretch of the index, which is read once for its least and greatest; its last point is the
     * end of the stretch. Before them stands the very first point, where the curve begins.
     *
     * @param width how many parts at most
     */
    List<Bucket> reduce(Collection<UUID> runs, Collection<String> keys, int width) {
        if (runs.isEmpty() || keys.isEmpty()) {
            return List.of();
        }
        var stretches = stretches(runs, keys);
        var buckets = new ArrayList<Bucket>();
        read(stretches.stream().filter(Stretch::steps).toList(), width, STEPS, buckets);
        read(stretches.stream().filter(s -> !s.steps()).toList(), width, TIMES, buckets);
        return buckets;
    }

    /** A series from its first point to its last. */
    private record Stretch(
            long series,
            UUID run,
            String key,
            long low,
            long high,
            long begin,
            long end,
            double first) {

        /** Where its curve begins; it is counted with the part that it is in. */
        Bucket beginning() {
            return new Bucket(run, key, low, begin, first, first, first, 0);
        }

        /** Whether its points have several steps; else its parts are of time. */
        boolean steps() {
            return low < high;
        }

        /** Where parts begin, and the last ends; differences of two longs need more than a long. */
        List<Long> bounds(int width) {
            var from = BigInteger.valueOf(steps() ? low : begin);
            var to = BigInteger.valueOf(steps() ? high : end).add(BigInteger.ONE);
            var extent = to.subtract(from);
            var parts = extent.min(BigInteger.valueOf(width)).max(BigInteger.ONE);
            var bounds = new ArrayList<Long>();
            for (int i = 0; i < parts.intValue(); i++) {
                bounds.add(
                        from.add(extent.multiply(BigInteger.valueOf(i)).divide(parts))
                                .longValueExact());
            }
            bounds.add(steps() ? high : end);
            return bounds;
        }
    }

    private List<Stretch> stretches(Collection<UUID> runs, Collection<String> keys) {
        return sql.list(
                """
                select m.id, m.run, m.key, f.step, l.step, f.at, l.at, f.value
                from run_metric m
                cross join lateral (select step, at, value from metric_point where series = m.id
                                    order by step, at, value limit 1) as f
                cross join lateral (select step, at from metric_point where series = m.id
                                    order by step desc, at desc, value desc limit 1) as l
                where m.run = any(?) and m.key = any(?) order by m.run, m.key
                """,
                row ->
                        new Stretch(
                                row.getLong(1),
                                row.getObject(2, UUID.class),
                                row.getString(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                row.getLong(7),
                                row.getDouble(8)),
                runs.toArray(UUID[]::new),
                keys.toArray(String[]::new));
    }

    private static final String STEPS = "p.step between g.first and g.last";
    private static final String TIMES = "p.step = g.step and p.at between g.first and g.last";

    private void read(List<Stretch> stretches, int width, String inside, List<Bucket> into) {
        if (stretches.isEmpty()) {
            return;
        }
        var series = new ArrayList<Long>();
        var steps = new ArrayList<Long>();
        var firsts = new ArrayList<Long>();
        var lasts = new ArrayList<Long>();
        var of = new HashMap<Long, Stretch>();
        var begun = new HashSet<Long>();
        for (var stretch : stretches) {
            of.put(stretch.series, stretch);
            var bounds = stretch.bounds(width);
            for (int i = 0; i + 1 < bounds.size(); i++) {
                series.add(stretch.series);
                steps.add(stretch.low);
                firsts.add(bounds.get(i));
                lasts.add(i + 2 == bounds.size() ? bounds.getLast() : bounds.get(i + 1) - 1);
            }
        }
        sql.list(
                """
                select g.series, e.step, e.at, e.value, b.least, b.greatest, b.points
                from unnest(?, ?, ?, ?) with ordinality as g (series, step, first, last, n)
                cross join lateral (
                    select min(p.value) as least, max(p.value) as greatest, count(*) as points
                    from metric_point p
                    where p.series = g.series and %1$s
                      and p.value > '-Infinity' and p.value < 'Infinity') as b
                cross join lateral (
                    select p.step, p.at, p.value from metric_point p
                    where p.series = g.series and %1$s
                      and p.value > '-Infinity' and p.value < 'Infinity'
                    order by p.step desc, p.at desc, p.value desc limit 1) as e
                order by g.n
                """
                        .formatted(inside),
                row -> {
                    var stretch = Objects.requireNonNull(of.get(row.getLong(1)));
                    if (begun.add(stretch.series)
                            && row.getLong(7) > 1
                            && Double.isFinite(stretch.first)) {
                        into.add(stretch.beginning());
                    }
                    return into.add(
                            new Bucket(
                                    stretch.run,
                                    stretch.key,
                                    row.getLong(2),
                                    row.getLong(3),
                                    row.getDouble(4),
                                    row.getDouble(5),
                                    row.getDouble(6),
                                    row.getLong(7)));
                },
                series.toArray(Long[]::new),
                steps.toArray(Long[]::new),
                firsts.toArray(Long[]::new),
                lasts.toArray(Long[]::new));
    }
}
