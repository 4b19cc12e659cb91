package dev.atelier.repositories;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;

/**
 * Moves refs, one change of a repository at a time. Refs are files and the audit log is a table, so
 * no transaction holds both: each move is written down before the ref moves ({@code begun}), and
 * closed together with the audit log's row after it. A crash between the two leaves a row that the
 * next change of the repository, or the next start, compares with the ref and tells truly.
 *
 * <p>Whatever instant the portal is killed at: objects of a push lie apart until its refs are about
 * to move; they are linked with their index last and forced to disk; each ref is a file that is
 * written beside and renamed. So a ref names what is whole, or what it named before.
 */
@ApplicationScoped
class RefMoves {

    private static final int LOCKS = 64;
    private static final int TOLD = 50;

    /**
     * A ref and where it goes.
     *
     * @param from zeros when it is made
     * @param to zeros when it is deleted
     */
    record Move(String ref, ObjectId from, ObjectId to) {}

    private record Begun(long id, Move move, String way, String actor) {}

    /** Work on a repository that nobody else changes meanwhile. */
    @FunctionalInterface
    interface Work<T> {
        T with(GitRepository current) throws IOException;
    }

    /** The ref moves themselves; says which of them did. */
    @FunctionalInterface
    interface Moving {
        Collection<Move> move() throws IOException;
    }

    private final Sql sql;
    private final Audit audit;
    private final Transaction transaction;
    private final Repositories repositories;
    private final Storage storage;
    private final Map<Integer, ReentrantLock> locks = new ConcurrentHashMap<>();

    RefMoves(
            Sql sql,
            Audit audit,
            Transaction transaction,
            Repositories repositories,
            Storage storage) {
        this.sql = sql;
        this.audit = audit;
        this.transaction = transaction;
        this.repositories = repositories;
        this.storage = storage;
    }

    /**
     * Does the work in a transaction while nobody else, here or in another replica, moves refs of
     * the repository.
     *
     * @throws Unavailable when others are at it for too long
     */
    <T> T alone(GitRepository repository, Work<T> work) {
        var lock = locks.computeIfAbsent((int) (repository.id() % LOCKS), _ -> new ReentrantLock());
        try {
            // Waiting here costs no connection of the database.
            if (!lock.tryLock(20, TimeUnit.SECONDS)) {
                throw busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy();
        }
        try {
            return transaction.call(
                    () -> {
                        var current = hold(repository);
                        recover(current);
                        return work.with(current);
                    });
        } finally {
            lock.unlock();
        }
    }

    private static Unavailable busy() {
        return new Unavailable("Others change this repository at the moment. Send it again.");
    }

    /** Rows of {@code repository_move} refer to this one, which the weaker lock allows. */
    private GitRepository hold(GitRepository repository) {
        sql.list(
                "select 1 from repository where id = ? for no key update",
                row -> 1,
                repository.id());
        return repositories
                .find(repository.id())
                .orElseThrow(() -> Resource.unknown(repository.ref()));
    }

    /** Inside of {@link #alone}: moves refs and writes down which. */
    void move(
            GitRepository repository,
            List<Move> moves,
            String way,
            String actor,
            Map<String, ?> detail,
            Moving moving)
            throws IOException {
        var begun =
                QuarkusTransaction.requiringNew()
                        .call(
                                () ->
                                        moves.stream()
                                                .map(move -> begin(repository, move, way, actor))
                                                .toList());
        var done = moving.move();
        close(begun.stream().filter(b -> done.contains(b.move)).toList(), "done");
        close(begun.stream().filter(b -> !done.contains(b.move)).toList(), "failed");
        if (!done.isEmpty()) {
            sql.update(
                    "update repository set pushed_at = clock_timestamp() where id = ?",
                    repository.id());
            Acts.record(audit, "repository." + way, repository.ref(), with(detail, told(done)));
        }
    }

    private static Map<String, Object> with(Map<String, ?> detail, Map<String, ?> more) {
        var all = new java.util.TreeMap<String, Object>(detail);
        all.putAll(more);
        return all;
    }

    private static Map<String, Object> told(Collection<Move> moves) {
        return Map.of(
                "refs",
                moves.stream()
                        .limit(TOLD)
                        .map(
                                move ->
                                        "%s %s → %s"
                                                .formatted(
                                                        move.ref, name(move.from), name(move.to)))
                        .toList(),
                "moved",
                moves.size());
    }

    private static String name(ObjectId id) {
        return id.equals(ObjectId.zeroId()) ? "nothing" : id.name();
    }

    private Begun begin(GitRepository repository, Move move, String way, String actor) {
        var id =
                sql.one(
                        """
                        insert into repository_move (repository, ref, old_id, new_id, way, actor)
                        values (?, ?, ?, ?, ?, ?) returning id
                        """,
                        row -> row.getLong(1),
                        repository.id(),
                        move.ref,
                        move.from.name(),
                        move.to.name(),
                        way,
                        actor);
        return new Begun(id, move, way, actor);
    }

    private void close(List<Begun> moves, String state) {
        if (!moves.isEmpty()) {
            sql.update(
                    "update repository_move set state = ? where id = any(?)",
                    state,
                    moves.stream().map(Begun::id).toArray(Long[]::new));
        }
    }

    /** Closes what a crash left open: the refs themselves say what came of it. */
    private void recover(GitRepository repository) throws IOException {
        var open =
                sql.list(
                        """
                        select id, ref, old_id, new_id, way, actor from repository_move
                        where repository = ? and state = 'begun' order by id
                        """,
                        row ->
                                new Begun(
                                        row.getLong(1),
                                        new Move(
                                                row.getString(2),
                                                ObjectId.fromString(row.getString(3)),
                                                ObjectId.fromString(row.getString(4))),
                                        row.getString(5),
                                        row.getString(6)),
                        repository.id());
        if (open.isEmpty()) {
            return;
        }
        var done = new ArrayList<Begun>();
        try (var git = storage.open(repository)) {
            for (var one : open) {
                if (at(git, one.move.ref).equals(one.move.to)) {
                    done.add(one);
                }
            }
        }
        close(done, "done");
        close(open.stream().filter(one -> !done.contains(one)).toList(), "failed");
        for (var one : done) {
            audit.recordBySystem(
                    "repository." + one.way,
                    repository.ref(),
                    with(
                            Map.of("by", one.actor, "note", "found after an interruption"),
                            told(List.of(one.move))));
        }
    }

    /** Repositories with moves that were begun and not closed. */
    void recoverAll() {
        sql.list(
                        "select distinct repository from repository_move where state = 'begun'",
                        row -> row.getLong(1))
                .forEach(id -> repositories.find(id).ifPresent(one -> alone(one, _ -> one.id())));
    }

    /** What a ref names; zeros when it is not there. */
    static ObjectId at(Repository git, String ref) throws IOException {
        var found = git.exactRef(ref);
        var id = found == null ? null : found.getObjectId();
        return id == null ? ObjectId.zeroId() : id;
    }

    /** Full name of the default branch. */
    static String defaultRef(GitRepository repository) {
        return Constants.R_HEADS + repository.defaultBranch();
    }
}
