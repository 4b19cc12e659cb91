package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Browser sessions. They live in the database, so any replica knows them, a restart ends none, and
 * an end is an end.
 */
@ApplicationScoped
public class Sessions {

    /** The longest one lasts, used or not; {@link Subjects} ends it after 12 hours without use. */
    static final Duration LONGEST = Duration.ofDays(7);

    /** A session as its owner sees it. */
    public record Session(
            long id,
            Instant createdAt,
            Instant lastSeenAt,
            @Nullable String origin,
            @Nullable String userAgent) {

        /** What the browser calls itself, in two words; made-up names do no harm. */
        public String browser() {
            var agent = userAgent == null ? "" : userAgent;
            var name =
                    Stream.of("Edg", "OPR", "Firefox", "Chrome", "Safari")
                            .filter(agent::contains)
                            .findFirst()
                            .map(n -> n.equals("Edg") ? "Edge" : n.equals("OPR") ? "Opera" : n)
                            .orElse("A program");
            var system =
                    Stream.of("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
                            .filter(agent::contains)
                            .findFirst();
            return system.map(s -> name + " on " + s).orElse(name);
        }
    }

    private final Sql sql;
    private final Audit audit;
    private final KnownSubjects known;

    Sessions(Sql sql, Audit audit, KnownSubjects known) {
        this.sql = sql;
        this.audit = audit;
        this.known = known;
    }

    /** Begins a session with a new secret, whatever the browser brought along: the cookie. */
    @Transactional
    String begin(Account account, @Nullable String origin, @Nullable String userAgent) {
        var cookie = Secrets.opaque();
        sql.update(
                """
                insert into account_session (hash, account, expires_at, origin, user_agent)
                values (?, ?, clock_timestamp() + ?::interval, ?, ?)
                """,
                Secrets.hash(cookie),
                account.name(),
                LONGEST.toString(),
                origin,
                userAgent == null
                        ? null
                        : userAgent.substring(0, Math.min(200, userAgent.length())));
        sql.update(
                "update account set last_seen_at = clock_timestamp() where name = ?",
                account.name());
        sql.update("delete from account_session where expires_at < clock_timestamp()");
        audit.recordAs(account.ref(), "session.begin", account.ref(), Map.of());
        return cookie;
    }

    List<Session> of(String account) {
        return sql.list(
                """
                select id, created_at, last_seen_at, origin, user_agent from account_session
                where account = ? and expires_at > clock_timestamp() order by last_seen_at desc
                """,
                row ->
                        new Session(
                                row.getLong(1),
                                row.getObject(2, java.time.OffsetDateTime.class).toInstant(),
                                row.getObject(3, java.time.OffsetDateTime.class).toInstant(),
                                row.getString(4),
                                row.getString(5)),
                account);
    }

    /** Ends the session that a browser leaves, if it has not ended yet. */
    @Transactional
    void leave(Subject owner) {
        if (owner.session() != null
                && sql.update("delete from account_session where id = ?", owner.session()) > 0) {
            audit.recordAs(owner.ref(), "session.end", owner.ref(), Map.of());
            known.forget();
        }
    }

    /**
     * Ends one session of an account.
     *
     * @throws NotFound when it is not theirs or has ended
     */
    @Transactional
    void end(Subject owner, long id) {
        if (sql.update("delete from account_session where id = ? and account = ?", id, owner.name())
                == 0) {
            throw new NotFound("This session has ended already.");
        }
        audit.recordAs(owner.ref(), "session.end", owner.ref(), Map.of());
        known.forget();
    }
}
