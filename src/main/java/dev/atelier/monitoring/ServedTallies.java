package dev.atelier.monitoring;

import dev.atelier.inference.DataType;
import dev.atelier.inference.Tensor;
import dev.atelier.monitoring.statistics.Binning;
import dev.atelier.monitoring.statistics.NumericBinning;
import dev.atelier.monitoring.statistics.Tally;
import dev.atelier.monitoring.statistics.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts rows of a table by a reference. For one thread at a time. */
final class ServedTallies {

    private final StoredReference reference;

    /** In the order of the profile. */
    private final List<Tally> tallies = new ArrayList<>();

    /** In the order of the table; null where the reference does not know the column. */
    private final List<@Nullable Tally> places = new ArrayList<>();

    /** What the table does not have. */
    private final List<Tally> absent = new ArrayList<>();

    private final long cells;
    private long rows;

    ServedTallies(StoredReference reference, ServedTable table) {
        this.reference = reference;
        var types = new HashMap<String, DataType>();
        for (var slice : table.slices()) {
            slice.columns().forEach(column -> types.put(column.name(), slice.datatype()));
        }
        var byName = new HashMap<String, Tally>();
        long sum = 0;
        for (var column : reference.profile().columns()) {
            var type = types.get(column.name());
            var tally = new Tally(binning(column.binning(), type));
            tallies.add(tally);
            byName.put(column.name(), tally);
            if (type == null) {
                absent.add(tally);
            }
            sum += column.binning().cells();
        }
        cells = sum;
        table.columns().forEach(column -> places.add(byName.get(column.name())));
    }

    private static Binning binning(Binning binning, @Nullable DataType type) {
        if (!(binning instanceof NumericBinning numeric)) {
            return binning;
        }
        return switch (type) {
            case FP32 -> numeric.rounded(value -> (float) value);
            case FP16, BF16 -> numeric.rounded(value -> rounded(type, value));
            case null, default -> numeric;
        };
    }

    private static double rounded(DataType type, double value) {
        return Tensor.numbers("bound", type, new long[] {1}, value).numbers()[0];
    }

    StoredReference reference() {
        return reference;
    }

    /** Counts that it holds. */
    long cells() {
        return cells;
    }

    /**
     * @param place of the column in the table
     */
    @Nullable Tally of(int place) {
        return places.get(place);
    }

    /** Says that so many rows were counted in all columns of the table. */
    void rows(int count) {
        rows += count;
        for (var tally : absent) {
            tally.addMissing(count);
        }
    }

    boolean isEmpty() {
        return rows == 0;
    }

    /** What was counted; from now on it counts anew. */
    Window take() {
        var window = new Window(reference.hash(), rows, tallies.stream().map(Tally::take).toList());
        rows = 0;
        return window;
    }
}
