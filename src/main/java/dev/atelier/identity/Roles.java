package dev.atelier.identity;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What each role may do, and who holds it. */
@ApplicationScoped
public class Roles {

    /** How far a permission of a role goes. */
    public enum Reach {
        /** With things that belong to the holder or to a team of theirs. */
        OWN,
        /** With all that is visible to them. */
        ALL;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Reach by role and permission; absent means no. */
    public static final class Matrix {
        private final Map<Role, Map<Permission, Reach>> reach = new EnumMap<>(Role.class);

        public @Nullable Reach reach(Role role, Permission permission) {
            return reach.getOrDefault(role, Map.of()).get(permission);
        }

        private void set(Role role, Permission permission, Reach value) {
            reach.computeIfAbsent(role, r -> new EnumMap<>(Permission.class))
                    .put(permission, value);
        }
    }

    /**
     * A role given to somebody.
     *
     * @param source {@code local}, or {@code claims} when the sign-in provider says so
     */
    public record Assignment(
            long id, String holder, Role role, @Nullable String team, String source) {}

    private final Sql sql;
    private final Audit audit;
    private final RoleNews news;
    private final Instance<Caller> caller;
    private final KnownSubjects known;
    private final LoadingCache<Boolean, Matrix> matrix;

    Roles(Sql sql, Audit audit, RoleNews news, Instance<Caller> caller, KnownSubjects known) {
        this.sql = sql;
        this.audit = audit;
        this.news = news;
        this.caller = caller;
        this.known = known;
        this.matrix = Caffeine.newBuilder().expireAfterWrite(Access.KEPT).build(key -> read());
    }

    public Matrix matrix() {
        return matrix.get(true);
    }

    private Matrix read() {
        var read = new Matrix();
        sql.list(
                "select role, permission, reach from role_permission",
                row -> {
                    // A role or permission of a newer release than this replica is left out.
                    var role = Role.of(row.getString(1));
                    var permission = Permission.of(row.getString(2));
                    if (role.isPresent() && permission.isPresent()) {
                        var reach = Reach.valueOf(row.getString(3).toUpperCase(Locale.ROOT));
                        read.set(role.get(), permission.get(), reach);
                    }
                    return true;
                });
        return read;
    }

    /**
     * Changes a cell of the matrix; null takes the permission away.
     *
     * @throws Conflict when nobody could change the matrix any more
     */
    @Transactional
    public void allow(Role role, Permission permission, @Nullable Reach reach) {
        if (role == Role.PLATFORM_ADMIN && reach != Reach.ALL) {
            throw new Conflict(
                    "A platform admin may do everything, else nobody could mend access.");
        }
        if (reach == null) {
            sql.update(
                    "delete from role_permission where role = ? and permission = ?",
                    role.id(),
                    permission.id());
        } else {
            sql.update(
                    """
                    insert into role_permission (role, permission, reach) values (?, ?, ?)
                    on conflict (role, permission) do update set reach = excluded.reach
                    """,
                    role.id(),
                    permission.id(),
                    reach.id());
        }
        audit.record(
                "role.allow",
                "role:" + role.id(),
                Map.of(
                        "permission",
                        permission.id(),
                        "reach",
                        reach == null ? "none" : reach.id()));
        matrix.invalidateAll();
    }

    /** Roles that any of these holders has. */
    List<Assignment> of(Collection<String> holders) {
        return list("where holder = any(?)", (Object) holders.toArray(String[]::new));
    }

    public List<Assignment> all() {
        return list("");
    }

    private List<Assignment> list(String where, @Nullable Object... values) {
        return sql
                .list(
                        "select id, holder, role, team, source from role_assignment "
                                + where
                                + " order by role, holder, team",
                        Roles::assignment,
                        values)
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Assignment> assignment(ResultSet row) throws SQLException {
        var id = row.getLong(1);
        var holder = row.getString(2);
        var team = row.getString(4);
        var source = row.getString(5);
        return Role.of(row.getString(3))
                .map(role -> new Assignment(id, holder, role, team, source));
    }

    /** Names of people and teams that hold the highest role, for the one who must ask. */
    public List<String> admins() {
        return sql.list(
                """
                select holder from role_assignment
                where role = ? and team is null and holder not like 'service:%' order by holder limit 4
                """,
                row -> row.getString(1), Role.PLATFORM_ADMIN.id());
    }

    /** Gives a role at the first start. */
    @Transactional(Transactional.TxType.MANDATORY)
    void begin(String holder, Role role) {
        sql.update(
                """
                insert into role_assignment (holder, role, source, granted_by)
                values (?, ?, 'local', ?) on conflict do nothing
                """,
                holder,
                role.id(),
                Audit.SYSTEM);
        audit.recordBySystem("role.assign", holder, detail(role, null));
        known.forget();
    }

    /** Gives a role; holding it already is fine. */
    @Transactional
    public void assign(String holder, Role role, @Nullable String team, String by) {
        var rows =
                sql.update(
                        """
                        insert into role_assignment (holder, role, team, source, granted_by)
                        values (?, ?, ?, 'local', ?) on conflict do nothing
                        """,
                        holder,
                        role.id(),
                        team,
                        by);
        if (rows > 0) {
            audit.record("role.assign", holder, detail(role, team));
            news.given(holder, role, team, by);
            known.forget();
        }
    }

    /**
     * Takes a role away.
     *
     * @return whose it was
     * @throws Conflict when it is the last administrator's, or comes from the sign-in provider
     */
    @Transactional
    public String withdraw(long id) {
        // One administrator at a time: two who withdraw each other must not both succeed.
        sql.list(
                "select 1 from role_assignment where role = 'platform-admin' for update", row -> 1);
        var found =
                list("where id = ?", id).stream()
                        .findFirst()
                        .orElseThrow(() -> new Conflict("This role was withdrawn already."));
        if (found.source().equals("claims")) {
            throw new Conflict(
                    "This role comes from the sign-in provider. Take it away there; it ends with the"
                            + " next sign-in or refresh.");
        }
        sql.update("delete from role_assignment where id = ?", id);
        if (found.role() == Role.PLATFORM_ADMIN && admins().isEmpty()) {
            throw new Conflict("This is the last platform admin. Name another one first.");
        }
        audit.record("role.withdraw", found.holder(), detail(found.role(), found.team()));
        news.withdrawn(found.holder(), found.role(), found.team(), caller.get().entityRef());
        known.forget();
        return found.holder();
    }

    /** Replaces what the sign-in provider says of somebody. */
    @Transactional(Transactional.TxType.MANDATORY)
    void claim(String holder, Set<Role> claimed) {
        var now = new HashMap<Role, Long>();
        list("where holder = ? and source = 'claims'", holder)
                .forEach(assignment -> now.put(assignment.role(), assignment.id()));
        for (var role : claimed) {
            if (now.remove(role) == null) {
                sql.update(
                        """
                        insert into role_assignment (holder, role, team, source, granted_by)
                        values (?, ?, null, 'claims', 'system:sign-in') on conflict do nothing
                        """,
                        holder,
                        role.id());
                news.given(holder, role, null, Audit.SYSTEM);
            }
        }
        now.forEach(
                (role, id) -> {
                    sql.update("delete from role_assignment where id = ?", id);
                    news.withdrawn(holder, role, null, Audit.SYSTEM);
                });
    }

    private static Map<String, String> detail(Role role, @Nullable String team) {
        return team == null ? Map.of("role", role.id()) : Map.of("role", role.id(), "team", team);
    }
}
