package dev.atelier.notifications;

import dev.atelier.identity.Audit;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.identity.Subject;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.TooMany;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where each person's digest goes, and those that are on their way. A digest is taken by one
 * replica for a while; one that dies with it is taken again, under the same id.
 */
@ApplicationScoped
class Digests {

    static final String EMAIL = "email";
    static final String WEBHOOK = "webhook";

    /** Tries before a digest is given up, over about half a day. */
    static final int MOST_TRIES = 8;

    private static final List<Duration> WAITS =
            List.of(
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(30),
                    Duration.ofHours(1),
                    Duration.ofHours(3),
                    Duration.ofHours(6));

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SECRET_BYTES = 32;
    private static final int MOST_CODE_TRIES = 5;
    static final Duration BETWEEN_MAILS = Duration.ofMinutes(1);

    /**
     * Where a digest goes.
     *
     * @param portal address for links
     * @param confirmed whether its owner has shown that the address is theirs; webhooks need not
     * @param ok how the last try ended; null before the first
     */
    record Channel(
            String account,
            String kind,
            String target,
            Pace pace,
            String portal,
            boolean confirmed,
            @Nullable Instant triedAt,
            @Nullable Boolean ok,
            @Nullable String result) {

        public boolean webhook() {
            return kind.equals(WEBHOOK);
        }
    }

    /**
     * A digest taken for sending.
     *
     * @param epoch counts the tries; an end counts only while the row still has it
     */
    record Delivery(UUID id, String account, List<Long> notes, int epoch) {}

    private static final String SELECT =
            """
            select account, kind, target, pace, portal, code_hash is null, tried_at, ok, result
            from digest_channel where account = ?
            """;

    private final Sql sql;
    private final KeptSecrets secrets;
    private final Audit audit;

    Digests(Sql sql, KeptSecrets secrets, Audit audit) {
        this.sql = sql;
        this.secrets = secrets;
        this.audit = audit;
    }

    Optional<Channel> of(String account) {
        return sql.first(SELECT, Digests::read, account);
    }

    private static Channel read(ResultSet row) throws SQLException {
        var tried = row.getObject(7, OffsetDateTime.class);
        return new Channel(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                Pace.of(row.getString(4)).orElse(Pace.DAILY),
                row.getString(5),
                row.getBoolean(6),
                tried == null ? null : tried.toInstant(),
                row.getObject(8, Boolean.class),
                row.getString(9));
    }

    private static String secretOf(String account) {
        return "digest webhook of " + account;
    }

    /** The webhook's secret as its receiver writes it down. */
    private static String written(byte[] secret) {
        return "whsec_" + Base64.getEncoder().encodeToString(secret);
    }

    Optional<byte[]> secret(String account) {
        return secrets.get(secretOf(account));
    }

