package dev.atelier.repositories;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * Commits that the portal makes itself, straight into a repository: there is no working tree. They
 * are made one at a time, on whatever the branch is by then. Whether somebody may, is asked by
 * whoever calls. Each act is a transaction of its own, which sees what is committed: call them
 * outside of one.
 */
@ApplicationScoped
public class Commits {

    private static final int LONGEST_MESSAGE = 10_000;
    private static final int LONGEST_KEY = 200;

    private final Sql sql;
    private final Storage storage;
    private final RefMoves moves;
    private final Repositories repositories;

    Commits(Sql sql, Storage storage, RefMoves moves, Repositories repositories) {
        this.sql = sql;
        this.storage = storage;
        this.moves = moves;
        this.repositories = repositories;
    }

    /** A repository that is open, with what is needed to add to it. */
    private record Open(
            GitRepository repository, Repository git, ObjectInserter inserter, RevWalk walk) {}

    private interface Work<T> {
        T with(Open open) throws IOException;
    }

    private <T> T alone(GitRepository repository, Work<T> work) {
        return moves.alone(
                repository,
                current -> {
                    try (var git = storage.open(current);
                            var inserter = git.newObjectInserter();
                            var walk = new RevWalk(git)) {
                        return work.with(new Open(current, git, inserter, walk));
                    }
                });
    }

    /**
     * Commits files to a branch. Where nothing would change, no commit is made and the one that the
     * branch is at is given.
     *
     * @throws Invalid when a path, the branch or what it shall begin at cannot be
     */
    public Commit commit(GitRepository repository, CommitWish wish) {
        var ref = RefNames.branch(wish.branch());
        check(wish);
        return alone(
                repository,
                open -> {
                    var before = asked(open, ref, wish.key());
                    if (before != null) {
                        return before;
                    }
                    var at = RefMoves.at(open.git, ref);
                    var parent =
                            at.equals(ObjectId.zeroId())
                                    ? beginning(open, wish.from())
                                    : open.walk.parseCommit(at);
                    var tree = tree(open.git, open.inserter, wish.whole() ? null : parent, wish);
                    if (parent != null && parent.getTree().equals(tree)) {
                        if (at.equals(ObjectId.zeroId())) {
                            move(open, ref, at, parent, "commit", wish.key());
                        }
                        return Commit.of(parent);
                    }
                    return add(
                            open,
                            ref,
                            at,
                            parent,
                            tree,
                            wish.message(),
                            wish.author(),
                            "commit",
                            wish.key());
                });
    }

    /**
     * Does to a branch what changed between two other sets of files.
     *
     * @throws Conflict when the branch is there already, and is not what it shall be based on
     */
    public Merged merge(GitRepository repository, MergeWish wish) {
        var ref = RefNames.branch(wish.branch());
        check(wish);
        return alone(
                repository,
                open -> {
                    var ours =
                            open.walk.parseCommit(
                                    Contents.resolve(open.git, open.repository, wish.ours()));
                    var plan = TreeMerge.of(open.git, ours.getTree(), wish.base(), wish.theirs());
                    var before = asked(open, ref, wish.key());
                    if (before != null) {
                        return new Merged(before, plan.changed(), plan.conflicts());
                    }
                    if (plan.commitsNothing(wish)) {
                        return new Merged(null, plan.changed(), plan.conflicts());
                    }
                    var at = RefMoves.at(open.git, ref);
                    if (!at.equals(ObjectId.zeroId()) && !at.equals(ours)) {
                        throw new Conflict(
                                "The branch \"%s\" is there already, with other commits."
                                        .formatted(wish.branch()));
                    }
                    var tree = tree(open.git, open.inserter, ours, plan.wish(wish));
                    var commit =
                            add(
                                    open,
                                    ref,
                                    at,
                                    ours,
                                    tree,
                                    wish.message(),
                                    wish.author(),
                                    "merge",
                                    wish.key());
                    return new Merged(commit, plan.changed(), plan.conflicts());
                });
    }

