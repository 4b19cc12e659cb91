package dev.atelier.monitoring.statistics;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts the values of one column while a window is open; nothing is allocated for a value. For one
 * thread: several have one each, and their counts are added.
 */
public final class Tally {

    private final @Nullable NumericBinning numbers;
    private final Guide guide;
    private final @Nullable Categories categories;
    private final Map<String, Integer> named = new HashMap<>();
    private final RunningMoments moments = new RunningMoments();
    private final long[] cells;
    private long missing;
    private long nonFinite;
    private long wrongType;

    public Tally(Binning binning) {
        numbers = binning instanceof NumericBinning numeric ? numeric : null;
        categories = binning instanceof Categories some ? some : null;
        guide = new Guide(numbers == null ? new double[0] : numbers.rising());
        cells = new long[binning.cells()];
        if (categories != null) {
            for (int i = 0; i < categories.names().size(); i++) {
                named.put(categories.names().get(i), i);
            }
        }
    }

    /** Counts a number; of the wrong type where the column has categories. */
    public void add(double value) {
        if (numbers == null) {
            wrongType++;
        } else if (Double.isFinite(value)) {
            cells[numbers.cell(value, guide.firstFrom(value))]++;
            moments.add(value);
        } else {
            nonFinite++;
        }
    }

    /** Counts a category; of the wrong type where the column is numeric. */
    public void add(String category) {
        if (categories == null) {
            wrongType++;
        } else {
            var cell = named.get(category);
            cells[cell != null ? cell : categories.rareCell(category)]++;
        }
    }

    public void addMissing() {
        addMissing(1);
    }

    public void addMissing(long times) {
        missing += times;
    }

    /** Counts what is neither a number nor text. */
    public void addWrongType() {
        wrongType++;
    }

    public Counts counts() {
        return new Counts(missing, nonFinite, wrongType, cells.clone(), moments.moments());
    }

    /** What was counted, and from now on begins anew. */
    public Counts take() {
        var taken = counts();
        Arrays.fill(cells, 0);
        moments.clear();
        missing = 0;
        nonFinite = 0;
        wrongType = 0;
        return taken;
    }
}
