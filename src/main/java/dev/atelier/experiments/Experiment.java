package dev.atelier.experiments;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A named collection of runs.
 *
 * @param owner reference of the user or group that decides about it; null for the one that all
 *     share
 * @param deletedAt null as long as it is there
 */
public record Experiment(
        long id,
        String name,
        @Nullable String owner,
        Instant createdAt,
        String createdBy,
        Instant changedAt,
        @Nullable Instant deletedAt,
        Map<String, String> tags) {

    static final String KIND = "experiment:default/";

    /** What permissions call it. */
    public String ref() {
        return ref(id);
    }

    public static String ref(long id) {
        return KIND + id;
    }

    boolean deleted() {
        return deletedAt != null;
    }
}
