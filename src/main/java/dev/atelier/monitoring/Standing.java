package dev.atelier.monitoring;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of trouble stands at one site after its last windows: it begins with some bad
 * windows in a row and is over after some that are not.
 *
 * @param open whether it goes on
 * @param since the beginning of its first bad window
 * @param columns that were bad in the last bad window, each with how bad it was
 * @param last the last bad window; null where none was
 * @param quiet windows since that were not bad
 * @param seen the end of the last window
 */
record Standing(
        boolean open,
        Instant since,
        SortedMap<String, Float> columns,
        @Nullable Sighting last,
        int quiet,
        Instant seen) {

    /**
     * A window that was judged.
     *
     * @param columns that were bad, each with how bad it was
     */
    record Sighting(Instant start, Instant until, SortedMap<String, Float> columns) {}

    /**
     * @param windows in their order
     * @param inARow bad windows that make it begin
     * @param quiet windows that end it
     */
    static Standing of(List<Sighting> windows, int inARow, int quiet) {
        return course(windows, inARow, quiet).getLast();
    }

    /** How often it would have begun. */
    static int times(List<Sighting> windows, int inARow, int quiet) {
        var course = course(windows, inARow, quiet);
        int times = 0;
        for (int i = 1; i < course.size(); i++) {
            times += course.get(i).open && !course.get(i - 1).open ? 1 : 0;
        }
        return times;
    }

    /** How it stood before the first window and after each. */
    private static List<Standing> course(List<Sighting> windows, int inARow, int quiet) {
        var standing = new Standing(false, Instant.EPOCH, new TreeMap<>(), null, 0, Instant.EPOCH);
        var course = new ArrayList<Standing>();
        course.add(standing);
        int bad = 0;
        var begun = Instant.EPOCH;
        for (var window : windows) {
            if (window.columns().isEmpty()) {
                bad = 0;
                int calm = standing.quiet + 1;
                standing =
                        new Standing(
                                standing.open && calm < quiet,
                                standing.since,
                                standing.columns,
                                standing.last,
                                calm,
                                window.until());
            } else {
                begun = bad++ == 0 ? window.start() : begun;
                boolean goesOn = standing.open;
                standing =
                        new Standing(
                                goesOn || bad >= inARow,
                                goesOn ? standing.since : begun,
                                window.columns(),
                                window,
                                0,
                                window.until());
            }
            course.add(standing);
        }
        return course;
    }
}
