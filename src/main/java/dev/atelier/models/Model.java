package dev.atelier.models;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A named model.
 *
 * @param lastVersion the newest number given, 0 before the first
 * @param owner entity reference as given, say {@code team-a}
 * @param aliases version number by alias
 * @param serving the version that a call without one means: the champion, else the newest that is
 *     ready; null where none is
 */
public record Model(
        String name,
        int lastVersion,
        @Nullable String owner,
        @Nullable String license,
        @Nullable String description,
        Instant createdAt,
        String createdBy,
        Map<String, Integer> aliases,
        @Nullable Integer serving) {

    /** Aliases of one version, sorted. */
    List<String> aliasesOf(int number) {
        return aliases.entrySet().stream()
                .filter(alias -> alias.getValue() == number)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** Numbers of the newest versions; they have no gaps, and none is ever deleted. */
    public List<Integer> newest(int limit) {
        return IntStream.rangeClosed(0, Math.min(limit, lastVersion) - 1)
                .mapToObj(i -> lastVersion - i)
                .toList();
    }
}
