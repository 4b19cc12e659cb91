package dev.atelier.repositories;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.AnyObjectId;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.jspecify.annotations.Nullable;

/**
 * Git's own checks of objects, and one more for trees: no name may become {@code .git} on the disk
 * of somebody who clones, whatever their system. JGit does that only together with rules that would
 * refuse ordinary repositories, say one with {@code README} and {@code readme}.
 */
final class TreeCheck extends ObjectChecker {

    /** Code points that macOS leaves out when it compares names. */
    private static final Pattern IGNORED =
            Pattern.compile("[\\u200c-\\u200f\\u202a-\\u202e\\u206a-\\u206f\\ufeff]");

    /** What ends a name, or a part of one, on Windows. */
    private static final Pattern PARTS = Pattern.compile("[\\\\:]");

    private static final Pattern LOOKALIKE = Pattern.compile("\\.git[. ]*|git~[0-9]+[. ]*");

    @Override
    public void checkTree(@Nullable AnyObjectId id, byte[] raw) throws CorruptObjectException {
        super.checkTree(id, raw);
        var tree = new CanonicalTreeParser();
        tree.reset(raw);
        while (!tree.eof()) {
            var name = tree.getEntryPathString();
            if (leadsIntoGit(name)) {
                throw new CorruptObjectException(
                        "a file or folder is called \"%s\", which some systems take for Git's own folder or another place"
                                .formatted(name.replaceAll("\\p{Cntrl}", "?")));
            }
            tree = tree.next();
        }
    }

    static boolean leadsIntoGit(String name) {
        var plain =
                Normalizer.normalize(IGNORED.matcher(name).replaceAll(""), Normalizer.Form.NFKC)
                        .toLowerCase(Locale.ROOT);
        var parts = PARTS.split(plain, -1);
        for (var part : parts) {
            if (LOOKALIKE.matcher(part).matches() || (parts.length > 1 && part.equals(".."))) {
                return true;
            }
        }
        return false;
    }
}
