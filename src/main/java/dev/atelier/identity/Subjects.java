package dev.atelier.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds who a session cookie or token stands for. An answer is kept for a second, so that a burst
 * of calls asks the database once; a change on this replica throws it away at once.
 */
@ApplicationScoped
class Subjects {

    private record Credential(
            long id,
            boolean session,
            String account,
            @Nullable Set<Permission> scopes,
            boolean stale) {}

    private final Sql sql;
    private final Roles roles;
    private final Owners owners;
    private final Cache<ByteBuffer, Optional<Subject>> kept =
            Caffeine.newBuilder().expireAfterWrite(Access.KEPT).maximumSize(20_000).build();

    Subjects(Sql sql, Roles roles, Owners owners) {
        this.sql = sql;
        this.roles = roles;
        this.owners = owners;
    }

    /** After any change to accounts, sessions, tokens, teams or roles. */
    void forget() {
        kept.invalidateAll();
    }

    Optional<Subject> ofSession(String cookie) {
        return ofSecret(
                cookie,
                """
                select s.id, true, s.account, null,
                       s.last_seen_at < clock_timestamp() - interval '1 minute'
                from account_session s join account a on a.name = s.account
                where s.hash = ? and a.disabled_at is null and s.expires_at > clock_timestamp()
                  and s.last_seen_at > clock_timestamp() - interval '12 hours'
                """);
    }

    Optional<Subject> ofToken(String token) {
        return ofSecret(
                token,
                """
                select t.id, false, t.account, t.scopes,
                       coalesce(t.last_used_at < clock_timestamp() - interval '1 minute', true)
                from access_token t join account a on a.name = t.account
                where t.hash = ? and a.disabled_at is null and t.revoked_at is null
                  and (t.expires_at is null or t.expires_at > clock_timestamp())
                """);
    }

    private Optional<Subject> ofSecret(String secret, String query) {
        var hash = Secrets.hash(secret);
        return kept.get(
                ByteBuffer.wrap(hash),
                key -> sql.first(query, Subjects::credential, (Object) hash).map(this::subject));
    }

    private static Credential credential(ResultSet row) throws SQLException {
        var scopes = row.getArray(4);
        return new Credential(
                row.getLong(1),
                row.getBoolean(2),
                row.getString(3),
                scopes == null
                        ? null
                        : Arrays.stream((String[]) scopes.getArray())
                                .flatMap(text -> Permission.of(text).stream())
                                .collect(Collectors.toUnmodifiableSet()),
                row.getBoolean(5));
    }

    private Subject subject(Credential credential) {
        if (credential.stale()) {
            sql.update(
                    credential.session()
                            ? "update account_session set last_seen_at = clock_timestamp() where id = ?"
                            : "update access_token set last_used_at = clock_timestamp() where id = ?",
                    credential.id());
            sql.update(
                    "update account set last_seen_at = clock_timestamp() where name = ?",
                    credential.account());
        }
        return of(
                credential.account(),
                credential.scopes(),
                credential.session() ? credential.id() : null);
    }

    /** The account as it is now, with its teams and roles. */
    Subject of(String account, @Nullable Set<Permission> scopes, @Nullable Long session) {
        var row =
                sql.first(
                                """
                                select a.kind, a.display_name,
                                       (select array_agg(m.team) from team_member m where m.account = a.name)
                                from account a where a.name = ?
                                """,
                                r -> {
                                    var teams = r.getArray(3);
                                    return new Row(
                                            r.getString(1).equals("person"),
                                            r.getString(2),
                                            teams == null
                                                    ? List.of()
                                                    : List.of((String[]) teams.getArray()));
                                },
                                account)
                        .orElseThrow();
        var ref = (row.person ? "user:default/" : "service:default/") + account;
        var teams = new HashSet<>(row.teams);
        teams.addAll(owners.teamsOf(ref));
        var holders = new ArrayList<>(teams);
        holders.add(ref);
        holders.add(Subject.EVERYONE);
        var held =
                roles.of(holders).stream()
                        .map(a -> new Subject.Held(a.role(), a.team(), a.holder()))
                        .toList();
        return new Subject(
                ref,
                account,
                row.displayName,
                row.person,
                held,
                Set.copyOf(teams),
                scopes,
                session);
    }

    private record Row(boolean person, String displayName, List<String> teams) {}
}
