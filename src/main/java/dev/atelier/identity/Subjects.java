package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds who a session cookie or token stands for, and puts together what an account has: its teams
 * from the catalog's files, from sign-in and as set here, and the roles that come with them.
 */
@ApplicationScoped
class Subjects {

    private record Credential(
            long id,
            boolean session,
            Account account,
            @Nullable Set<Permission> scopes,
            boolean stale,
            boolean due) {}

    private record Member(String account, String team) {}

    private final Sql sql;
    private final Roles roles;
    private final Memberships memberships;
    private final SingleSignOn singleSignOn;
    private final Refreshing refreshing;
    private final KnownSubjects known;

    Subjects(
            Sql sql,
            Roles roles,
            Memberships memberships,
            SingleSignOn singleSignOn,
            Refreshing refreshing,
            KnownSubjects known) {
        this.sql = sql;
        this.roles = roles;
        this.memberships = memberships;
        this.singleSignOn = singleSignOn;
        this.refreshing = refreshing;
        this.known = known;
    }

    Optional<Subject> ofSession(String cookie) {
        var found = session(cookie);
        if (found.isPresent() && found.get().due()) {
            refreshing.refresh(Objects.requireNonNull(found.get().subject().session()));
            known.forget(Secrets.hash(cookie));
            found = session(cookie);
        }
        return found.map(KnownSubjects.Known::subject);
    }

    private Optional<KnownSubjects.Known> session(String cookie) {
        return ofSecret(
                cookie,
                """
                select s.id as credential, true as session, null::text[] as scopes,
                       s.last_seen_at < clock_timestamp() - interval '1 minute' as stale,
                       coalesce(p.refresh_at <= clock_timestamp(), false) as due, %s
                from account_session s join account a on a.name = s.account
                     left join provider_session p on p.session = s.id
                where s.hash = ? and a.disabled_at is null and s.expires_at > clock_timestamp()
                  and s.last_seen_at > clock_timestamp() - interval '12 hours'
                """
                        .formatted(Accounts.COLUMNS));
    }

    Optional<Subject> ofToken(String token) {
        if (singleSignOn.mayBeAccessToken(token)) {
            return ofProvider(token);
        }
        return ofSecret(
                        token,
                        """
                        select t.id as credential, false as session, t.scopes,
                               coalesce(t.last_used_at < clock_timestamp() - interval '1 minute', true) as stale,
                               false as due, %s
                        from access_token t join account a on a.name = t.account
                        where t.hash = ? and a.disabled_at is null and t.revoked_at is null
                          and (t.expires_at is null or t.expires_at > clock_timestamp())
                        """
                                .formatted(Accounts.COLUMNS))
                .map(KnownSubjects.Known::subject);
    }

    /** As the database has it at this moment, within the caller's transaction. */
    Optional<Subject> ofSessionNow(String cookie) {
        known.forget(Secrets.hash(cookie));
        return session(cookie).map(KnownSubjects.Known::subject);
    }

    /**
     * As the database has it at this moment. A token of the provider that was good when the request
     * began stays so until it ends, if its account may still come in: its life is short.
     */
    Optional<Subject> ofTokenNow(String token, Subject before) {
        if (singleSignOn.mayBeAccessToken(token)) {
            return sql.first(
                    "select 1 from account where name = ? and disabled_at is null",
                    row -> before,
                    before.name());
        }
        known.forget(Secrets.hash(token));
        return ofToken(token);
    }

    /** Verified outside the cache, which must never wait for the provider. */
    private Optional<Subject> ofProvider(String token) {
        var hash = Secrets.hash(token);
        var found = known.ifPresent(hash);
        if (found == null) {
            found =
                    singleSignOn
                            .bearer(token)
                            .map(
                                    bearer ->
                                            new KnownSubjects.Known(
                                                    of(bearer.account(), bearer.claims()), false));
            known.put(hash, found);
        }
        return found.map(KnownSubjects.Known::subject);
    }

