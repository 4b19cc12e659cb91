package dev.atelier.experiments;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.experiments.Metrics.Point;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Points of metrics")
class MetricsTest {

    private static final String KEY = "loss";

    @Inject Metrics metrics;
    @Inject Curves curves;
    @Inject Gathering gathering;
    @Inject Sql sql;
    @Inject Transaction transaction;

    private String experiment;
    private UUID run;

    @BeforeEach
    void begins_with_a_run() {
        experiment = Recorded.experiment("metrics");
        run = Ids.of(Recorded.begin(experiment, "points", Map.of())).orElseThrow();
    }

    private void add(Collection<Point> points) {
        var all = List.of(new Metrics.Points(run, Long.parseLong(experiment), points));
        assertThat(transaction.call(() -> metrics.add(all))).containsExactly(run);
    }

    private static Point point(long step, long at, double value) {
        return new Point(KEY, value, at, step);
    }

    /** One point a step. */
    private static List<Point> line(long from, long to) {
        return LongStream.range(from, to)
                .mapToObj(step -> point(step, 1_000 + step, Math.sin(step)))
                .toList();
    }

    /** What a series is: a set in its order. */
    private static NavigableSet<Point> model() {
        return new TreeSet<>(PointBatch.ORDER);
    }

    private List<Point> paged(int size) {
        var all = new ArrayList<Point>();
        Point after = null;
        List<Point> page;
        do {
            page = metrics.history(run, KEY, after, size);
            assertThat(page).hasSizeLessThanOrEqualTo(size);
            all.addAll(page);
            after = page.isEmpty() ? null : page.getLast();
        } while (page.size() == size);
        return all;
    }

    private long count(String statement) {
        return sql.one(
                statement.replace(
                        "{series}",
                        "(select id from run_metric where run = '%s' and key = '%s')"
                                .formatted(run, KEY)),
                row -> row.getLong(1));
    }

    private long rows() {
        return count("select count(*) from metric_point where series = {series}");
    }

    private long chunks() {
        return count("select count(*) from metric_chunk where series = {series}");
    }

    /** A point is stored once, and what the parts of a chunk say of it is so. */
    private void isSound(int points) {
        assertThat(
                        rows()
                                + count(
                                        """
                                        select coalesce(sum(cardinality(steps)), 0) from metric_chunk
                                        where series = {series}
                                        """))
                .isEqualTo(points);
        assertThat(
                        count(
                                """
                                select count(*) from metric_chunk a join metric_chunk b using (series)
                                where series = {series}
                                  and (a.last_step, a.last_at, a.last_value)
                                      < (b.last_step, b.last_at, b.last_value)
                                  and (b.steps[1], b.times[1], b.measures[1])
                                      <= (a.last_step, a.last_at, a.last_value)
                                """))
                .as("chunks that overlap")
                .isZero();
        assertThat(
                        count(
                                """
                                select count(*) from metric_chunk c cross join lateral (
                                    select count(*) filter (where value > '-Infinity' and value < 'Infinity') as finite,
                                        min(value) filter (where value > '-Infinity' and value < 'Infinity') as least,
                                        max(value) filter (where value > '-Infinity' and value < 'Infinity') as greatest,
                                        count(*) as points
                                    from unnest(c.measures) as value) as u
                                where series = {series} and not (
                                    c.finite = u.finite and c.least is not distinct from u.least
                                    and c.greatest is not distinct from u.greatest
                                    and cardinality(steps) = points and cardinality(times) = points
                                    and points between 1 and 64)
                                """))
                .as("chunks that say of themselves what is not so")
                .isZero();
    }

    private Point latest() {
        return sql.one(
                "select value, at, step from run_metric where run = ? and key = ?",
                row -> point(row.getLong(3), row.getLong(2), row.getDouble(1)),
                run,
                KEY);
    }

    /** Some portion, as clients may send one: mostly on, sometimes back, sometimes again. */
    private static List<Point> portion(Random random, NavigableSet<Point> sofar) {
        var count = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1 + random.nextInt(180);
        long end = sofar.isEmpty() ? 0 : sofar.last().step();
        long from =
                switch (random.nextInt(5)) {
                    case 0 -> end - random.nextInt(300);
                    case 1 -> end;
                    default -> end + 1 + random.nextInt(20);
                };
        // Many points of one step, or of one step and time, or one a step.
        int width = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : count;
        var points = new ArrayList<Point>();
        var before = List.copyOf(sofar);
        for (int i = 0; i < count; i++) {
            points.add(
                    random.nextInt(12) == 0 && !before.isEmpty()
                            ? before.get(random.nextInt(before.size()))
                            : point(
                                    from + (long) i * width / count,
                                    random.nextBoolean() ? 7 : random.nextInt(5),
                                    value(random)));
        }
        if (random.nextInt(3) == 0) {
            Collections.shuffle(points, random);
        }
        return points;
    }

