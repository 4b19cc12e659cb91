package dev.atelier.repositories;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be committed to a branch.
 *
 * @param branch short name; it is made when it is not there
 * @param from what a branch that is not there begins at: a branch, tag or commit; null for the
 *     default branch, or for nothing while the repository is empty
 * @param written files by their paths ({@code src/app.py}); they replace those of the same path
 * @param removed paths of files or whole folders that go
 * @param whole whether the files are all there will be: every other one goes
 * @param key names the act, within the repository, for good: asked again it gives the same commit
 *     and makes no other. Null where that cannot happen
 */
public record CommitWish(
        String branch,
        @Nullable String from,
        String message,
        Author author,
        Map<String, FileContent> written,
        Set<String> removed,
        boolean whole,
        @Nullable String key) {

    /** Adds files to the branch, or replaces them; the others stay. */
    public static CommitWish adding(
            String branch, String message, Author author, Map<String, FileContent> files) {
        return new CommitWish(branch, null, message, author, files, Set.of(), false, null);
    }

    /** Makes the files all there is on the branch. */
    public static CommitWish of(
            String branch, String message, Author author, Map<String, FileContent> files) {
        return new CommitWish(branch, null, message, author, files, Set.of(), true, null);
    }

    public CommitWish withKey(String key) {
        return new CommitWish(branch, from, message, author, written, removed, whole, key);
    }

    public CommitWish from(String ref) {
        return new CommitWish(branch, ref, message, author, written, removed, whole, key);
    }
}