    private Optional<KnownSubjects.Known> ofSecret(String secret, String query) {
        var hash = Secrets.hash(secret);
        return known.get(
                hash,
                () ->
                        sql.first(query, Subjects::credential, (Object) hash)
                                .map(
                                        found ->
                                                new KnownSubjects.Known(
                                                        subject(found), found.due())));
    }

    private static Credential credential(ResultSet row) throws SQLException {
        var scopes = row.getArray("scopes");
        return new Credential(
                row.getLong("credential"),
                row.getBoolean("session"),
                Accounts.read(row),
                scopes == null
                        ? null
                        : Arrays.stream((String[]) scopes.getArray())
                                .flatMap(text -> Permission.of(text).stream())
                                .collect(Collectors.toUnmodifiableSet()),
                row.getBoolean("stale"),
                row.getBoolean("due"));
    }

    private Subject subject(Credential credential) {
        if (credential.stale()) {
            sql.update(
                    credential.session()
                            ? "update account_session set last_seen_at = clock_timestamp() where id = ?"
                            : "update access_token set last_used_at = clock_timestamp() where id = ?",
                    credential.id());
            seen(credential.account());
        }
        return of(credential.account())
                .with(credential.scopes(), credential.session() ? credential.id() : null);
    }

    private void seen(Account account) {
        sql.update(
                """
                update account set last_seen_at = clock_timestamp()
                where name = ? and (last_seen_at is null or last_seen_at < clock_timestamp() - interval '1 minute')
                """,
                account.name());
    }

    /** The account as it is now, with its teams and roles. */
    Subject of(Account account) {
        return of(List.of(account)).getFirst();
    }

    /** As {@link #of(Account)}, in as many statements for all as for one; in the same order. */
    List<Subject> of(List<Account> accounts) {
        return of(accounts, null);
    }

    /** An account as a token of the provider shows it. */
    private Subject of(Account account, Claims claims) {
        seen(account);
        return of(List.of(account), claims).getFirst();
    }

    /**
     * @param claims of a token in use: its roles and groups stand instead of those of the last
     *     sign-in; null when there is none
     */
    private List<Subject> of(List<Account> accounts, @Nullable Claims claims) {
        if (accounts.isEmpty()) {
            return List.of();
        }
        var teams = teams(accounts, claims);
        var holders = new HashSet<String>();
        holders.add(Subject.EVERYONE);
        accounts.forEach(account -> holders.add(account.ref()));
        teams.values().forEach(holders::addAll);
        var given =
                roles.of(holders).stream()
                        .filter(a -> claims == null || a.source().equals("local"))
                        .map(a -> new Subject.Held(a.role(), a.team(), a.holder()));
        var ref = accounts.getFirst().ref();
        var claimed =
                claims == null
                        ? Stream.<Subject.Held>empty()
                        : claims.roles().stream().map(role -> new Subject.Held(role, null, ref));
        var held =
                Stream.concat(claimed, given).collect(Collectors.groupingBy(Subject.Held::through));
        return accounts.stream()
                .map(
                        account ->
                                Subject.of(
                                        account,
                                        teams.getOrDefault(account.name(), Set.of()),
                                        held))
                .toList();
    }

    /** References of teams by the account's name. */
    private Map<String, Set<String>> teams(List<Account> accounts, @Nullable Claims claims) {
        var teams = new HashMap<String, Set<String>>();
        var stated = memberships.teamsOf(accounts.stream().map(Account::ref).toList());
        for (var account : accounts) {
            teams.put(account.name(), new HashSet<>(stated.getOrDefault(account.ref(), Set.of())));
        }
        sql.list(
                        "select account, team from team_member where account = any(?) and (? or source = 'local')",
                        row -> new Member(row.getString(1), row.getString(2)),
                        accounts.stream().map(Account::name).toArray(String[]::new),
                        claims == null)
                .forEach(
                        member ->
                                teams.computeIfAbsent(member.account(), _ -> new HashSet<>())
                                        .add(member.team()));
        if (claims != null) {
            teams.values().forEach(of -> of.addAll(claims.groups()));
        }
        return teams;
    }
}