    private static double value(Random random) {
        return switch (random.nextInt(12)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> Double.NEGATIVE_INFINITY;
            case 3 -> random.nextInt(3);
            default -> random.nextGaussian();
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void are_a_set_in_order_however_they_come(long seed) {
        var random = new Random(seed);
        var model = model();
        for (int round = 0; round < 12; round++) {
            var portion = portion(random, model);
            add(portion);
            model.addAll(portion);
            if (random.nextInt(3) == 0) {
                gathering.gather(run, KEY, 64 * (1 + random.nextInt(4)), random.nextInt(100));
            }

            isSound(model.size());
            assertThat(latest()).isEqualTo(model.last());
            assertThat(paged(1 + random.nextInt(300))).isEqualTo(List.copyOf(model));
            long low = model.first().step() - 5 + random.nextInt(300);
            long high = low + random.nextInt(300);
            int steps = 1 + random.nextInt(40);
            assertThat(metrics.sample(run, KEY, low, high, steps))
                    .as("%d of %d to %d", steps, low, high)
                    .isEqualTo(sample(model, low, high, steps));
            assertThat(metrics.sample(run, KEY, Long.MIN_VALUE, Long.MAX_VALUE, steps))
                    .isEqualTo(sample(model, Long.MIN_VALUE, Long.MAX_VALUE, steps));
            assertThat(curves.of(List.of(run), List.of(KEY), steps)).isEqualTo(curve(model, steps));
        }
        assertThat(chunks()).isPositive();
    }

    /** As the class says: of the first step behind each of so many places, all points. */
    private static List<Point> sample(NavigableSet<Point> model, long low, long high, int steps) {
        var inside = model.stream().filter(p -> p.step() >= low && p.step() <= high).toList();
        if (inside.isEmpty()) {
            return List.of();
        }
        var first = BigDecimal.valueOf(inside.getFirst().step());
        var last = BigDecimal.valueOf(inside.getLast().step());
        var parts = Math.max(steps - 1, 1);
        var chosen = new TreeSet<Long>();
        for (int i = 0; i <= parts; i++) {
            var place =
                    first.add(
                            last.subtract(first)
                                    .multiply(BigDecimal.valueOf(i))
                                    .divide(BigDecimal.valueOf(parts), 0, RoundingMode.HALF_UP));
            inside.stream()
                    .map(Point::step)
                    .filter(step -> BigDecimal.valueOf(step).compareTo(place) >= 0)
                    .findFirst()
                    .ifPresent(chosen::add);
        }
        return inside.stream().filter(p -> chosen.contains(p.step())).toList();
    }

    private List<Curves.Bucket> curve(NavigableSet<Point> model, int width) {
        var low = model.first();
        var high = model.last();
        boolean steps = low.step() < high.step();
        var from = BigInteger.valueOf(steps ? low.step() : low.at());
        var extent =
                BigInteger.valueOf(steps ? high.step() : high.at())
                        .add(BigInteger.ONE)
                        .subtract(from);
        var parts = extent.min(BigInteger.valueOf(width));
        var buckets = new ArrayList<Curves.Bucket>();
        for (int i = 0; i < parts.intValue(); i++) {
            var begin = from.add(extent.multiply(BigInteger.valueOf(i)).divide(parts));
            var end = from.add(extent.multiply(BigInteger.valueOf(i + 1)).divide(parts));
            var inside =
                    model.stream()
                            .filter(p -> Double.isFinite(p.value()))
                            .filter(
                                    p -> {
                                        var at = BigInteger.valueOf(steps ? p.step() : p.at());
                                        return at.compareTo(begin) >= 0 && at.compareTo(end) < 0;
                                    })
                            .toList();
            if (inside.isEmpty()) {
                continue;
            }
            if (buckets.isEmpty() && inside.size() > 1 && Double.isFinite(low.value())) {
                buckets.add(bucket(low, low.value(), low.value(), 0));
            }
            buckets.add(
                    bucket(
                            inside.getLast(),
                            inside.stream().mapToDouble(Point::value).min().orElseThrow(),
                            inside.stream().mapToDouble(Point::value).max().orElseThrow(),
                            inside.size()));
        }
        return buckets;
    }

    private Curves.Bucket bucket(Point last, double least, double greatest, long points) {
        return new Curves.Bucket(
                run, KEY, last.step(), last.at(), last.value(), least, greatest, points);
    }

    @Test
    void become_chunks_when_they_come_together_behind_what_is_there() {
        add(line(0, 200));
        assertThat(List.of(chunks(), rows())).containsExactly(4L, 0L);

        add(line(200, 203));
        assertThat(List.of(chunks(), rows())).containsExactly(4L, 3L);

        add(line(203, 300));
        assertThat(List.of(chunks(), rows())).containsExactly(6L, 3L);
        assertThat(paged(7)).isEqualTo(line(0, 300));
    }

    @Test
    void are_kept_once_when_a_portion_is_sent_again_in_whole_or_in_part() {
        add(line(0, 150));
        add(line(0, 150));
        add(line(100, 250));
        add(line(149, 150));
        add(line(60, 70));

        isSound(250);
        assertThat(paged(1_000)).isEqualTo(line(0, 250));
    }

    @Test
    void come_late_into_the_middle_of_a_chunk() {
        add(line(0, 64));
        var late = List.of(point(10, 1, 5), point(10, 2_000, 5), point(-3, 1, Double.NaN));
        add(late);
        add(late);

        var model = model();
        model.addAll(line(0, 64));
        model.addAll(late);
        isSound(67);
        for (int size : new int[] {1, 10, 63, 64, 65, 66, 67, 68}) {
            assertThat(paged(size)).as("pages of %d", size).isEqualTo(List.copyOf(model));
        }
    }

    @Test
    void take_the_two_zeros_for_one_number() {
        add(List.of(point(1, 1, 0.0), point(1, 1, -0.0), point(2, 1, 1), point(3, 1, 1)));
        add(List.of(point(4, 1, 1), point(5, 1, 1), point(6, 1, -0.0), point(6, 1, 0.0)));
        add(List.of(point(6, 1, 0.0)));

        isSound(6);
    }

    @Test
    void are_kept_once_by_many_writers_of_one_series() throws Exception {
        var model = new ConcurrentSkipListSet<>(PointBatch.ORDER);
        try (var pool = Executors.newFixedThreadPool(8)) {
            var writers =
                    IntStream.range(0, 8)
                            .<Callable<Boolean>>mapToObj(
                                    writer ->
                                            () -> {
                                                for (int i = 0; i < 25; i++) {
                                                    // Each overlaps what the others write.
                                                    var from = i * 100 + writer % 3;
                                                    var some =
                                                            line(
                                                                    from,
                                                                    from
                                                                            + (writer % 4 == 0
                                                                                    ? 2
                                                                                    : 90));
                                                    add(some);
                                                    model.addAll(some);
                                                }
                                                return true;
                                            })
                            .toList();
            for (var writer : pool.invokeAll(writers)) {
                assertThat(writer.get()).isTrue();
            }
        }

        isSound(model.size());
        assertThat(latest()).isEqualTo(model.last());
        assertThat(paged(333)).isEqualTo(List.copyOf(model));
        assertThat(chunks()).isPositive();
    }

    @Test
    void become_chunks_later_when_they_came_one_by_one() {
        var all = line(0, 1_000);
        for (int i = 0; i < all.size(); i += 3) {
            add(all.subList(i, Math.min(all.size(), i + 3)));
        }
        assertThat(List.of(chunks(), rows())).containsExactly(0L, 1_000L);

        assertThat(gathering.gather(run, KEY, 320, 100)).isTrue();
        isSound(1_000);
        assertThat(List.of(chunks(), rows())).containsExactly(5L, 680L);
        while (gathering.gather(run, KEY, 320, 100)) {
            isSound(1_000);
        }

        assertThat(List.of(chunks(), rows())).containsExactly(14L, 104L);
        assertThat(paged(99)).isEqualTo(all);
        add(line(500, 502));
        add(line(1_000, 1_100));
        isSound(1_100);
        assertThat(List.of(chunks(), rows())).containsExactly(16L, 104L);
        assertThat(paged(99)).isEqualTo(line(0, 1_100));
    }

    @Test
    void are_gathered_by_themselves_when_enough_came_one_by_one() {
        add(line(0, 3));
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        """
                                        with series as (
                                            update run_metric set loose = ? where run = ? returning id)
                                        insert into metric_point (series, step, at, value)
                                        select id, n, 1, n from series, generate_series(3, 5000) as n
                                        """,
                                        Gathering.ENOUGH - 1,
                                        run));
        add(line(5_001, 5_002));

        Awaitility.await().untilAsserted(() -> assertThat(rows()).isLessThan(400));
        isSound(5_002);
        assertThat(count("select loose from run_metric where id = {series}")).isZero();
    }

