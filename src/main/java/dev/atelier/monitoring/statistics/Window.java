package dev.atelier.monitoring.statistics;

import java.util.ArrayList;
import java.util.List;

/**
 * What was counted of one version in one interval: all columns of its {@link Profile}, in their
 * order. Windows of one profile add up, in any order.
 *
 * @param profile hash of the profile it was counted by
 * @param rows predictions
 * @param columns as many as the profile has
 */
public record Window(String profile, long rows, List<Counts> columns) {

    /** First byte of the serial form. */
    static final int FORMAT = 1;

    public Window {
        columns = List.copyOf(columns);
    }

    public static Window none(Profile profile) {
        return new Window(
                profile.hash(),
                0,
                profile.columns().stream().map(one -> Counts.none(one.binning())).toList());
    }

    /**
     * @throws IllegalArgumentException when the other was counted by another profile: cells would
     *     mean something else
     */
    public Window plus(Window other) {
        if (!profile.equals(other.profile)) {
            throw new IllegalArgumentException(
                    "A window of the reference " + other.profile + " does not add to " + profile);
        }
        var sums = new ArrayList<Counts>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            sums.add(columns.get(i).plus(other.columns.get(i)));
        }
        return new Window(profile, rows + other.rows, sums);
    }

    /**
     * The serial form: the format's number, the profile's hash, then counts as numbers of variable
     * length, with runs of zeros by their length, and moments as doubles. Bytes and not JSON,
     * because a thousand models write one of some fifty columns each hour, nobody searches in it,
     * and it is a third of the size (about 200 bytes a column); what is looked at is in the JSON of
     * the report.
     */
    public byte[] bytes() {
        var out = new ByteSink(FORMAT).hash(profile).count(rows).count(columns.size());
        for (var column : columns) {
            out.count(column.missing())
                    .count(column.nonFinite())
                    .count(column.wrongType())
                    .counts(column.cells())
                    .moments(column.moments());
        }
        return out.bytes();
    }

    /**
     * @throws IllegalArgumentException when that is no window, or one of a later format
     */
    public static Window of(byte[] bytes) {
        var in = new ByteSource(bytes, FORMAT);
        var profile = in.hash();
        long rows = in.count();
        int count = in.length();
        var columns = new ArrayList<Counts>();
        for (int i = 0; i < count; i++) {
            columns.add(new Counts(in.count(), in.count(), in.count(), in.counts(), in.moments()));
        }
        in.end();
        return new Window(profile, rows, columns);
    }
}