    /**
     * @throws Invalid when a path or the message cannot be
     */
    static void check(CommitWish wish) {
        check(wish.message(), wish.key());
        wish.written().keySet().forEach(Paths::check);
        for (var folder : Paths.folders(wish.written().keySet())) {
            if (wish.written().containsKey(folder)) {
                throw new Invalid(
                        "\"%s\" cannot be both a file and a folder.".formatted(folder),
                        List.of(new Invalid.Field("path", "is a folder too")));
            }
        }
    }

    /**
     * @throws Invalid when a path or the message cannot be
     */
    static void check(MergeWish wish) {
        check(wish.message(), wish.key());
        wish.theirs().keySet().forEach(Paths::check);
    }

    private static void check(String message, @Nullable String key) {
        if (message.isBlank() || message.length() > LONGEST_MESSAGE) {
            throw new Invalid(
                    "A commit has a message, of at most %d characters.".formatted(LONGEST_MESSAGE),
                    List.of(new Invalid.Field("message", "is missing or too long")));
        }
        if (key != null && (key.isBlank() || key.length() > LONGEST_KEY)) {
            throw new IllegalArgumentException("A key has 1 to " + LONGEST_KEY + " characters");
        }
    }

    /** The commit that a branch begins at; null when the repository is empty. */
    private static @Nullable RevCommit beginning(Open open, @Nullable String from)
            throws IOException {
        if (from == null) {
            var at = RefMoves.at(open.git, RefMoves.defaultRef(open.repository));
            return at.equals(ObjectId.zeroId()) ? null : open.walk.parseCommit(at);
        }
        return open.walk.parseCommit(Contents.resolve(open.git, open.repository, from));
    }

    /** The files of a commit with those of the wish. */
    static ObjectId tree(
            Repository git, ObjectInserter inserter, @Nullable RevCommit base, CommitWish wish)
            throws IOException {
        var index = DirCache.newInCore();
        var builder = index.builder();
        if (base != null) {
            var files = wish.written().keySet();
            var folders = Paths.folders(files);
            try (var walk = new TreeWalk(git)) {
                walk.addTree(base.getTree());
                walk.setRecursive(true);
                while (walk.next()) {
                    var path = walk.getPathString();
                    // A file takes the place of a folder, and the other way round.
                    if (!Paths.within(path, files)
                            && !folders.contains(path)
                            && !Paths.within(path, wish.removed())) {
                        var kept = new DirCacheEntry(path);
                        kept.setFileMode(walk.getFileMode(0));
                        kept.setObjectId(walk.getObjectId(0));
                        builder.add(kept);
                    }
                }
            }
        }
        for (var file : wish.written().entrySet()) {
            var entry = new DirCacheEntry(file.getKey());
            entry.setFileMode(
                    file.getValue().executable()
                            ? FileMode.EXECUTABLE_FILE
                            : FileMode.REGULAR_FILE);
            entry.setObjectId(inserter.insert(Constants.OBJ_BLOB, file.getValue().bytes()));
            builder.add(entry);
        }
        builder.finish();
        return index.writeTree(inserter);
    }

    private Commit add(
            Open open,
            String ref,
            ObjectId at,
            @Nullable RevCommit parent,
            ObjectId tree,
            String message,
            Author author,
            String way,
            @Nullable String key)
            throws IOException {
        var id = open.inserter.insert(builder(parent, tree, message, author, Instant.now()));
        open.inserter.flush();
        return move(open, ref, at, open.walk.parseCommit(id), way, key);
    }

    static CommitBuilder builder(
            @Nullable ObjectId parent, ObjectId tree, String message, Author author, Instant time) {
        var builder = new CommitBuilder();
        builder.setTreeId(tree);
        if (parent != null) {
            builder.setParentId(parent);
        }
        builder.setAuthor(new PersonIdent(author.name(), author.email(), time, ZoneOffset.UTC));
        builder.setCommitter(
                new PersonIdent(Author.PORTAL.name(), Author.PORTAL.email(), time, ZoneOffset.UTC));
        builder.setMessage(message.strip() + "\n");
        return builder;
    }

