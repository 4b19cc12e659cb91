package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
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
    private final Gathering gathering;

    Metrics(Sql sql, Gathering gathering) {
        this.sql = sql;
        this.gathering = gathering;
    }

    /**
     * Adds points, of any number of runs; one that is there already changes nothing. The latest of
     * a key is the greatest by step, then time, then value: in whatever order they arrive, it comes
     * out the same. Belongs in a transaction: where points come late, it takes two statements.
     *
     * @return those of the runs that are there; to the others nothing was added
     */
    Set<UUID> add(Collection<Points> all) {
        var batch = new PointBatch(all);
        var live = new HashSet<UUID>();
        var late = new ArrayList<Late>();
        var many = batch.flat(places(batch, true));
        var few = batch.flat(places(batch, false));
        var chunks = PointBatch.Chunks.of(many);
        var series = batch.series();
        // Series in one order for everybody: two writers of one run never wait for each other. What
        // another wrote while this one waited for a series' row is seen in that row alone.
        sql.list(
                """
                with live as (
                    select id from run where id = any(?) and deleted_at is null),
                wanted as (
                    select * from unnest(
                        ?::uuid[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::float8[],
                        ?::bigint[], ?::bigint[], ?::int[]) with ordinality
                        as w (run, experiment, key, step, at, value, portion_step, portion_at,
                              points, place)),
                series as (
                    insert into run_metric as m (run, experiment, key, step, at, value,
                        portion_step, portion_at, appended, loose)
                    select run, experiment, key, step, at, value, portion_step, portion_at,
                        portion_step is not null, points
                    from wanted where run in (select id from live) order by run, key
                    on conflict (run, key) do update set
                        step = case when (excluded.step, excluded.at, excluded.value)
                                         > (m.step, m.at, m.value)
                                    then excluded.step else m.step end,
                        at = case when (excluded.step, excluded.at, excluded.value)
                                       > (m.step, m.at, m.value)
                                  then excluded.at else m.at end,
                        value = case when (excluded.step, excluded.at, excluded.value)
                                          > (m.step, m.at, m.value)
                                     then excluded.value else m.value end,
                        portion_step = case when (excluded.portion_step, excluded.portion_at)
                                                 > (m.step, m.at)
                                            then excluded.portion_step else m.portion_step end,
                        portion_at = case when (excluded.portion_step, excluded.portion_at)
                                               > (m.step, m.at)
                                          then excluded.portion_at else m.portion_at end,
                        appended = coalesce((excluded.portion_step, excluded.portion_at)
                                                > (m.step, m.at), false),
                        loose = m.loose + case when (excluded.portion_step, excluded.portion_at)
                                                    > (m.step, m.at)
                                               then 0 else excluded.loose end
                    returning id, run, key, appended, portion_step is not null as chunked, loose),
                placed as (
                    select s.id, s.run, w.place - 1 as place, s.appended, s.loose,
                        not s.appended and (s.chunked or w.portion_step is not null) as late
                    from series s join wanted w using (run, key)),
                chunks as (
                    insert into metric_chunk (series, last_step, last_at, last_value, finite, least,
                        greatest, steps, times, measures)
                    select id, steps[cardinality(steps)], times[cardinality(times)],
                        measures[cardinality(measures)], finite, least, greatest, steps, times,
                        measures
                    from (select p.id, c.finite, c.least, c.greatest,
                              (?::bigint[])[c.first:c.last] as steps,
                              (?::bigint[])[c.first:c.last] as times,
                              (?::float8[])[c.first:c.last] as measures
                          from unnest(?::int[], ?::int[], ?::int[], ?::int[], ?::float8[],
                                  ?::float8[]) as c (place, first, last, finite, least, greatest)
                          join placed p using (place)
                          where p.appended) as cut),
                points as (
                    insert into metric_point (series, step, at, value)
                    select p.id, g.step, g.at, g.value
                    from unnest(?::int[], ?::bigint[], ?::bigint[], ?::float8[])
                        as g (place, step, at, value)
                    join placed p using (place)
                    where not p.late
                    on conflict do nothing)
                select id, null, null, null, null from live
                union all
                select run, place, id, late, loose >= ? from placed where late or loose >= ?
                """,
                row -> {
                    if (row.getObject(2) == null) {
                        return live.add(row.getObject(1, UUID.class));
                    }
                    if (row.getBoolean(5)) {
                        var one = series.get(row.getInt(2));
                        gathering.soon(one.run(), one.key());
                    }
                    return row.getBoolean(4) && late.add(new Late(row.getInt(2), row.getLong(3)));
                },
                batch.runs().toArray(UUID[]::new),
                series.stream().map(PointBatch.Series::run).toArray(UUID[]::new),
                series.stream().map(PointBatch.Series::experiment).toArray(Long[]::new),
                series.stream().map(PointBatch.Series::key).toArray(String[]::new),
                series.stream().map(one -> one.points().getLast().step()).toArray(Long[]::new),
                series.stream().map(one -> one.points().getLast().at()).toArray(Long[]::new),
                series.stream().map(one -> one.points().getLast().value()).toArray(Double[]::new),
                series.stream().map(one -> one.portion(Point::step)).toArray(Long[]::new),
                series.stream().map(one -> one.portion(Point::at)).toArray(Long[]::new),
                series.stream().mapToInt(one -> one.points().size()).toArray(),
                many.steps,
                many.times,
                many.values,
                chunks.places(),
                chunks.begin(),
                chunks.end(),
                chunks.finite(),
                chunks.least(),
                chunks.greatest(),
                few.places,
                few.steps,
                few.times,
                few.values,
                Gathering.ENOUGH,
                Gathering.ENOUGH);
        if (!late.isEmpty()) {
            addLate(batch, late);
        }
        return live;
    }

    /** A series to which points were said that may be in its chunks already. */
    private record Late(int place, long series) {}

    private static int[] places(PointBatch batch, boolean many) {
        return IntStream.range(0, batch.series().size())
                .filter(place -> batch.series().get(place).many() == many)
                .toArray();
    }

    /**
     * A second statement, so that it sees chunks that others wrote before the series was locked.
     */
    private void addLate(PointBatch batch, List<Late> late) {
        var points = batch.flat(late.stream().mapToInt(Late::place).toArray());
        sql.update(
                """
                insert into metric_point (series, step, at, value)
                select p.series, g.step, g.at, g.value
                from unnest(?::int[], ?::bigint[], ?::bigint[], ?::float8[])
                    as g (place, step, at, value)
                join unnest(?::int[], ?::bigint[]) as p (place, series) using (place)
                where not exists (
                    select from (
                        select c.steps, c.times, c.measures from metric_chunk c
                        where c.series = p.series
                          and (c.last_step, c.last_at, c.last_value) >= (g.step, g.at, g.value)
                        order by c.last_step, c.last_at, c.last_value limit 1) as c
                    cross join unnest(c.steps, c.times, c.measures) as u (step, at, value)
                    where (u.step, u.at, u.value) = (g.step, g.at, g.value))
                on conflict do nothing
                """,
                points.places,
                points.steps,
                points.times,
                points.values,
                late.stream().mapToInt(Late::place).toArray(),
                late.stream().mapToLong(Late::series).toArray());
    }

    /**
     * All points of a key in the order they belong.
     *
     * @param after behind this point; null from the first on
     */
    List<Point> history(UUID run, String key, @Nullable Point after, int limit) {
        var step = after == null ? Long.MIN_VALUE : after.step;
        var at = after == null ? Long.MIN_VALUE : after.at;
        var value = after == null ? Double.NEGATIVE_INFINITY : after.value;
        // A chunk's points come out one by one, in the order of the chunks, until there are enough.
        return sql.list(
                """
                with series as (select id from run_metric where run = ? and key = ?)
                (select p.value, p.at, p.step from metric_point p
                 where p.series = (select id from series) and (p.step, p.at, p.value) > (?, ?, ?)
                 order by p.step, p.at, p.value limit ?)
                union all
                (select u.value, u.at, u.step
                 from (select unnest(c.steps) as step, unnest(c.times) as at,
                           unnest(c.measures) as value
                       from metric_chunk c
                       where c.series = (select id from series)
                         and (c.last_step, c.last_at, c.last_value) > (?, ?, ?)
                       order by c.last_step, c.last_at, c.last_value limit ?) as u
                 where (u.step, u.at, u.value) > (?, ?, ?))
                order by 3, 2, 1 limit ?
                """,
                row -> new Point(key, row.getDouble(1), row.getLong(2), row.getLong(3)),
                run,
                key,
                step,
                at,
                value,
                limit,
                step,
                at,
                value,
                limit + PointBatch.CHUNK,
                step,
                at,
                value,
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
                with series as materialized (
                    select m.id,
                        least(
                            (select min(p.step) from metric_point p
                             where p.series = m.id and p.step >= ends.low),
                            (select min(u.step)
                             from (select c.steps from metric_chunk c
                                   where c.series = m.id and c.last_step >= ends.low
                                   order by c.last_step, c.last_at, c.last_value limit 1) as c
                             cross join unnest(c.steps) as u (step)
                             where u.step >= ends.low)) as first,
                        greatest(
                            (select max(p.step) from metric_point p
                             where p.series = m.id and p.step <= ends.high),
                            (select max(c.last_step) from metric_chunk c
                             where c.series = m.id and c.last_step <= ends.high),
                            (select max(u.step)
                             from (select c.steps from metric_chunk c
                                   where c.series = m.id and c.last_step > ends.high
                                   order by c.last_step, c.last_at, c.last_value limit 1) as c
                             cross join unnest(c.steps) as u (step)
                             where u.step <= ends.high)) as last
                    from run_metric m
                    cross join (values (?::bigint, ?::bigint)) as ends (low, high)
                    where m.run = ? and m.key = ?),
                places as materialized (
                    select id, last,
                        (first + round((last::numeric - first) * n / most))::bigint as step
                    from series
                    cross join (values (greatest(?::int - 1, 1))) as parts (most)
                    cross join generate_series(0, parts.most) as n
                    where first <= last),
                chosen as materialized (
                    select distinct s.id, least(
                        (select min(p.step) from metric_point p
                         where p.series = s.id and p.step between s.step and s.last),
                        (select min(u.step)
                         from (select c.steps from metric_chunk c
                               where c.series = s.id and c.last_step >= s.step
                               order by c.last_step, c.last_at, c.last_value limit 1) as c
                         cross join unnest(c.steps) as u (step)
                         where u.step between s.step and s.last)) as step
                    from places s)
                select p.value, p.at, p.step
                from chosen s join metric_point p on p.series = s.id and p.step = s.step
                union all
                select u.value, u.at, u.step
                from chosen s
                cross join lateral (
                    (select c.steps, c.times, c.measures from metric_chunk c
                     where c.series = s.id and c.last_step = s.step)
                    union all
                    (select c.steps, c.times, c.measures from metric_chunk c
                     where c.series = s.id and c.last_step > s.step
                     order by c.last_step, c.last_at, c.last_value limit 1)) as c
                cross join lateral unnest(c.steps, c.times, c.measures) as u (step, at, value)
                where u.step = s.step
                order by 3, 2, 1
                """,
                row -> new Point(key, row.getDouble(1), row.getLong(2), row.getLong(3)),
                from,
                to,
                run,
                key,
                steps);
    }
}
