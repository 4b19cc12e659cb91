package dev.atelier.models;

import dev.atelier.catalog.EntityRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A named model.
 *
 * @param lastVersion the newest number given, 0 before the first; it may have been deleted
 * @param title the name a client gave, where it cannot name a catalog entity; null where it can
 * @param owner entity reference as given, say {@code team-a}
 * @param aliases version number by alias
 * @param serving the version that a call without one means: the champion, else the newest that is
 *     ready; null where none is
 * @param deleted numbers of versions that were deleted
 */
public record Model(
        String name,
        int lastVersion,
        @Nullable String title,
        @Nullable String owner,
        @Nullable String license,
        @Nullable String description,
        Instant createdAt,
        String createdBy,
        Instant changedAt,
        Map<String, Integer> aliases,
        @Nullable Integer serving,
        Set<Integer> deleted) {

    /** Aliases of one version, sorted. */
    List<String> aliasesOf(int number) {
        return aliases.entrySet().stream()
                .filter(alias -> alias.getValue() == number)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** Numbers of the newest versions that are there; none is given twice. */
    public List<Integer> newest(int limit) {
        return IntStream.iterate(lastVersion, number -> number > 0, number -> number - 1)
                .boxed()
                .filter(number -> !deleted.contains(number))
                .limit(limit)
                .toList();
    }

    /** How many versions are there. */
    int count() {
        return lastVersion - deleted.size();
    }

    /** Reference of the user or group that owns it. */
    public String ownerRef() {
        return ownerRef(owner, createdBy);
    }

    /**
     * @param owner as it was given, say {@code team-a}; null or no reference at all where it
     *     belongs to whoever made it
     */
    static String ownerRef(@Nullable String owner, String createdBy) {
        if (owner == null || owner.isBlank()) {
            return createdBy;
        }
        try {
            return EntityRef.parse(owner.strip(), "group", EntityRef.DEFAULT_NAMESPACE).toString();
        } catch (IllegalArgumentException e) {
            return createdBy;
        }
    }

    /** The name that MLflow's clients know it by. */
    public String called() {
        return title == null ? name : title;
    }
}
