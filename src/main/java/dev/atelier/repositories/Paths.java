package dev.atelier.repositories;

import dev.atelier.platform.problems.Invalid;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Paths of files in a repository: parts with slashes between, none at either end. */
final class Paths {

    private static final int LONGEST = 1_000;

    private Paths() {}

    /**
     * @throws Invalid when no system could hold such a file, or one would take it for another place
     */
    static void check(String path) {
        if (path.isEmpty() || path.length() > LONGEST || path.chars().anyMatch(c -> c < 0x20)) {
            throw wrong(path);
        }
        for (var part : path.split("/", -1)) {
            if (part.isEmpty()
                    || part.equals(".")
                    || part.equals("..")
                    || TreeCheck.leadsIntoGit(part)) {
                throw wrong(path);
            }
        }
    }

    private static Invalid wrong(String path) {
        var shown = path.length() > 100 ? path.substring(0, 100) + "…" : path;
        return new Invalid(
                "\"%s\" cannot be the path of a file in a repository.".formatted(shown),
                List.of(new Invalid.Field("path", "cannot be in a repository")));
    }

    /** The folders that these files are in. */
    static Set<String> folders(Collection<String> files) {
        var folders = new HashSet<String>();
        for (var file : files) {
            for (int i = file.lastIndexOf('/'); i > 0; i = file.lastIndexOf('/', i - 1)) {
                folders.add(file.substring(0, i));
            }
        }
        return folders;
    }

    /** Whether it is one of these, or below one. */
    static boolean within(String path, Set<String> those) {
        if (those.contains(path)) {
            return true;
        }
        for (int i = path.lastIndexOf('/'); i > 0; i = path.lastIndexOf('/', i - 1)) {
            if (those.contains(path.substring(0, i))) {
                return true;
            }
        }
        return false;
    }
}
