package dev.atelier.repositories;

import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Owned;
import dev.atelier.identity.PublicAddress;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All repositories. Whether somebody may, is asked by whoever calls. */
@ApplicationScoped
public class Repositories implements Owned {

    public static final String MAIN = "main";

    static final int LONGEST_DESCRIPTION = 500;

    private static final String UNIQUE = "23505";
    private static final Pattern OWNER =
            Pattern.compile("(group|user):default/([a-z0-9]+(?:[-_.][a-z0-9]+)*)");

    private static final String SELECT =
            """
            select id, team, name, owner, description, default_branch, created_at, created_by,
                   pushed_at
            from repository
            """;

    private final Sql sql;
    private final Audit audit;
    private final Access access;
    private final Storage storage;
    private final PublicAddress portal;
    private final Event<Moved> moved;

    Repositories(
            Sql sql,
            Audit audit,
            Access access,
            Storage storage,
            PublicAddress portal,
            Event<Moved> moved) {
        this.sql = sql;
        this.audit = audit;
        this.access = access;
        this.storage = storage;
        this.portal = portal;
        this.moved = moved;
    }

    private static GitRepository read(ResultSet row) throws SQLException {
        return new GitRepository(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getObject(7, OffsetDateTime.class).toInstant(),
                row.getString(8),
                Sql.instant(row, 9));
    }

    /** By the two parts of its address, whatever their case. */
    public Optional<GitRepository> find(String team, String name) {
        return sql.first(
                SELECT + "where team = ? and lower(name) = ? and deleted_at is null",
                Repositories::read,
                team.toLowerCase(Locale.ROOT),
                name.toLowerCase(Locale.ROOT));
    }

    public Optional<GitRepository> find(long id) {
        return sql.first(SELECT + "where id = ? and deleted_at is null", Repositories::read, id);
    }

    /**
     * @throws NotFound in the words of one that is hidden
     */
    public GitRepository get(String team, String name) {
        return find(team, name).orElseThrow(() -> Resource.unknown(GitRepository.ref(team, name)));
    }

    /** What {@code git clone} is told, as whoever makes this request reaches the portal. */
    public URI url(GitRepository repository, RoutingContext request) {
        return portal.of(request, repository.gitAddress());
    }

    /**
     * First part of the address of what belongs to an owner.
     *
     * @param owner reference of a group or user of the default namespace
     * @throws Invalid when it is none
     */
    public static String teamOf(String owner) {
        var match = OWNER.matcher(owner);
        if (!match.matches()) {
            throw new Invalid(
                    "A repository belongs to a team or a person, such as group:default/vision or"
                            + " user:default/ines.",
                    List.of(new Invalid.Field("owner", "is no such reference")));
        }
        return (match.group(1).equals("user") ? "~" : "") + match.group(2);
    }

    /** The reference of an owner: the reverse of {@link #teamOf}. */
    static String ownerOf(String team) {
        return team.startsWith("~") ? "user:default/" + team.substring(1) : "group:default/" + team;
    }

    /** What permissions will call a repository that is about to be made. */
    public static String refOf(String owner, String name) {
        return GitRepository.ref(teamOf(owner), name);
    }

    /**
     * Makes an empty repository.
     *
     * @param owner reference of a group or user of the default namespace
     * @param actor reference of whoever makes it
     * @throws Conflict when the owner has one of that name
     * @throws Invalid when the name or the owner cannot be
     */
    @Transactional
    public GitRepository create(String owner, String name, String description, String actor) {
        return make(owner, name, description, actor, null);
    }

    /**
     * As {@link #create}, once for each key: asked again, say by a task that goes on after a crash,
     * it gives the repository that it made.
     *
     * @param key names the act for good, among all of the portal's
     */
    @Transactional
    public GitRepository createOnce(
            String owner, String name, String description, String actor, String key) {
        var before =
                sql.first(
                        SELECT + "where made_by = ? and deleted_at is null",
                        Repositories::read,
                        key);
        return before.orElseGet(() -> make(owner, name, description, actor, key));
    }

