package dev.atelier.monitoring.statistics;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What one column was like in the reference: the profile that its windows are counted by and
 * compared with.
 *
 * @param name of the column, one of its kind in a {@link Profile}
 * @param binning made from the values of the reference
 * @param counts of those values
 */
public record Reference(String name, Binning binning, Counts counts) {

    /**
     * @param values in any order; those that are not finite are counted as such
     * @param missing how many more were not there
     * @param wrongType how many more were no numbers
     */
    public static Reference numeric(String name, double[] values, long missing, long wrongType) {
        var sorted = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        var binning = NumericBinning.of(sorted);
        var cells = new long[binning.cells()];
        for (double value : sorted) {
            cells[binning.cell(value)]++;
        }
        long nonFinite = values.length - sorted.length;
        var moments = Moments.of(sorted);
        return new Reference(
                name, binning, new Counts(missing, nonFinite, wrongType, cells, moments));
    }

    /**
     * @param values how often each category occurred; what never did is left out
     * @param missing how many more were not there
     * @param wrongType how many more were no text
     */
    public static Reference categorical(
            String name, Map<String, Long> values, long missing, long wrongType) {
        var occurred = new HashMap<>(values);
        occurred.values().removeIf(count -> count <= 0);
        var binning = Categories.of(occurred);
        var cells = new long[binning.cells()];
        long rest = 0;
        for (long count : occurred.values()) {
            rest += count;
        }
        for (int i = 0; i < binning.names().size(); i++) {
            cells[i] = Objects.requireNonNull(occurred.get(binning.names().get(i)));
            rest -= cells[i];
        }
        cells[binning.names().size()] = rest;
        return new Reference(name, binning, new Counts(missing, 0, wrongType, cells, Moments.NONE));
    }
}