    /**
     * Sends digests to a webhook from now on.
     *
     * @return the secret it is signed with, when it is a new one: shown this once
     */
    @Transactional
    Optional<String> toWebhook(Subject owner, String target, Pace pace, String portal) {
        put(owner, WEBHOOK, target, pace, portal, null);
        if (secret(owner.name()).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(renewSecret(owner));
    }

    /** Another secret for the webhook: shown this once. The old one is good for nothing then. */
    @Transactional
    String renewSecret(Subject owner) {
        if (of(owner.name()).filter(Channel::webhook).isEmpty()) {
            throw new NotFound("There is no webhook to sign for.");
        }
        var secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(secret);
        secrets.put(secretOf(owner.name()), secret);
        return written(secret);
    }

    /**
     * Sends digests to an e-mail address, once its owner has shown that it is theirs.
     *
     * @param known whether the sign-in provider vouches for the address
     * @return the code to send there; empty when none is needed
     * @throws TooMany when a code was sent a moment ago
     */
    @Transactional
    Optional<String> toEmail(
            Subject owner, String target, boolean known, Pace pace, String portal) {
        var now = of(owner.name());
        var confirmed =
                known
                        || now.filter(
                                        c ->
                                                !c.webhook()
                                                        && c.confirmed()
                                                        && c.target().equals(target))
                                .isPresent();
        if (confirmed) {
            put(owner, EMAIL, target, pace, portal, null);
            return Optional.empty();
        }
        rest(owner.name(), BETWEEN_MAILS);
        var code = "%08d".formatted(RANDOM.nextInt(100_000_000));
        put(owner, EMAIL, target, pace, portal, hash(code));
        sql.update(
                "update digest_channel set mailed_at = clock_timestamp() where account = ?",
                owner.name());
        return Optional.of(code);
    }

    /**
     * Lets a person have the portal send something by hand, now and then.
     *
     * @throws TooMany when they did a moment ago
     */
    void rest(String account, Duration rest) {
        if (sql.update(
                                """
                        update digest_channel set mailed_at = clock_timestamp()
                        where account = ?
                          and (mailed_at is null or mailed_at < clock_timestamp() - ?::interval)
                        """,
                                account,
                                rest.toString())
                        == 0
                && of(account).isPresent()) {
            throw new TooMany(
                    "You had one sent just now. Wait %d seconds.".formatted(rest.toSeconds()),
                    rest);
        }
    }

    private void put(
            Subject owner,
            String kind,
            String target,
            Pace pace,
            String portal,
            byte @Nullable [] code) {
        sql.update(
                """
                insert into digest_channel (account, kind, target, pace, portal, code_hash)
                values (?, ?, ?, ?, ?, ?)
                on conflict (account) do update
                set kind = excluded.kind, target = excluded.target, pace = excluded.pace,
                    portal = excluded.portal, code_hash = excluded.code_hash, code_tries = 0,
                    due_at = clock_timestamp(), tried_at = null, ok = null, result = null
                """,
                owner.name(),
                kind,
                target,
                pace.id(),
                portal,
                code);
        // What is on its way was made for the old address.
        sql.update("delete from digest_delivery where account = ?", owner.name());
        if (kind.equals(EMAIL)) {
            secrets.drop(secretOf(owner.name()));
        }
        audit.record("digest.set", owner.ref(), Map.of("kind", kind, "pace", pace.id()));
    }

    /**
     * Confirms an e-mail address with the code that was sent there.
     *
     * @throws Invalid when it is another code
     * @throws Conflict when it was tried too often; a new code must be sent
     */
    void confirm(Subject owner, String code) {
        // Counted first, in a statement of its own: a refusal below must not take it back.
        if (sql.update(
                        """
                        update digest_channel set code_tries = code_tries + 1
                        where account = ? and code_hash is not null and code_tries < ?
                        """,
                        owner.name(),
                        MOST_CODE_TRIES)
                == 0) {
            throw new Conflict("This code cannot be tried any more. Have a new one sent.");
        }
        if (sql.update(
                        """
                        update digest_channel set code_hash = null, due_at = clock_timestamp()
                        where account = ? and code_hash = ?
                        """,
                        owner.name(),
                        hash(code.replaceAll("\\s", "")))
                == 0) {
            throw new Invalid(
                    "This is not the code of the newest mail.",
                    List.of(new Invalid.Field("code", "is not right")));
        }
    }

    /** No digests any more. */
    @Transactional
    void remove(Subject owner) {
        if (sql.update("delete from digest_channel where account = ?", owner.name()) > 0) {
            secrets.drop(secretOf(owner.name()));
            audit.record("digest.remove", owner.ref(), Map.of());
        }
    }

    private static byte[] hash(String code) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(code.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Puts what waits, for those whose time has come, into digests. A person has one on its way at
     * most: a receiver that is down gets one large digest in the end, not many.
     */
    @Transactional
    void gather() {
        sql.list(
                """
                with due as (
                    select c.account from digest_channel c
                    where c.due_at <= clock_timestamp() and c.code_hash is null
                      and exists (select from notification n
                                  where n.account = c.account and n.digest
                                    and n.digested_at is null and n.read_at is null)
                      and not exists (select from digest_delivery d where d.account = c.account)
                    order by c.due_at limit 200 for update of c skip locked),
                taken as (
                    update notification n set digested_at = clock_timestamp() from due
                    where n.account = due.account and n.digest and n.digested_at is null
                      and n.read_at is null
                    returning n.account, n.id),
                made as (
                    insert into digest_delivery (id, account, notes)
                    select gen_random_uuid(), account, array_agg(id order by id desc)
                    from taken group by account
                    on conflict (account) do nothing
                    returning account)
                update digest_channel c
                set due_at = case pace
                    when 'hourly' then date_trunc('hour', clock_timestamp()) + interval '1 hour'
                    when 'daily' then date_trunc('day', clock_timestamp(), 'UTC') + interval '30 hours'
                    else clock_timestamp() end
                from made where c.account = made.account
                returning 1
                """,
                row -> 1);
    }

    /** Takes digests that are due, for two minutes; other replicas pass over them. */
    List<Delivery> take(int limit) {
        return sql.list(
                """
                with due as (
                    select id from digest_delivery
                    where due_at <= clock_timestamp()
                      and (leased_until is null or leased_until < clock_timestamp())
                    order by due_at limit ? for update skip locked)
                update digest_delivery d
                set leased_until = clock_timestamp() + interval '2 minutes', epoch = d.epoch + 1
                from due where d.id = due.id
                returning d.id, d.account, d.notes, d.epoch
                """,
                row ->
                        new Delivery(
                                row.getObject(1, UUID.class),
                                row.getString(2),
                                List.of((Long[]) row.getArray(3).getArray()),
                                row.getInt(4)),
                limit);
    }

    /** It arrived, or there is nothing left to send. */
    @Transactional
    void done(Delivery delivery, String result) {
        if (drop(delivery)) {
            tell(delivery.account(), true, result);
        }
    }

    /** It did not arrive: it is sent again later, or given up. */
    @Transactional
    void failed(Delivery delivery, String reason) {
        if (delivery.epoch() >= MOST_TRIES) {
            if (drop(delivery)) {
                tell(
                        delivery.account(),
                        false,
                        "Given up after %d tries. %s".formatted(MOST_TRIES, reason));
            }
            return;
        }
        var wait = WAITS.get(Math.min(delivery.epoch(), WAITS.size()) - 1);
        if (sql.update(
                        """
                        update digest_delivery
                        set leased_until = null,
                            due_at = clock_timestamp() + ?::interval * (1 + 0.2 * random())
                        where id = ? and epoch = ?
                        """,
                        wait.toString(),
                        delivery.id(),
                        delivery.epoch())
                == 1) {
            tell(
                    delivery.account(),
                    false,
                    "%s It is tried again in about %s.".formatted(reason, words(wait)));
        }
    }

    private static String words(Duration wait) {
        return wait.toHours() > 0
                ? wait.toHours() == 1 ? "an hour" : wait.toHours() + " hours"
                : wait.toMinutes() > 0
                        ? wait.toMinutes() + " minutes"
                        : wait.toSeconds() + " seconds";
    }

    private boolean drop(Delivery delivery) {
        return sql.update(
                        "delete from digest_delivery where id = ? and epoch = ?",
                        delivery.id(),
                        delivery.epoch())
                == 1;
    }

    /** What became of the last try, for the settings page. */
    void tell(String account, boolean ok, String result) {
        sql.update(
                """
                update digest_channel set tried_at = clock_timestamp(), ok = ?, result = ?
                where account = ?
                """,
                ok,
                result.length() > 300 ? result.substring(0, 300) : result,
                account);
    }
}
