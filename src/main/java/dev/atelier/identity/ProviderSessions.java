package dev.atelier.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is kept beside a session that the sign-in provider vouches for. */
@ApplicationScoped
class ProviderSessions {

    /** The provider's tokens, which lie encrypted in the database. */
    record Tokens(@Nullable String refresh, @Nullable String id) {}

    /**
     * @param tokens null when no key here opens them
     */
    record Kept(
            long session, String issuer, String subject, String account, @Nullable Tokens tokens) {}

    private final Sql sql;
    private final SecretBox box;
    private final ObjectMapper json;
    private final Audit audit;
    private final KnownSubjects known;

    ProviderSessions(Sql sql, SecretBox box, ObjectMapper json, Audit audit, KnownSubjects known) {
        this.sql = sql;
        this.box = box;
        this.json = json;
        this.audit = audit;
        this.known = known;
    }

    /** Joins tokens to a session that has just begun. */
    @Transactional(Transactional.TxType.MANDATORY)
    void attach(
            String cookie,
            String issuer,
            String subject,
            @Nullable String sid,
            Tokens tokens,
            Duration life) {
        var closed = close(tokens, issuer, subject);
        sql.update(
                """
                insert into provider_session (session, issuer, subject, sid, key_id, tokens, refresh_at)
                select id, ?, ?, ?, ?, ?, case when ? then clock_timestamp() + ?::interval end
                from account_session where hash = ?
                """,
                issuer,
                subject,
                sid,
                SecretBox.keyOf(closed),
                closed,
                tokens.refresh() != null,
                life.toString(),
                Secrets.hash(cookie));
        if (tokens.refresh() == null) {
            // Nothing to ask the provider with: the person goes there again instead.
            sql.update(
                    """
                    update account_session
                    set expires_at = least(expires_at, clock_timestamp() + interval '1 hour')
                    where hash = ?
                    """,
                    (Object) Secrets.hash(cookie));
        }
    }

    static String purpose(String issuer, String subject) {
        return "provider-session " + issuer + " " + subject;
    }

    private byte[] close(Tokens tokens, String issuer, String subject) {
        try {
            return box.close(json.writeValueAsBytes(tokens), purpose(issuer, subject));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private @Nullable Tokens open(byte[] closed, String issuer, String subject) {
        try {
            return json.readValue(box.open(closed, purpose(issuer, subject)), Tokens.class);
        } catch (SecretBox.Closed e) {
            return null;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    Optional<Kept> of(long session) {
        return read("where p.session = ?", session);
    }

    private Optional<Kept> read(String where, Object... values) {
        return sql.first(
                """
                select p.session, p.issuer, p.subject, s.account, p.tokens
                from provider_session p join account_session s on s.id = p.session
                """
                        + where,
                row ->
                        new Kept(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                open(row.getBytes(5), row.getString(2), row.getString(3))),
                values);
    }

    /**
     * Takes the refresh of a session upon this replica, for as long as a provider may take to
     * answer; empty when it is not due, or another one is at it.
     */
    Optional<Kept> due(long session) {
        var rows =
                sql.update(
                        """
                        update provider_session set refresh_at = clock_timestamp() + interval '15 seconds'
                        where session = ? and refresh_at <= clock_timestamp()
                        """,
                        session);
        return rows == 0 ? Optional.empty() : of(session);
    }

    /** Asks again later. */
    void postpone(long session, Duration wait) {
        sql.update(
                "update provider_session set refresh_at = clock_timestamp() + ?::interval where session = ?",
                wait.toString(),
                session);
    }

    @Transactional
    void refreshed(Kept kept, Tokens tokens, Duration life) {
        var closed = close(tokens, kept.issuer(), kept.subject());
        sql.update(
                """
                update provider_session set key_id = ?, tokens = ?, refresh_at = clock_timestamp() + ?::interval
                where session = ?
                """,
                SecretBox.keyOf(closed),
                closed,
                life.toString(),
                kept.session());
    }

    /** Ends a session that the provider does not stand for any more. */
    @Transactional
    void end(Kept kept, String reason) {
        if (sql.update("delete from account_session where id = ?", kept.session()) > 0) {
            audit.recordAs(
                    "system:sign-in",
                    "session.end",
                    "user:default/" + kept.account(),
                    Map.of("reason", reason));
        }
        known.forget();
    }

    /**
     * Ends what a back-channel logout names: one session of the provider, or all of a person.
     *
     * @param jti the logout token's own name
     * @return false when this token was used before
     */
    @Transactional
    boolean logout(
            String issuer,
            String jti,
            Duration remembered,
            @Nullable String sid,
            @Nullable String subject) {
        sql.update("delete from provider_logout where expires_at < clock_timestamp()");
        var fresh =
                sql.update(
                        """
                        insert into provider_logout (issuer, jti, expires_at)
                        values (?, ?, clock_timestamp() + ?::interval) on conflict do nothing
                        """,
                        issuer,
                        jti,
                        remembered.toString());
        if (fresh == 0) {
            return false;
        }
        var ended =
                sql.list(
                        """
                        delete from account_session where id in (
                          select session from provider_session
                          where issuer = ? and (?::text is null or sid = ?)
                            and (?::text is null or subject = ?))
                        returning account
                        """,
                        row -> row.getString(1),
                        issuer,
                        sid,
                        sid,
                        subject,
                        subject);
        for (var account : ended) {
            audit.recordAs(
                    "system:sign-in",
                    "session.end",
                    "user:default/" + account,
                    Map.of("reason", "back-channel logout"));
        }
        known.forget();
        return true;
    }
}
