package dev.atelier.monitoring.statistics;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts the values of one column while a window is open; nothing is allocated for a value. For one
 * thread: several have one each, and their counts are added.
 */
public final class Tally {

    private final Binning binning;
    private final Map<String, Integer> named = new HashMap<>();
    private final RunningMoments moments = new RunningMoments();
    private final long[] cells;
    private long missing;
    private long nonFinite;
    private long wrongType;

    public Tally(Binning binning) {
        this.binning = binning;
        cells = new long[binning.cells()];
        if (binning instanceof Categories categories) {
            for (int i = 0; i < categories.names().size(); i++) {
                named.put(categories.names().get(i), i);
            }
        }
    }

    /** Counts a number; of the wrong type where the column has categories. */
    public void add(double value) {
        switch (binning) {
            case Categories _ -> wrongType++;
            case NumericBinning numeric when Double.isFinite(value) -> {
                cells[numeric.cell(value)]++;
                moments.add(value);
            }
            case NumericBinning _ -> nonFinite++;
        }
    }

    /** Counts a category; of the wrong type where the column is numeric. */
    public void add(String category) {
        switch (binning) {
            case Categories categories -> {
                var cell = named.get(category);
                cells[cell != null ? cell : categories.rareCell(category)]++;
            }
            case NumericBinning _ -> wrongType++;
        }
    }

    public void addMissing() {
        missing++;
    }

    /** Counts what is neither a number nor text. */
    public void addWrongType() {
        wrongType++;
    }

    public Counts counts() {
        return new Counts(missing, nonFinite, wrongType, cells.clone(), moments.moments());
    }
}
