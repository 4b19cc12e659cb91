package dev.atelier.repositories;

import dev.atelier.platform.problems.Invalid;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/** Which names refs and repositories may have. */
final class RefNames {

    private static final int LONGEST = 200;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

    private RefNames() {}

    /** Why this cannot be pushed to; null when it can. */
    static @Nullable String fault(String ref) {
        if (!ref.startsWith(Constants.R_HEADS) && !ref.startsWith(Constants.R_TAGS)) {
            return "only branches and tags are kept here (refs/heads/…, refs/tags/…)";
        }
        if (ref.length() > LONGEST) {
            return "the name of a branch or tag has at most %d characters".formatted(LONGEST);
        }
        // A name like an option would be taken for one by whoever types it behind a command.
        if (ref.contains("/-") || !Repository.isValidRefName(ref)) {
            return "this is no name for a branch or tag";
        }
        return null;
    }

    /**
     * The full name of a branch.
     *
     * @throws Invalid when it cannot be one
     */
    static String branch(String name) {
        var ref = Constants.R_HEADS + name;
        var fault = fault(ref);
        if (fault != null || ObjectId.isId(name)) {
            throw new Invalid(
                    "\"%s\" cannot be the name of a branch.".formatted(cut(name)),
                    List.of(new Invalid.Field("branch", "cannot name a branch")));
        }
        return ref;
    }

    /**
     * @throws Invalid when it cannot name a repository
     */
    static void repository(String name) {
        if (!NAME.matcher(name).matches()
                || name.endsWith(".")
                || name.endsWith(".git")
                || name.endsWith(".lock")) {
            throw new Invalid(
                    "The name of a repository has letters, digits, dots, dashes and underscores, at"
                            + " most 100, begins with a letter, digit or underscore, and does not"
                            + " end with a dot, .git or .lock.",
                    List.of(new Invalid.Field("name", "cannot name a repository")));
        }
    }

    private static String cut(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
