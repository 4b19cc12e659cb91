package dev.atelier.models;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A named model.
 *
 * @param lastVersion the newest number given, 0 before the first
 * @param owner entity reference as given, say {@code team-a}
 * @param aliases version number by alias
 */
public record Model(
        String name,
        int lastVersion,
        @Nullable String owner,
        @Nullable String license,
        @Nullable String description,
        Instant createdAt,
        String createdBy,
        Map<String, Integer> aliases) {}
