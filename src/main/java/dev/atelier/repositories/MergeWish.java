package dev.atelier.repositories;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A three-way merge: what changed from {@code base} to {@code theirs} is done to {@code ours}. For
 * the update of something that was made from a template, say: base is what the template made then,
 * theirs what it makes now, ours what people made of it.
 *
 * @param ours branch, tag or commit
 * @param base files by their paths
 * @param theirs files by their paths
 * @param branch short name of the branch that gets the result, one commit on top of ours; made when
 *     it is not there, and only moved forward
 * @param markConflicts whether a file that both sides changed is committed with Git's conflict
 *     markers; else nothing is committed when there is one
 * @param key as in {@link CommitWish}
 */
public record MergeWish(
        String ours,
        Map<String, FileContent> base,
        Map<String, FileContent> theirs,
        String branch,
        String message,
        Author author,
        boolean markConflicts,
        @Nullable String key) {}
