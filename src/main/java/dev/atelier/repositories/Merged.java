package dev.atelier.repositories;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a merge.
 *
 * @param commit null when there was nothing to change, or when there are conflicts and they were
 *     not to be committed
 * @param changed paths that differ from ours
 * @param conflicts what both sides changed
 */
public record Merged(@Nullable Commit commit, List<String> changed, List<Conflict> conflicts) {

    /**
     * A file that both sides changed.
     *
     * @param why in a few words
     * @param marked the text with Git's conflict markers; null when a side is no text or has no
     *     such file
     */
    public record Conflict(String path, String why, @Nullable String marked) {}
}