    /** The key is written down before the branch moves, with the commit that it stands for. */
    private Commit move(
            Open open, String ref, ObjectId at, RevCommit commit, String way, @Nullable String key)
            throws IOException {
        if (key != null) {
            QuarkusTransaction.requiringNew()
                    .run(() -> remember(open.repository, key, ref, commit));
        }
        var move = new RefMoves.Move(ref, at, commit.copy());
        moves.move(
                open.repository,
                List.of(move),
                way,
                Acts.actor(),
                Map.of(),
                () -> moved(open, move) ? List.of(move) : List.of());
        if (!RefMoves.at(open.git, ref).equals(commit)) {
            throw new Conflict("The branch could not be moved. Try it again.");
        }
        if (open.git.exactRef(RefMoves.defaultRef(open.repository)) == null) {
            repositories.rename(
                    open.git, open.repository, ref.substring(Constants.R_HEADS.length()));
        }
        if (key != null) {
            finished(open.repository, key);
        }
        return Commit.of(commit);
    }

    private static boolean moved(Open open, RefMoves.Move move) throws IOException {
        var update = open.git.updateRef(move.ref());
        update.setExpectedOldObjectId(move.from());
        update.setNewObjectId(move.to());
        update.disableRefLog();
        var result = update.update(open.walk);
        return result == RefUpdate.Result.NEW || result == RefUpdate.Result.FAST_FORWARD;
    }

    // What was asked before -----------------------------------------------------------------------

    private record Asked(ObjectId commit, String ref, boolean moved) {}

    private void remember(GitRepository repository, String key, String ref, RevCommit commit) {
        sql.update(
                """
                insert into repository_commit (repository, key, ref, commit_id) values (?, ?, ?, ?)
                on conflict (repository, key) do update
                set ref = excluded.ref, commit_id = excluded.commit_id, moved = false
                """,
                repository.id(),
                key,
                ref,
                commit.name());
    }

    private void finished(GitRepository repository, String key) {
        sql.update(
                "update repository_commit set moved = true where repository = ? and key = ?",
                repository.id(),
                key);
    }

    /**
     * The commit of a key; null when there is none, or when its branch went on without it. One
     * whose branch did not move because the portal was killed before that is moved to now: the same
     * commit, not another.
     */
    private @Nullable Commit asked(Open open, String ref, @Nullable String key) throws IOException {
        if (key == null) {
            return null;
        }
        var asked =
                sql.first(
                                """
                                select commit_id, ref, moved from repository_commit
                                where repository = ? and key = ?
                                """,
                                row ->
                                        new Asked(
                                                ObjectId.fromString(row.getString(1)),
                                                row.getString(2),
                                                row.getBoolean(3)),
                                open.repository.id(),
                                key)
                        .orElse(null);
        if (asked == null || !open.git.getObjectDatabase().has(asked.commit)) {
            return null;
        }
        if (!asked.ref.equals(ref)) {
            throw new Conflict("The key \"%s\" was used for %s already.".formatted(key, asked.ref));
        }
        var commit = open.walk.parseCommit(asked.commit);
        var at = RefMoves.at(open.git, ref);
        if (asked.moved || contains(open, at, commit)) {
            finished(open.repository, key);
            return Commit.of(commit);
        }
        var parent = commit.getParentCount() == 0 ? ObjectId.zeroId() : commit.getParent(0).copy();
        var begins = at.equals(ObjectId.zeroId());
        return begins || at.equals(parent) ? move(open, ref, at, commit, "commit", key) : null;
    }

    private static boolean contains(Open open, ObjectId at, RevCommit commit) throws IOException {
        return !at.equals(ObjectId.zeroId())
                && open.walk.isMergedInto(commit, open.walk.parseCommit(at));
    }
}
