package dev.atelier.repositories;

import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.TooLarge;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;

/** What repositories hold, for reading. Whether somebody may, is asked by whoever calls. */
@ApplicationScoped
public class Contents {

    /** More entries than this are for Git itself. */
    private static final int MOST_ENTRIES = 2_000;

    private final Storage storage;
    private final RepositoriesConfig config;

    Contents(Storage storage, RepositoriesConfig config) {
        this.storage = storage;
        this.config = config;
    }

    /** Reads something of a repository that is open for as long. */
    @FunctionalInterface
    interface Reading<T> {
        T of(Repository git) throws IOException;
    }

    <T> T reading(GitRepository repository, Reading<T> reading) {
        try (var git = storage.open(repository)) {
            return reading.of(git);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The commit that a text names.
     *
     * @param name a branch, else a tag, else 40 hexadecimal digits; empty for the default branch
     * @throws NotFound when it names none
     */
    static RevCommit resolve(Repository git, GitRepository repository, String name)
            throws IOException {
        var wanted = name.isEmpty() ? repository.defaultBranch() : name;
        try (var walk = new RevWalk(git)) {
            for (var place : List.of(Constants.R_HEADS, Constants.R_TAGS)) {
                var ref =
                        Repository.isValidRefName(place + wanted)
                                ? git.exactRef(place + wanted)
                                : null;
                var id = ref == null ? null : ref.getObjectId();
                if (id != null) {
                    return walk.parseCommit(id);
                }
            }
            if (ObjectId.isId(wanted)) {
                return walk.parseCommit(ObjectId.fromString(wanted));
            }
        } catch (MissingObjectException | IncorrectObjectTypeException e) {
            throw none(repository, wanted);
        }
        throw none(repository, wanted);
    }

    private static NotFound none(GitRepository repository, String name) {
        return new NotFound(
                "%s has no branch, tag or commit \"%s\"."
                        .formatted(
                                repository.fullName(),
                                name.length() > 100 ? name.substring(0, 100) + "…" : name));
    }

    /** Whether nothing was ever pushed or committed to it, or all of it was deleted. */
    public boolean empty(GitRepository repository) {
        return reading(
                repository,
                git -> git.getRefDatabase().getRefsByPrefix(Constants.R_HEADS).isEmpty());
    }

    /**
     * @param ref as in {@link #tree}
     */
    public Optional<Commit> commit(GitRepository repository, String ref) {
        try {
            return Optional.of(
                    reading(repository, git -> Commit.of(resolve(git, repository, ref))));
        } catch (NotFound e) {
            return Optional.empty();
        }
    }

    /**
     * Whether a ref's history has a commit; false for one that is not there.
     *
     * @param ref as in {@link #tree}
     * @param commit its full id
     */
    public boolean holds(GitRepository repository, String ref, String commit) {
        return reading(
                repository,
                git -> {
                    try (var walk = new RevWalk(git)) {
                        return walk.isMergedInto(
                                walk.parseCommit(ObjectId.fromString(commit)),
                                walk.parseCommit(resolve(git, repository, ref)));
                    } catch (MissingObjectException | NotFound e) {
                        return false;
                    }
                });
    }

    /**
     * A file; empty when there is none of that path.
     *
     * @param ref a branch, tag or commit; empty for the default branch
     * @throws NotFound when there is no such ref
     * @throws TooLarge when it is not for memory
     */
    public Optional<FileContent> read(GitRepository repository, String ref, String path) {
        return reading(
                repository,
                git -> {
                    try (var walk = at(git, resolve(git, repository, ref), path)) {
                        return walk == null || !file(walk.getFileMode(0))
                                ? Optional.empty()
                                : Optional.of(content(git, walk));
                    }
                });
    }

    private FileContent content(Repository git, TreeWalk walk) throws IOException {
        var loader = git.open(walk.getObjectId(0), Constants.OBJ_BLOB);
        if (loader.getSize() > config.maxObject().asLongValue()) {
            throw new TooLarge("%s is too large to read.".formatted(walk.getPathString()));
        }
        return new FileContent(
                loader.getBytes((int) config.maxObject().asLongValue()),
                walk.getFileMode(0) == FileMode.EXECUTABLE_FILE);
    }

    /** All plain files of a ref by their paths: for what the portal made, which is small. */
    public Map<String, FileContent> files(GitRepository repository, String ref) {
        return reading(
                repository,
                git -> {
                    var files = new TreeMap<String, FileContent>();
                    long size = 0;
                    try (var walk = new TreeWalk(git)) {
                        walk.addTree(resolve(git, repository, ref).getTree());
                        walk.setRecursive(true);
                        while (walk.next()) {
                            if (file(walk.getFileMode(0))) {
                                var content = content(git, walk);
                                size += content.bytes().length;
                                if (size > config.maxObject().asLongValue()) {
                                    throw new TooLarge(
                                            "%s is too large to read at once."
                                                    .formatted(repository.fullName()));
                                }
                                files.put(walk.getPathString(), content);
                            }
                        }
                    }
                    return files;
                });
    }

    static boolean file(FileMode mode) {
        return mode == FileMode.REGULAR_FILE || mode == FileMode.EXECUTABLE_FILE;
    }

    /** The entry of a path, to be closed; null when there is none. */
    static @org.jspecify.annotations.Nullable TreeWalk at(
            Repository git, RevCommit commit, String path) throws IOException {
        return path.isEmpty() || path.startsWith("/") || path.endsWith("/") || path.contains("//")
                ? null
                : TreeWalk.forPath(git, path, commit.getTree());
    }

    /**
     * The entries of a folder, folders first; empty when there is no such folder.
     *
     * @param ref a branch, tag or commit; empty for the default branch
     * @param folder empty for the uppermost
     * @throws NotFound when there is no such ref
     */
    public List<TreeEntry> tree(GitRepository repository, String ref, String folder) {
        return reading(repository, git -> entries(git, resolve(git, repository, ref), folder));
    }

    static List<TreeEntry> entries(Repository git, RevCommit commit, String folder)
            throws IOException {
        var entries = new ArrayList<TreeEntry>();
        try (var walk = new TreeWalk(git)) {
            if (folder.isEmpty()) {
                walk.addTree(commit.getTree());
            } else {
                try (var found = at(git, commit, folder)) {
                    if (found == null || found.getFileMode(0) != FileMode.TREE) {
                        return List.of();
                    }
                    walk.addTree(found.getObjectId(0));
                }
            }
            var prefix = folder.isEmpty() ? "" : folder + "/";
            while (walk.next() && entries.size() < MOST_ENTRIES) {
                var kind = kind(walk.getFileMode(0));
                entries.add(
                        new TreeEntry(
                                prefix + walk.getNameString(),
                                kind,
                                kind == TreeEntry.Kind.FOLDER || kind == TreeEntry.Kind.SUBMODULE
                                        ? 0
                                        : walk.getObjectReader()
                                                .getObjectSize(
                                                        walk.getObjectId(0), Constants.OBJ_BLOB)));
            }
        }
        entries.sort(
                java.util.Comparator.comparing((TreeEntry entry) -> !entry.folder())
                        .thenComparing(TreeEntry::path));
        return entries;
    }

    private static TreeEntry.Kind kind(FileMode mode) {
        if (mode == FileMode.TREE) {
            return TreeEntry.Kind.FOLDER;
        }
        if (mode == FileMode.GITLINK) {
            return TreeEntry.Kind.SUBMODULE;
        }
        if (mode == FileMode.SYMLINK) {
            return TreeEntry.Kind.LINK;
        }
        return mode == FileMode.EXECUTABLE_FILE ? TreeEntry.Kind.PROGRAM : TreeEntry.Kind.FILE;
    }

    /** Short names of branches, the default one first. */
    public List<String> branches(GitRepository repository) {
        return reading(
                repository,
                git ->
                        git.getRefDatabase().getRefsByPrefix(Constants.R_HEADS).stream()
                                .map(Ref::getName)
                                .map(name -> name.substring(Constants.R_HEADS.length()))
                                .sorted(
                                        java.util.Comparator.comparing(
                                                        (String name) ->
                                                                !name.equals(
                                                                        repository.defaultBranch()))
                                                .thenComparing(name -> name))
                                .toList());
    }
}
