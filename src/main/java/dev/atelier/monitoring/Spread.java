package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.DistinctValues;
import dev.atelier.monitoring.statistics.NumericBinning;
import dev.atelier.monitoring.statistics.QuantileBins;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Where numbers of a column lie: quantiles by cells, the rest exact from moments. */
final class Spread {

    private static final double[] SHARES = {0.05, 0.25, 0.5, 0.75, 0.95};
    private static final List<String> NAMES =
            List.of(
                    "5 % are below",
                    "25 % are below", "Median", "75 % are below", "95 % are below");

    private Spread() {}

    static Table table(
            String name,
            NumericBinning binning,
            Counts reference,
            Counts now,
            String before,
            String after) {
        var rows = new ArrayList<List<@Nullable Object>>();
        rows.add(row("Values", reference.usable(), now.usable()));
        rows.add(row("Smallest", least(reference), least(now)));
        for (int i = 0; i < SHARES.length; i++) {
            rows.add(
                    row(
                            NAMES.get(i),
                            quantile(binning, reference, SHARES[i]),
                            quantile(binning, now, SHARES[i])));
        }
        rows.add(row("Largest", most(reference), most(now)));
        rows.add(row("Mean", mean(reference), mean(now)));
        rows.add(row("Standard deviation", deviation(reference), deviation(now)));
        return new Table(name + "-spread", "Where they lie", List.of("", before, after), rows);
    }

    private static List<@Nullable Object> row(String name, Object before, Object after) {
        return List.of(name, before, after);
    }

    private static double least(Counts counts) {
        return counts.moments().n() == 0 ? Double.NaN : counts.moments().min();
    }

    private static double most(Counts counts) {
        return counts.moments().n() == 0 ? Double.NaN : counts.moments().max();
    }

    private static double mean(Counts counts) {
        return counts.moments().n() == 0 ? Double.NaN : counts.moments().mean();
    }

    private static double deviation(Counts counts) {
        return counts.moments().n() == 0 ? Double.NaN : counts.moments().standardDeviation();
    }

    /**
     * Below which a share of the values lies. Within a cell they count as evenly spread; below and
     * above all of the reference, as spread to the smallest and the largest.
     */
    static double quantile(NumericBinning binning, Counts counts, double share) {
        double wanted = share * LongStream.of(counts.cells()).sum();
        double before = 0;
        for (int i = 0; i < counts.cells().length; i++) {
            double here = counts.cells()[i];
            if (here > 0 && before + here >= wanted) {
                double from = edge(binning, counts, i, false);
                double to = edge(binning, counts, i, true);
                return from + (to - from) * Math.max(0, wanted - before) / here;
            }
            before += here;
        }
        return Double.NaN;
    }

    private static double edge(NumericBinning binning, Counts counts, int cell, boolean upper) {
        double least = counts.moments().min();
        double most = counts.moments().max();
        double bound =
                switch (binning) {
                    case QuantileBins(double lowest, double[] bounds) -> {
                        int at = upper ? cell - 1 : cell - 2;
                        yield cell == 0 && !upper
                                ? least
                                : at < 0 ? lowest : at < bounds.length ? bounds[at] : most;
                    }
                    case DistinctValues(double[] values) -> {
                        int at = upper ? cell / 2 : (cell - 1) / 2;
                        yield cell == 0 && !upper
                                ? least
                                : cell % 2 == 1
                                        ? values[cell / 2]
                                        : upper
                                                ? at < values.length ? values[at] : most
                                                : values[at];
                    }
                };
        return Math.clamp(bound, least, most);
    }
}
