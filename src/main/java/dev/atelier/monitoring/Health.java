package dev.atelier.monitoring;

import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * How one model is, as the overview shows it.
 *
 * @param standing its place in the order
 * @param word its state in some words
 * @param note what belongs to it; empty for nothing
 * @param version the one that serves; null when none does
 * @param owner what its owner is called; null when nobody answers for it
 * @param drifting columns that have drifted in the last windows of its sites
 * @param columns that were looked at; 0 when none
 * @param labelled share of its predictions that have a label; null when none has an identifier
 * @param calls within a day
 * @param errors of them
 * @param trained when the version was registered; null when there is none
 * @param incident address of its worst open incident
 */
public record Health(
        String model,
        String address,
        Standing standing,
        String word,
        String note,
        @Nullable Integer version,
        @Nullable String owner,
        boolean mine,
        int drifting,
        int columns,
        @Nullable Double labelled,
        long calls,
        long errors,
        @Nullable Instant trained,
        @Nullable String incident) {

    /** The worst first. */
    static final Comparator<Health> ORDER =
            Comparator.comparing(Health::standing)
                    .thenComparing(Comparator.comparingInt(Health::drifting).reversed())
                    .thenComparing(Comparator.comparingLong(Health::calls).reversed())
                    .thenComparing(Health::model);

    /** What is to be done about it, the most urgent first. */
    public enum Standing {
        FAILING("fail", "Failing"),
        NEEDS_SOMEONE("warn", "Needs someone"),
        TO_WATCH("watch", "To watch"),
        HEALTHY("ok", "Healthy"),
        UNKNOWN("off", "Unknown");

        private final String mark;
        private final String label;

        Standing(String mark, String label) {
            this.mark = mark;
            this.label = label;
        }

        /** Its state of the style sheet. */
        public String mark() {
            return mark;
        }

        public String label() {
            return label;
        }
    }

    public boolean hot() {
        return standing.compareTo(Standing.TO_WATCH) < 0;
    }

    /** Width of the meter of drifting columns, in per cent. */
    public int driftMeter() {
        return columns == 0 ? 0 : (int) Math.round(100.0 * drifting / columns);
    }

    public int labelMeter() {
        return labelled == null ? 0 : (int) Math.round(100 * labelled);
    }

    /** The share in per cent; a dash where there is none. */
    public String labels() {
        return labelled == null ? "–" : Math.round(100 * labelled) + " %";
    }

    public String errorShare() {
        return calls == 0 ? "–" : "%.2f %%".formatted(100.0 * errors / calls);
    }
}
