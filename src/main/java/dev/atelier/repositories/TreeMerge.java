package dev.atelier.repositories;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.jgit.diff.RawText;
import org.eclipse.jgit.diff.RawTextComparator;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.merge.MergeAlgorithm;
import org.eclipse.jgit.merge.MergeFormatter;
import org.eclipse.jgit.revwalk.RevTree;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * The three-way merge of a tree with what changed between two sets of files: by path, and within a
 * text by lines (JGit's merge algorithm). A file that was renamed is one that went and another that
 * came.
 */
final class TreeMerge {

    /** What is to be done to ours. */
    record Plan(
            Map<String, FileContent> written,
            Set<String> removed,
            List<Merged.Conflict> conflicts) {
        List<String> changed() {
            var changed = new TreeSet<>(written.keySet());
            changed.addAll(removed);
            return List.copyOf(changed);
        }

        /** Whether no commit comes of it. */
        boolean commitsNothing(MergeWish wish) {
            return changed().isEmpty() || (!conflicts.isEmpty() && !wish.markConflicts());
        }

        /** The commit that it is, on top of ours. */
        CommitWish wish(MergeWish wish) {
            return new CommitWish(
                    wish.branch(),
                    null,
                    wish.message(),
                    wish.author(),
                    written,
                    removed,
                    false,
                    null);
        }
    }

    private static final List<String> SIDES = List.of("base", "ours", "theirs");

    private final Map<String, FileContent> written = new TreeMap<>();
    private final Set<String> removed = new TreeSet<>();
    private final List<Merged.Conflict> conflicts = new ArrayList<>();

    private TreeMerge() {}

    static Plan of(
            Repository git,
            RevTree ours,
            Map<String, FileContent> base,
            Map<String, FileContent> theirs)
            throws IOException {
        var paths = new TreeSet<>(base.keySet());
        paths.addAll(theirs.keySet());
        paths.removeIf(path -> same(base.get(path), theirs.get(path)));
        var merge = new TreeMerge();
        var all = new HashSet<String>();
        var own = files(git, ours, paths, all);
        var folders = Paths.folders(all);
        for (var path : paths) {
            var theirFile = theirs.get(path);
            if (theirFile != null
                    && !all.contains(path)
                    && (folders.contains(path) || Paths.within(path, all))) {
                merge.conflicts.add(
                        new Merged.Conflict(
                                path, "there is a folder and a file of that name", null));
                continue;
            }
            merge.file(path, base.get(path), own.get(path), theirFile, all.contains(path));
        }
        return new Plan(merge.written, merge.removed, List.copyOf(merge.conflicts));
    }

    /** Those of the paths that are plain files of ours; fills in all paths there are. */
    private static Map<String, FileContent> files(
            Repository git, RevTree tree, Set<String> wanted, Set<String> all) throws IOException {
        var files = new TreeMap<String, FileContent>();
        try (var walk = new TreeWalk(git)) {
            walk.addTree(tree);
            walk.setRecursive(true);
            while (walk.next()) {
                var path = walk.getPathString();
                all.add(path);
                var mode = walk.getFileMode(0);
                if (wanted.contains(path)
                        && (mode == FileMode.REGULAR_FILE || mode == FileMode.EXECUTABLE_FILE)) {
                    ObjectId id = walk.getObjectId(0);
                    files.put(
                            path,
                            new FileContent(
                                    git.open(id).getBytes(), mode == FileMode.EXECUTABLE_FILE));
                }
            }
        }
        return files;
    }

    private static boolean same(@Nullable FileContent a, @Nullable FileContent b) {
        return a == null || b == null
                ? a == b
                : a.executable() == b.executable() && Arrays.equals(a.bytes(), b.bytes());
    }

    /**
     * @param base and theirs differ
     */
    private void file(
            String path,
            @Nullable FileContent base,
            @Nullable FileContent ours,
            @Nullable FileContent theirs,
            boolean there) {
        if (there && ours == null) {
            conflicts.add(new Merged.Conflict(path, "it is a link or a submodule now", null));
        } else if (same(ours, theirs)) {
            return;
        } else if (same(ours, base)) {
            if (theirs == null) {
                removed.add(path);
            } else {
                written.put(path, theirs);
            }
        } else if (theirs == null) {
            conflicts.add(new Merged.Conflict(path, "they removed it, it was changed here", null));
        } else if (ours == null) {
            conflicts.add(new Merged.Conflict(path, "it was removed here, they changed it", null));
        } else {
            text(path, base, ours, theirs);
        }
    }

    private void text(
            String path, @Nullable FileContent base, FileContent ours, FileContent theirs) {
        var before = base == null ? new byte[0] : base.bytes();
        if (RawText.isBinary(before)
                || RawText.isBinary(ours.bytes())
                || RawText.isBinary(theirs.bytes())) {
            conflicts.add(
                    new Merged.Conflict(path, "both sides changed it, and it is no text", null));
            return;
        }
        var executable =
                base != null && ours.executable() == base.executable()
                        ? theirs.executable()
                        : ours.executable();
        var result =
                new MergeAlgorithm()
                        .merge(
                                RawTextComparator.DEFAULT,
                                new RawText(before),
                                new RawText(ours.bytes()),
                                new RawText(theirs.bytes()));
        var out = new ByteArrayOutputStream();
        try {
            new MergeFormatter().formatMerge(out, result, SIDES, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e); // into memory
        }
        written.put(path, new FileContent(out.toByteArray(), executable));
        if (result.containsConflicts()) {
            conflicts.add(
                    new Merged.Conflict(
                            path,
                            base == null ? "both sides added it" : "both sides changed it",
                            out.toString(StandardCharsets.UTF_8)));
        }
    }
}