    @Test
    void are_kept_while_they_are_gathered_and_more_come() throws Exception {
        try (var pool = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int writer = 0; writer < 3; writer++) {
                int first = writer;
                tasks.add(
                        () -> {
                            for (int i = first; i < 900; i += 3) {
                                add(line(i, i + 1));
                            }
                            return true;
                        });
            }
            tasks.add(
                    () -> {
                        for (int i = 0; i < 60; i++) {
                            gathering.gather(run, KEY, 64, 10);
                        }
                        return true;
                    });
            for (var task : pool.invokeAll(tasks)) {
                assertThat(task.get()).isTrue();
            }
        }

        gathering.gather(run, KEY, 640, 10);
        isSound(900);
        assertThat(chunks()).isPositive();
        assertThat(paged(100)).isEqualTo(line(0, 900));
    }

    @Test
    void are_written_for_many_runs_and_keys_at_once() {
        var runs =
                IntStream.range(0, 5)
                        .mapToObj(i -> Recorded.begin(experiment, "run " + i, Map.of()))
                        .map(id -> Ids.of(id).orElseThrow())
                        .toList();
        var all = new ArrayList<Metrics.Points>();
        var missing = UUID.randomUUID();
        for (int portion = 0; portion < 3; portion++) {
            for (var one : runs) {
                all.add(
                        new Metrics.Points(
                                one,
                                Long.parseLong(experiment),
                                several(portion * 50, 3 + 40 * (runs.indexOf(one) % 2))));
            }
        }
        all.add(new Metrics.Points(missing, Long.parseLong(experiment), several(0, 70)));

        assertThat(transaction.call(() -> metrics.add(all)))
                .containsExactlyInAnyOrderElementsOf(runs);

        for (var one : runs) {
            var count = 3 + 40 * (runs.indexOf(one) % 2);
            for (int key = 0; key < 3; key++) {
                assertThat(metrics.history(one, "k" + key, null, 1_000).stream().map(Point::step))
                        .containsExactlyElementsOf(
                                IntStream.range(0, 3)
                                        .boxed()
                                        .flatMap(
                                                portion ->
                                                        LongStream.range(
                                                                        portion * 50L,
                                                                        portion * 50L + count)
                                                                .boxed())
                                        .toList());
            }
        }
        assertThat(metrics.history(missing, "k0", null, 10)).isEmpty();
    }

    private static List<Point> several(long from, int count) {
        return IntStream.range(0, 3 * count)
                .mapToObj(i -> new Point("k" + i % 3, i, 1, from + i / 3))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void are_sampled_over_steps_further_apart_than_a_long(int size) {
        var points =
                List.of(
                        point(Long.MIN_VALUE, 1, 1),
                        point(Long.MIN_VALUE + 1, 1, 2),
                        point(-4, 1, 3),
                        point(0, 1, 4),
                        point(1L << 61, 1, 5),
                        point(1L << 62, 1, 6),
                        point(Long.MAX_VALUE - 1, 1, 7),
                        point(Long.MAX_VALUE, 1, 8));
        for (int i = 0; i < points.size(); i += size) {
            add(points.subList(i, i + size));
        }
        assertThat(chunks()).isEqualTo(size == 1 ? 0 : 1);

        var steps =
                given().queryParam("run_ids", Ids.hex(run))
                        .queryParam("metric_key", KEY)
                        .queryParam("max_results", 5)
                        .get("/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval")
                        .then()
                        .statusCode(200)
                        .extract()
                        .jsonPath()
                        .getList("metrics.step", Long.class);

        // At the ends, the quarters and the middle, or the next behind.
        assertThat(steps).containsExactly(Long.MIN_VALUE, -4L, 0L, 1L << 62, Long.MAX_VALUE);
    }

    @Test
    void are_not_sampled_from_outside_of_an_interval() {
        add(List.of(point(0, 1, 1), point(100, 1, 1)));

        assertThat(metrics.sample(run, KEY, 10, 20, 5)).isEmpty();
    }
}
