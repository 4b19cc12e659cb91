package dev.atelier.repositories;

import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/**
 * Repositories for a moment, in which commits are put together that go to a host elsewhere. What a
 * crash leaves of one is swept with what pushes leave.
 */
@ApplicationScoped
public class Scratch {

    private final Storage storage;

    Scratch(Storage storage) {
        this.storage = storage;
    }

    /** An empty one; closing it removes it. */
    public Opened open() throws IOException {
        var folder = storage.incoming();
        try {
            return new Opened(folder, storage.scratch(folder.resolve("scratch.git")));
        } catch (IOException e) {
            Storage.delete(folder);
            throw e;
        }
    }

    /** One that is there. */
    public static final class Opened implements AutoCloseable {

        private final Path folder;
        private final Repository git;

        private Opened(Path folder, Repository git) {
            this.folder = folder;
            this.git = git;
        }

        public Repository git() {
            return git;
        }

        /**
         * Makes a commit that no branch has. The same wish, parent and time give the same commit.
         *
         * @param parent null for a first one; its files are kept unless the wish says that its own
         *     are all. They need not be here, the trees that name them must
         * @throws dev.atelier.platform.problems.Invalid when a path, the branch or the message
         *     cannot be
         */
        public ObjectId commit(@Nullable ObjectId parent, CommitWish wish, Instant time)
                throws IOException {
            RefNames.branch(wish.branch());
            Commits.check(wish);
            try (var inserter = git.newObjectInserter();
                    var walk = new RevWalk(git)) {
                var base = parent == null || wish.whole() ? null : walk.parseCommit(parent);
                var tree = Commits.tree(git, inserter, base, wish);
                var id =
                        inserter.insert(
                                Commits.builder(parent, tree, wish.message(), wish.author(), time));
                inserter.flush();
                return id;
            }
        }

        /**
         * Does to a commit what changed between two other sets of files.
         *
         * @param ours a commit whose files are here
         * @param wish its branch is not made; what it says of ours and its key are not looked at
         */
        public Merged merge(ObjectId ours, MergeWish wish, Instant time) throws IOException {
            RefNames.branch(wish.branch());
            Commits.check(wish);
            try (var inserter = git.newObjectInserter();
                    var walk = new RevWalk(git)) {
                var commit = walk.parseCommit(ours);
                var plan = TreeMerge.of(git, commit.getTree(), wish.base(), wish.theirs());
                if (plan.commitsNothing(wish)) {
                    return new Merged(null, plan.changed(), plan.conflicts());
                }
                var tree = Commits.tree(git, inserter, commit, plan.wish(wish));
                var id =
                        inserter.insert(
                                Commits.builder(commit, tree, wish.message(), wish.author(), time));
                inserter.flush();
                return new Merged(
                        Commit.of(walk.parseCommit(id)), plan.changed(), plan.conflicts());
            }
        }

        /** Whether a commit is the one that a wish made at a time, whatever it was made on. */
        public boolean holds(ObjectId id, String message, Author author, Instant time)
                throws IOException {
            try (var walk = new RevWalk(git)) {
                var commit = walk.parseCommit(id);
                return commit.getCommitterIdent().getWhenAsInstant().equals(time)
                        && commit.getAuthorIdent().getWhenAsInstant().equals(time)
                        && commit.getAuthorIdent().getEmailAddress().equals(author.email())
                        && commit.getFullMessage().strip().equals(message.strip());
            }
        }

        @Override
        public void close() throws IOException {
            git.close();
            Storage.delete(folder);
        }
    }
}
