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
import java.util.Objects;
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
            boolean stale,
            boolean due) {}

    /**
     * @param due whether the sign-in provider is to be asked again first
     */
    private record Kept(Subject subject, boolean due) {}

    private final Sql sql;
    private final Roles roles;
    private final Owners owners;
    private final SingleSignOn singleSignOn;
    private final Cache<ByteBuffer, Optional<Kept>> kept =
            Caffeine.newBuilder().expireAfterWrite(Access.KEPT).maximumSize(20_000).build();

    Subjects(Sql sql, Roles roles, Owners owners, SingleSignOn singleSignOn) {
        this.sql = sql;
        this.roles = roles;
        this.owners = owners;
        this.singleSignOn = singleSignOn;
    }

    /** After any change to accounts, sessions, tokens, teams or roles. */
    void forget() {
        kept.invalidateAll();
    }

    Optional<Subject> ofSession(String cookie) {
        var found = session(cookie);
        if (found.isPresent() && found.get().due()) {
            singleSignOn.refresh(Objects.requireNonNull(found.get().subject().session()));
            kept.invalidate(ByteBuffer.wrap(Secrets.hash(cookie)));
            found = session(cookie);
        }
        return found.map(Kept::subject);
    }

    private Optional<Kept> session(String cookie) {
        return ofSecret(
                cookie,
                """
                select s.id, true, s.account, null,
                       s.last_seen_at < clock_timestamp() - interval '1 minute',
                       coalesce(p.refresh_at <= clock_timestamp(), false)
                from account_session s join account a on a.name = s.account
                     left join provider_session p on p.session = s.id
                where s.hash = ? and a.disabled_at is null and s.expires_at > clock_timestamp()
                  and s.last_seen_at > clock_timestamp() - interval '12 hours'
                """);
    }

    Optional<Subject> ofToken(String token) {
        if (singleSignOn.mayBeAccessToken(token)) {
            return ofProvider(token);
        }
        return ofSecret(
                        token,
                        """
                select t.id, false, t.account, t.scopes,
                       coalesce(t.last_used_at < clock_timestamp() - interval '1 minute', true),
                       false
                from access_token t join account a on a.name = t.account
                where t.hash = ? and a.disabled_at is null and t.revoked_at is null
                  and (t.expires_at is null or t.expires_at > clock_timestamp())
                """)
                .map(Kept::subject);
    }

    /** Verified outside the cache, which must never wait for the provider. */
    private Optional<Subject> ofProvider(String token) {
        var key = ByteBuffer.wrap(Secrets.hash(token));
        var known = kept.getIfPresent(key);
        if (known == null) {
            known =
                    singleSignOn
                            .bearer(token)
                            .map(bearer -> new Kept(of(bearer.account(), bearer.claims()), false));
            kept.put(key, known);
        }
        return known.map(Kept::subject);
    }

    private Optional<Kept> ofSecret(String secret, String query) {
        var hash = Secrets.hash(secret);
        return kept.get(
                ByteBuffer.wrap(hash),
                key ->
                        sql.first(query, Subjects::credential, (Object) hash)
                                .map(found -> new Kept(subject(found), found.due())));
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
                row.getBoolean(5),
                row.getBoolean(6));
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

    /**
     * An account as a token of the provider shows it: with the roles and groups of the token, not
     * those of the last sign-in.
     */
    private Subject of(Account account, Claims claims) {
        sql.update(
                """
                update account set last_seen_at = clock_timestamp()
                where name = ? and (last_seen_at is null or last_seen_at < clock_timestamp() - interval '1 minute')
                """,
                account.name());
        var teams = new HashSet<>(owners.teamsOf(account.ref()));
        teams.addAll(claims.groups());
        teams.addAll(
                sql.list(
                        "select team from team_member where account = ? and source = 'local'",
                        row -> row.getString(1),
                        account.name()));
        var holders = new ArrayList<>(teams);
        holders.add(account.ref());
        holders.add(Subject.EVERYONE);
        var held = new ArrayList<Subject.Held>();
        claims.roles().forEach(role -> held.add(new Subject.Held(role, null, account.ref())));
        roles.of(holders).stream()
                .filter(a -> !a.holder().equals(account.ref()) || a.source().equals("local"))
                .map(a -> new Subject.Held(a.role(), a.team(), a.holder()))
                .forEach(held::add);
        return new Subject(
                account.ref(),
                account.name(),
                account.displayName(),
                account.person(),
                List.copyOf(held),
                Set.copyOf(teams),
                null,
                null);
    }

    private record Row(boolean person, String displayName, List<String> teams) {}
}
