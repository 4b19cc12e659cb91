package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tokens with which programs act for an account. Shown once, stored hashed. */
@ApplicationScoped
public class AccessTokens {

    static final Duration LONGEST = Duration.ofDays(366);
    private static final int NAME = 80;

    /**
     * A token as its owner sees it.
     *
     * @param hint its first letters
     * @param scopes ids of permissions; null means all of the account
     */
    public record AccessToken(
            long id,
            String account,
            String name,
            String hint,
            @Nullable List<String> scopes,
            Instant createdAt,
            @Nullable Instant expiresAt,
            @Nullable Instant lastUsedAt,
            @Nullable Instant revokedAt) {

        public boolean live() {
            return revokedAt == null && (expiresAt == null || expiresAt.isAfter(Instant.now()));
        }
    }

    /** A new token: the only time that its text is known. */
    public record Issued(AccessToken token, String secret) {}

    private static final String SELECT =
            """
            select id, account, name, hint, scopes, created_at, expires_at, last_used_at, revoked_at
            from access_token
            """;

    private final Sql sql;
    private final Audit audit;
    private final KnownSubjects known;

    AccessTokens(Sql sql, Audit audit, KnownSubjects known) {
        this.sql = sql;
        this.audit = audit;
        this.known = known;
    }

    /**
     * Issues a token.
     *
     * @param scopes what it may do at most; null for all that the account may
     * @param life how long; at most a year
     * @throws Invalid when the name is missing or too long, or the life is not between now and a
     *     year
     */
    @Transactional
    public Issued issue(
            Account account,
            String name,
            @Nullable Set<Permission> scopes,
            Duration life,
            String by) {
        if (name.isBlank() || name.length() > NAME) {
            throw new Invalid(
                    "A token needs a name of at most " + NAME + " characters: what uses it.",
                    List.of(new Invalid.Field("name", "has 1 to " + NAME + " characters")));
        }
        if (life.isNegative() || life.isZero() || life.compareTo(LONGEST) > 0) {
            throw new Invalid(
                    "A token lasts between a minute and a year.",
                    List.of(new Invalid.Field("days", "is between 1 and 366")));
        }
        if (scopes != null && scopes.isEmpty()) {
            throw new Invalid(
                    "Choose what the token may do.",
                    List.of(new Invalid.Field("scopes", "names at least one")));
        }
        var secret = Secrets.accessToken();
        var id = insert(account, name.strip(), secret, scopes, life, by);
        return new Issued(find(id), secret);
    }

    /** Stores a secret that somebody else made: the one for installers. */
    @Transactional
    void adopt(Account account, String name, String secret) {
        insert(account, name, secret, null, null, "system:atelier");
    }

    boolean known(String secret) {
        return !sql.list(
                        "select 1 from access_token where hash = ?",
                        row -> 1,
                        (Object) Secrets.hash(secret))
                .isEmpty();
    }

    private long insert(
            Account account,
            String name,
            String secret,
            @Nullable Set<Permission> scopes,
            @Nullable Duration life,
            String by) {
        var id =
                sql.first(
                                """
                                insert into access_token (account, name, hash, hint, scopes, created_by, expires_at)
                                values (?, ?, ?, ?, ?, ?, clock_timestamp() + ?::interval) returning id
                                """,
                                row -> row.getLong(1),
                                account.name(),
                                name,
                                Secrets.hash(secret),
                                secret.substring(0, 8),
                                scopes == null
                                        ? null
                                        : scopes.stream()
                                                .map(Permission::id)
                                                .sorted()
                                                .toArray(String[]::new),
                                by,
                                life == null ? null : life.toString())
                        .orElseThrow();
        audit.recordAs(by, "token.issue", account.ref(), Map.of("token", id, "name", name));
        return id;
    }

    private AccessToken find(long id) {
        return sql.first(SELECT + "where id = ?", AccessTokens::read, id).orElseThrow();
    }

    public List<AccessToken> of(String account) {
        return sql.list(
                SELECT + "where account = ? order by revoked_at nulls first, id desc",
                AccessTokens::read,
                account);
    }

    /** All that are good, those used last first. */
    List<AccessToken> live() {
        return sql.list(
                SELECT
                        + """
                        where revoked_at is null and (expires_at is null or expires_at > clock_timestamp())
                        order by last_used_at desc nulls last, id desc
                        """,
                AccessTokens::read);
    }

    /** A token that ends soon, and who answers for it: its person, or the service's owner. */
    public record Ending(long id, String name, String account, Instant expiresAt, String keeper) {}

    /** Those that end within a time, of those that last at least twice as long. */
    public List<Ending> ending(Duration within) {
        return sql.list(
                """
                select t.id, t.name, a.name, t.expires_at,
                       case when a.kind = 'person' then 'user:default/' || a.name
                            else coalesce(a.owner, '') end
                from access_token t join account a on a.name = t.account
                where t.revoked_at is null and a.disabled_at is null
                  and t.expires_at between clock_timestamp() and clock_timestamp() + ?::interval
                  and t.expires_at - t.created_at > 2 * ?::interval
                order by t.expires_at limit 5000
                """,
                row ->
                        new Ending(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getObject(4, OffsetDateTime.class).toInstant(),
                                row.getString(5)),
                within.toString(),
                within.toString());
    }

    /**
     * Revokes a token; it answers 401 from then on.
     *
     * @param account whose it must be
     * @throws NotFound when that account has no such token
     */
    @Transactional
    public void revoke(String account, long id, String by) {
        if (sql.update(
                        """
                        update access_token set revoked_at = clock_timestamp()
                        where id = ? and account = ? and revoked_at is null
                        """,
                        id,
                        account)
                == 0) {
            throw new NotFound("This account has no such token, or it was revoked already.");
        }
        audit.recordAs(by, "token.revoke", "account:" + account, Map.of("token", id));
        known.forget();
    }

    private static AccessToken read(ResultSet row) throws SQLException {
        var scopes = row.getArray(5);
        return new AccessToken(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                scopes == null ? null : List.of((String[]) scopes.getArray()),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                Sql.instant(row, 7),
                Sql.instant(row, 8),
                Sql.instant(row, 9));
    }
}
