package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Window;
import java.time.Instant;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was counted in a time, by segment.
 *
 * @param none window of nothing; null where there is no reference
 * @param others rows that were counted by an earlier reference
 */
record Counted(@Nullable Window none, SortedMap<String, Window> bySegment, long others) {

    /**
     * @param reference whose windows add up; null for none of them
     */
    static Counted of(
            Windows windows,
            Labels.Part part,
            @Nullable StoredReference reference,
            Instant from,
            Instant until) {
        var sums = new TreeMap<String, Window>();
        if (reference == null) {
            return new Counted(null, sums, 0);
        }
        long others = 0;
        for (var hour : windows.between(part.model(), part.version(), part.site(), from, until)) {
            if (hour.reference() == reference.id()) {
                sums.merge(hour.segment(), hour.window(), Window::plus);
            } else {
                others += hour.window().rows();
            }
        }
        return new Counted(Window.none(reference.profile()), sums, others);
    }

    Set<String> segments() {
        return bySegment.keySet();
    }

    /** All rows, also those of an earlier reference. */
    long all() {
        return others + bySegment.values().stream().mapToLong(Window::rows).sum();
    }

    /**
     * @param segment null for all
     * @return null where there is no reference
     */
    @Nullable Window window(@Nullable String segment) {
        if (none == null || segment != null) {
            return none == null ? null : bySegment.getOrDefault(segment, none);
        }
        return bySegment.values().stream().reduce(none, Window::plus);
    }
}
