package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/** Histories of metrics in short, as charts draw them: however long they are, so many parts. */
@ApplicationScoped
class Curves {

    private final Sql sql;

    Curves(Sql sql) {
        this.sql = sql;
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
    List<Bucket> of(Collection<UUID> runs, Collection<String> keys, int width) {
        if (runs.isEmpty() || keys.isEmpty()) {
            return List.of();
        }
        var stretches = stretches(runs, keys);
        var buckets = new ArrayList<Bucket>();
        read(stretches.stream().filter(Stretch::steps).toList(), width, Parts.STEPS, buckets);
        read(stretches.stream().filter(s -> !s.steps()).toList(), width, Parts.TIMES, buckets);
        return buckets;
    }

    /** As {@link #of(Collection, Collection, int)}, of one run by key. */
    Map<String, List<Bucket>> of(Run run, Collection<String> keys, int width) {
        return of(List.of(run.id()), keys, width).stream()
                .collect(Collectors.groupingBy(Bucket::key));
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
                cross join lateral (
                    (select step, at, value from metric_point where series = m.id
                     order by step, at, value limit 1)
                    union all
                    (select steps[1], times[1], measures[1] from metric_chunk where series = m.id
                     order by last_step, last_at, last_value limit 1)
                    order by 1, 2, 3 limit 1) as f
                cross join lateral (
                    (select step, at from metric_point where series = m.id
                     order by step desc, at desc, value desc limit 1)
                    union all
                    (select last_step, last_at from metric_chunk where series = m.id
                     order by last_step desc, last_at desc, last_value desc limit 1)
                    order by 1 desc, 2 desc limit 1) as l
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

    /** Chunks do not overlap: one alone holds points of a part and of what is behind it. */
    private static final String ACROSS =
            """
            (select c.* from metric_chunk c
             where c.series = g.series and {chunks of the step} and c.last_{part} > g.last
             order by c.last_step, c.last_at, c.last_value limit 1)""";

    /** What parts are stretches of, in the terms of the statement below. */
    private enum Parts {
        STEPS("step", "steps", "true"),
        TIMES("at", "times", "%s = g.step");

        private final String column;
        private final String array;
        private final String same;

        Parts(String column, String array, String same) {
            this.column = column;
            this.array = array;
            this.same = same;
        }

        String in(String statement) {
            return statement
                    .replace("{chunk across the end}", ACROSS)
                    .replace("{part}", column)
                    .replace("{parts}", array)
                    .replace("{points of the step}", same.formatted("p.step"))
                    .replace("{chunks of the step}", same.formatted("c.last_step"));
        }
    }

    private void read(List<Stretch> stretches, int width, Parts parts, List<Bucket> into) {
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
                parts.in(
                        """
                select g.series, e.step, e.at, e.value, b.least, b.greatest, b.points
                from unnest(?, ?, ?, ?) with ordinality as g (series, step, first, last, n)
                cross join lateral (
                    select min(least) as least, max(greatest) as greatest,
                        sum(points)::bigint as points,
                        sum(points) filter (where row)::bigint as rows
                    from (
                        select min(p.value) as least, max(p.value) as greatest, count(*) as points,
                            true as row
                        from metric_point p
                        where p.series = g.series and {points of the step}
                          and p.{part} between g.first and g.last
                          and p.value > '-Infinity' and p.value < 'Infinity'
                        union all
                        select min(c.least), max(c.greatest), coalesce(sum(c.finite), 0), false
                        from metric_chunk c
                        where c.series = g.series and {chunks of the step}
                          and c.last_{part} between g.first and g.last and c.{parts}[1] >= g.first
                        union all
                        select min(u.value), max(u.value), count(*), false
                        from ({chunk across the end}
                              union all
                              (select c.* from metric_chunk c
                               where c.series = g.series and {chunks of the step}
                                 and c.last_{part} between g.first and g.last
                               order by c.last_step, c.last_at, c.last_value limit 1)) as c
                        cross join unnest(c.{parts}, c.measures) as u (part, value)
                        where (c.{parts}[1] < g.first or c.last_{part} > g.last)
                          and u.part between g.first and g.last
                          and u.value > '-Infinity' and u.value < 'Infinity') as found) as b
                cross join lateral (
                    (select p.step, p.at, p.value from metric_point p
                     where b.rows > 0 and p.series = g.series and {points of the step}
                       and p.{part} between g.first and g.last
                       and p.value > '-Infinity' and p.value < 'Infinity'
                     order by p.step desc, p.at desc, p.value desc limit 1)
                    union all
                    (select u.step, u.at, u.value
                     from ({chunk across the end}
                           union all
                           (select c.* from metric_chunk c
                            where c.series = g.series and {chunks of the step}
                              and c.last_{part} between g.first and g.last and c.finite > 0
                            order by c.last_step desc, c.last_at desc, c.last_value desc
                            limit 1)) as c
                     cross join unnest(c.steps, c.times, c.measures) as u (step, at, value)
                     where b.points > b.rows and u.{part} between g.first and g.last
                       and u.value > '-Infinity' and u.value < 'Infinity'
                     order by 1 desc, 2 desc, 3 desc limit 1)
                    order by 1 desc, 2 desc, 3 desc limit 1) as e
                order by g.n
                """),
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
