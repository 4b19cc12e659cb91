package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a version came from, as far as whoever asks may know; see {@link Lineage}.
 *
 * @param hidden what else it came from, in words that do not say which: say {@code a run you may
 *     not see}
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ShownLineage(
        List<String> datasets,
        @Nullable String run,
        @Nullable Integer parent,
        @Nullable String source,
        @Nullable String loggedModel,
        List<String> hidden) {

    /** Whether there is nothing to say. */
    public boolean empty() {
        return datasets.isEmpty()
                && run == null
                && parent == null
                && source == null
                && loggedModel == null
                && hidden.isEmpty();
    }
}
