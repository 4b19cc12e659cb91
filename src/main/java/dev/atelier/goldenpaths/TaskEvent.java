package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A line of a task's log, or what became of the task.
 *
 * @param id grows along the log of one task
 * @param type {@code log}, {@code completion}, {@code cancelled} or {@code recovered}
 * @param level {@code warn} or {@code step} for lines that stand out
 * @param body more about it, as Backstage's event stream tells it
 */
public record TaskEvent(
        long id,
        String type,
        @Nullable String step,
        @Nullable String level,
        String message,
        @Nullable JsonNode body,
        Instant createdAt) {}
