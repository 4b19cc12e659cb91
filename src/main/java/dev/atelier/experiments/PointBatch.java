package dev.atelier.experiments;

import dev.atelier.experiments.Metrics.Point;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Points that are written at once: by series, those of each in their order and none twice, as
 * arrays for the database.
 */
final class PointBatch {

    /** Points of a chunk at most: its row is just short of what PostgreSQL would keep apart. */
    static final int CHUNK = 64;

    /** Fewer points of a series than these are as well off as rows. */
    private static final int FEW = 4;

    /**
     * As the database orders them: NaN is the greatest of all values, and the two zeros are one.
     */
    static final Comparator<Point> ORDER =
            Comparator.comparingLong(Point::step)
                    .thenComparingLong(Point::at)
                    .thenComparingDouble(point -> point.value() == 0 ? 0 : point.value());

    /**
     * Points of one key of a run.
     *
     * @param points at least one, ascending
     */
    record Series(UUID run, long experiment, String key, List<Point> points) {

        /** Whether they become chunks, if they come behind all that is there. */
        boolean many() {
            return points.size() >= FEW;
        }

        @Nullable Long portion(ToLongFunction<Point> part) {
            return many() ? part.applyAsLong(points.getFirst()) : null;
        }
    }

    private final Map<UUID, Map<String, List<Point>>> runs = new LinkedHashMap<>();
    private final List<Series> series = new ArrayList<>();

    PointBatch(Collection<Metrics.Points> all) {
        var experiments = new HashMap<UUID, Long>();
        for (var one : all) {
            experiments.put(one.run(), one.experiment());
            var keys = runs.computeIfAbsent(one.run(), _ -> new LinkedHashMap<>());
            for (var point : one.points()) {
                keys.computeIfAbsent(point.key(), _ -> new ArrayList<>()).add(point);
            }
        }
        runs.forEach(
                (run, keys) -> {
                    long experiment = experiments.getOrDefault(run, 0L);
                    keys.forEach(
                            (key, points) ->
                                    series.add(new Series(run, experiment, key, ordered(points))));
                });
    }

    /** Most come in order already: then they are only looked at. */
    private static List<Point> ordered(List<Point> points) {
        if (ascends(points)) {
            return points;
        }
        var sorted = new ArrayList<>(points);
        sorted.sort(ORDER);
        var distinct = new ArrayList<Point>();
        for (var point : sorted) {
            if (distinct.isEmpty() || ORDER.compare(distinct.getLast(), point) != 0) {
                distinct.add(point);
            }
        }
        return distinct;
    }

    private static boolean ascends(List<Point> points) {
        for (int i = 1; i < points.size(); i++) {
            if (ORDER.compare(points.get(i - 1), points.get(i)) >= 0) {
                return false;
            }
        }
        return true;
    }

    Set<UUID> runs() {
        return runs.keySet();
    }

    /** Their places in this list are what the rest calls a place. */
    List<Series> series() {
        return series;
    }

    /** Points of some places one after the other. */
    static final class Flat {
        final int[] places;
        final long[] steps;
        final long[] times;
        final double[] values;

        private Flat(int count) {
            places = new int[count];
            steps = new long[count];
            times = new long[count];
            values = new double[count];
        }

        /** Of one series. */
        static Flat of(List<Point> points) {
            var flat = new Flat(points.size());
            flat.put(0, 0, points);
            return flat;
        }

        private void put(int from, int place, List<Point> points) {
            for (int i = 0; i < points.size(); i++) {
                var point = points.get(i);
                places[from + i] = place;
                steps[from + i] = point.step();
                times[from + i] = point.at();
                values[from + i] = point.value();
            }
        }
    }

    /** The points of these places. */
    Flat flat(int[] places) {
        int count = 0;
        for (int place : places) {
            count += series.get(place).points.size();
        }
        var flat = new Flat(count);
        int i = 0;
        for (int place : places) {
            var points = series.get(place).points;
            flat.put(i, place, points);
            i += points.size();
        }
        return flat;
    }

    /**
     * Where points that lie one after the other are cut, as equally as it goes.
     *
     * @param begin of each chunk, from 1 on, as the database counts
     * @param end its last
     * @param least of the values that are numbers; null when none is
     */
    record Chunks(
            int[] places,
            int[] begin,
            int[] end,
            int[] finite,
            @Nullable Double[] least,
            @Nullable Double[] greatest) {

        static Chunks of(Flat flat) {
            var cuts = new ArrayList<int[]>();
            for (int from = 0, to; from < flat.places.length; from = to) {
                to = from + 1;
                while (to < flat.places.length && flat.places[to] == flat.places[from]) {
                    to++;
                }
                int count = (to - from + CHUNK - 1) / CHUNK;
                for (int i = 0; i < count; i++) {
                    cuts.add(
                            new int[] {
                                from + (to - from) * i / count, from + (to - from) * (i + 1) / count
                            });
                }
            }
            int n = cuts.size();
            var chunks =
                    new Chunks(
                            new int[n],
                            new int[n],
                            new int[n],
                            new int[n],
                            new Double[n],
                            new Double[n]);
            for (int i = 0; i < n; i++) {
                int from = cuts.get(i)[0];
                int to = cuts.get(i)[1];
                chunks.places[i] = flat.places[from];
                chunks.begin[i] = from + 1;
                chunks.end[i] = to;
                for (int at = from; at < to; at++) {
                    double value = flat.values[at];
                    if (Double.isFinite(value)) {
                        chunks.finite[i]++;
                        var least = chunks.least[i];
                        var greatest = chunks.greatest[i];
                        chunks.least[i] = least == null ? value : Math.min(least, value);
                        chunks.greatest[i] = greatest == null ? value : Math.max(greatest, value);
                    }
                }
            }
            return chunks;
        }
    }
}