    private GitRepository make(
            String owner, String name, String description, String actor, @Nullable String key) {
        var team = teamOf(owner);
        RefNames.repository(name);
        checkDescription(description);
        try {
            var made =
                    sql.one(
                            """
                            insert into repository
                                (team, name, owner, description, default_branch, created_by,
                                 made_by)
                            values (?, ?, ?, ?, ?, ?, ?)
                            returning id, team, name, owner, description, default_branch,
                                      created_at, created_by, pushed_at
                            """,
                            Repositories::read,
                            team,
                            name,
                            owner,
                            description.strip(),
                            MAIN,
                            actor,
                            key);
            // The folder first, the row last: what a crash leaves is an empty folder that no row
            // names and whose number is never used again.
            storage.create(made.id(), made.defaultBranch());
            Acts.record(audit, "repository.create", made.ref(), Map.of("owner", owner));
            access.forget(made.ref());
            return made;
        } catch (Sql.Failed e) {
            if (e.state().equals(UNIQUE)) {
                throw new Conflict("There is a repository %s/%s already.".formatted(team, name));
            }
            throw e;
        }
    }

    private static void checkDescription(String description) {
        if (description.strip().length() > LONGEST_DESCRIPTION) {
            throw new Invalid(
                    "A description has at most %d characters.".formatted(LONGEST_DESCRIPTION),
                    List.of(new Invalid.Field("description", "is too long")));
        }
    }

    @Transactional
    public GitRepository describe(GitRepository repository, String description) {
        checkDescription(description);
        sql.update(
                "update repository set description = ? where id = ?",
                description.strip(),
                repository.id());
        Acts.record(audit, "repository.describe", repository.ref(), Map.of());
        return find(repository.id()).orElse(repository);
    }

    /**
     * Lets another branch be shown first and checked out by a clone.
     *
     * @throws Invalid when there is no such branch
     */
    @Transactional
    public GitRepository setDefaultBranch(GitRepository repository, String branch) {
        var ref = RefNames.branch(branch);
        try (var git = storage.open(repository)) {
            if (git.exactRef(ref) == null) {
                throw new Invalid(
                        "There is no branch \"%s\".".formatted(branch),
                        List.of(new Invalid.Field("branch", "does not exist")));
            }
            rename(git, repository, branch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Acts.record(
                audit,
                "repository.default-branch",
                repository.ref(),
                Map.of("from", repository.defaultBranch(), "to", branch));
        return find(repository.id()).orElse(repository);
    }

    /** The row says which it is; HEAD follows, and is mended by the next change if it could not. */
    void rename(org.eclipse.jgit.lib.Repository git, GitRepository repository, String branch)
            throws IOException {
        sql.update(
                "update repository set default_branch = ? where id = ?", branch, repository.id());
        Storage.head(git, branch);
    }

    /** For good, with all that was granted on it. Its files go once this is committed. */
    @Transactional
    public void delete(GitRepository repository) {
        if (sql.update(
                        """
                        update repository set deleted_at = clock_timestamp()
                        where id = ? and deleted_at is null
                        """,
                        repository.id())
                == 0) {
            throw new Conflict("This repository was deleted already.");
        }
        Acts.record(
                audit,
                "repository.delete",
                repository.ref(),
                Map.of("name", repository.fullName(), "id", repository.id()));
        moved.fire(
                new Moved(
                        "repository",
                        repository.fullName(),
                        repository.fullName(),
                        Moved.Cause.PURGED));
        access.forget(repository.ref());
    }

    /** Numbers of those that were deleted and whose folder may still be there. */
    List<Long> deleted() {
        return sql.list(
                "select id from repository where deleted_at is not null order by id",
                row -> row.getLong(1));
    }

    /**
     * Those with the text in their name or description, the latest pushed to first.
     *
     * @param team first part of the address, empty for all
     * @param unseen references of those that are left out
     */
    List<GitRepository> listed(
            String text, String team, Collection<String> unseen, int limit, int offset) {
        var like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
        return sql.list(
                SELECT
                        + """
                        where deleted_at is null
                          and (team || '/' || name ilike ? or description ilike ?)
                          and (? = '' or team = ?)
                          and 'repository:default/' || team || '/' || lower(name) <> all(?)
                        order by coalesce(pushed_at, created_at) desc, id desc
                        limit ? offset ?
                        """,
                Repositories::read,
                like,
                like,
                team,
                team,
                unseen.toArray(String[]::new),
                limit,
                offset);
    }

    @Override
    public Map<String, String> ownersOf(Collection<String> refs) {
        var owners = new HashMap<String, String>();
        for (var ref : refs) {
            if (ref.startsWith(GitRepository.KIND)) {
                var path = ref.substring(GitRepository.KIND.length());
                var slash = path.indexOf('/');
                if (slash > 0) {
                    owners.put(ref, ownerOf(path.substring(0, slash)));
                }
            }
        }
        return owners;
    }
}
