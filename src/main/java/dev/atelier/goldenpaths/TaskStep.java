package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a step of a task is.
 *
 * @param reason why it was skipped or failed
 */
public record TaskStep(
        int position,
        String id,
        String name,
        String action,
        State state,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable JsonNode output,
        @Nullable String reason) {

    /** Where a step can be. */
    public enum State {
        WAITING("wait", "Not started"),
        PROCESSING("run", "Running"),
        COMPLETED("ok", "Done"),
        FAILED("fail", "Failed"),
        SKIPPED("off", "Skipped"),
        CANCELLED("off", "Cancelled");

        private final String mark;
        private final String word;

        State(String mark, String word) {
            this.mark = mark;
            this.word = word;
        }

        /** As stored and as Backstage says it. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static State of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }

        public boolean ended() {
            return this != WAITING && this != PROCESSING;
        }

        public String mark() {
            return mark;
        }

        public String word() {
            return word;
        }
    }

    /** How long it took, or has taken so far; null before its start. */
    public @Nullable Duration took(Instant now) {
        return startedAt == null
                ? null
                : Duration.between(startedAt, endedAt == null ? now : endedAt);
    }
}
