package dev.atelier.notifications;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Memberships;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Subject;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All news, and who has read it. It is written in the transaction of the change that it tells of:
 * both happen or neither. Whether its reader may see the thing is asked when it is read or sent,
 * because that may change in between.
 */
@ApplicationScoped
public class Notifications {

    /** What portals wake each other with; carries names of accounts, or {@code *} for all. */
    static final String CHANNEL = "atelier_news";

    /** How much of it a person keeps, and for how long. */
    static final int KEPT = 500;

    static final Duration KEPT_FOR = Duration.ofDays(90);

    static final int PAGE = 30;

    /** Counts are dropped by the wake-up of a change; this is for when that was lost. */
    private static final Duration COUNT_KEPT = Duration.ofSeconds(10);

    /**
     * News as its reader sees it.
     *
     * @param times how often it happened since it was last read
     */
    public record Note(
            long id,
            String topic,
            String text,
            String reason,
            String address,
            String about,
            int times,
            Instant at,
            boolean unread) {

        /** What its topic is called. */
        public String label() {
            return Topic.of(topic).map(Topic::label).orElse(topic);
        }
    }

    /** News with the number of the transaction that wrote it. */
    record Written(Note note, long change) {}

    /**
     * Which news somebody wants to see.
     *
     * @param topic null for all
     * @param after where the page before ended; null for the newest
     */
    public record Question(boolean unread, @Nullable Topic topic, @Nullable String after) {}

    /**
     * @param next what to ask {@link Question#after} with for more; null at the end
     */
    public record Page(List<Note> notes, @Nullable String next) {}

    private static final String COLUMNS =
            "id, topic, text, reason, address, about, times, changed_at, read_at is null";

    private final Sql sql;
    private final Memberships memberships;
    private final Access access;
    private final Instance<Caller> caller;
    private final Cache<String, Integer> counts =
            Caffeine.newBuilder().expireAfterWrite(COUNT_KEPT).maximumSize(10_000).build();

    Notifications(Sql sql, Memberships memberships, Access access, Instance<Caller> caller) {
        this.sql = sql;
        this.memberships = memberships;
        this.access = access;
        this.caller = caller;
    }

    /** Tells people of something the current caller did. The caller is never among them. */
    @Transactional(Transactional.TxType.MANDATORY)
    public void post(News news, To... to) {
        postBy(caller.get().entityRef(), news, to);
    }

    /**
     * Tells people of something that somebody else than the caller did.
     *
     * @param actor never told; {@link Audit#SYSTEM} for the portal itself
     */
    @Transactional(Transactional.TxType.MANDATORY)
    public void postBy(String actor, News news, To... to) {
        var refs = new ArrayList<String>();
        var reasons = new ArrayList<String>();
        var ranks = new ArrayList<Long>();
        for (int i = 0; i < to.length; i++) {
            add(refs, reasons, ranks, to[i].ref(), to[i].reason(), i);
        }
        var groups = refs.stream().filter(ref -> ref.startsWith("group:")).toList();
        if (!groups.isEmpty()) {
            var members = memberships.membersOf(groups);
            for (int i = 0; i < to.length; i++) {
                for (var member : members.getOrDefault(to[i].ref(), Set.of())) {
                    add(refs, reasons, ranks, member, to[i].reason(), i);
                }
            }
        }
        sql.list(
                """
                with wanted (ref, reason, rank) as (
                    select * from unnest(?::text[], ?::text[], ?::bigint[])),
                people (account, reason, rank) as (
                    select substr(ref, length('user:default/') + 1), reason, rank
                    from wanted where ref like 'user:default/%'
                    union all
                    select m.account, w.reason, w.rank from wanted w join team_member m on m.team = w.ref
                    union all
                    select s.account, w.reason, w.rank from wanted w join star s on s.ref = ?
                    where w.ref = '*'),
                chosen as (
                    select distinct on (account) account, reason from people order by account, rank),
                told as (
                    insert into notification (account, topic, text, reason, address, about, actor, digest)
                    select c.account, n.topic, n.text, c.reason, n.address, n.about, n.actor,
                           coalesce(t.delivery, n.usual) = 'digest'
                    from chosen c
                    cross join (values (?, ?, ?, ?, ?, ?))
                        as n (topic, text, address, about, actor, usual)
                    join account a on a.name = c.account
                    left join notification_setting t on t.account = c.account and t.topic = n.topic
                    where a.kind = 'person' and a.disabled_at is null
                      and 'user:default/' || a.name <> n.actor
                      and coalesce(t.delivery, n.usual) <> 'nothing'
                    order by c.account
                    on conflict (account, topic, about, text) where read_at is null do update
                    set times = notification.times + 1, reason = excluded.reason,
                        address = excluded.address, actor = excluded.actor,
                        digest = excluded.digest, digested_at = null,
                        changed_at = clock_timestamp(), change = pg_current_xact_id()
                    returning account)
                select pg_notify('atelier_news', case
                    when sum(length(account) + 1) < 7000 then string_agg(account, ' ') else '*' end)
                from told having count(*) > 0
                """,
                row -> 1,
                refs.toArray(String[]::new),
                reasons.toArray(String[]::new),
                ranks.toArray(Long[]::new),
                news.about(),
                news.topic().id(),
                news.text(),
                news.address(),
                news.about(),
                actor,
                Delivery.USUAL.id());
    }

    private static void add(
            List<String> refs,
            List<String> reasons,
            List<Long> ranks,
            String ref,
            String reason,
            long rank) {
        refs.add(ref);
        reasons.add(reason);
        ranks.add(rank);
    }

    /**
     * Tells people of something the portal finds when it looks, once for each occasion, whoever
     * looks.
     *
     * @param occasion names it for all time, say {@code token/12/last-day}
     */
    @Transactional(Transactional.TxType.MANDATORY)
    public void postOnce(String occasion, News news, To... to) {
        if (sql.update(
                        "insert into notification_told (occasion) values (?) on conflict do nothing",
                        occasion)
                == 1) {
            postBy(Audit.SYSTEM, news, to);
        }
    }

    /** How much the reader has not read, of what they may see. */
    public int unread(Subject reader) {
        return reader.person() ? counts.get(reader.name(), _ -> count(reader)) : 0;
    }

    private int count(Subject reader) {
        var byThing =
                sql
                        .list(
                                """
                                select about, count(*) from notification
                                where account = ? and read_at is null group by about
                                """,
                                row -> Map.entry(row.getString(1), row.getInt(2)),
                                reader.name())
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        access.hidden(reader, byThing.keySet()).forEach(byThing::remove);
        return byThing.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Forgets how much these have not read; {@code *} for all. */
    void forget(String account) {
        if (account.equals("*")) {
            counts.invalidateAll();
        } else {
            counts.invalidate(account);
        }
    }

    /** What the reader has been told, the newest first. */
    public Page list(Subject reader, Question question) {
        var place = question.after() == null ? null : Place.of(question.after());
        var found =
                sql.list(
                        "select "
                                + COLUMNS
                                + """
                                 from notification
                                where account = ? and (? or read_at is null)
                                  and topic = coalesce(?, topic)
                                  and (?::timestamptz is null or (changed_at, id) < (?, ?))
                                  and about <> all(?)
                                order by changed_at desc, id desc limit ?
                                """,
                        Notifications::read,
                        reader.name(),
                        !question.unread(),
                        question.topic() == null ? null : question.topic().id(),
                        place == null ? null : place.at,
                        place == null ? null : place.at,
                        place == null ? 0L : place.id,
                        hidden(reader),
                        PAGE + 1);
        if (found.size() <= PAGE) {
            return new Page(found, null);
        }
        var notes = found.subList(0, PAGE);
        return new Page(notes, new Place(notes.getLast().at, notes.getLast().id).toString());
    }

    /** What the reader was told of and may not see, at least not any more. */
    private String[] hidden(Subject reader) {
        return access.hidden(
                        reader,
                        sql.list(
                                "select distinct about from notification where account = ?",
                                row -> row.getString(1),
                                reader.name()))
                .toArray(String[]::new);
    }

    /** Where a list goes on. */
    private record Place(Instant at, long id) {
        static Place of(String text) {
            try {
                var parts = text.split("_", 2);
                return new Place(Instant.parse(parts[0]), Long.parseLong(parts[1]));
            } catch (DateTimeParseException
                    | NumberFormatException
                    | ArrayIndexOutOfBoundsException e) {
                throw new Invalid("This page of the list does not exist. Begin at its start.");
            }
        }

        @Override
        public String toString() {
            return at + "_" + id;
        }
    }

    private static Note read(ResultSet row) throws SQLException {
        return new Note(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getInt(7),
                row.getObject(8, OffsetDateTime.class).toInstant(),
                row.getBoolean(9));
    }

    /**
     * Marks one as read; again is fine.
     *
     * @throws NotFound when it is nobody's, or somebody else's
     */
    @Transactional
    public void markRead(Subject reader, long id) {
        if (sql.first(
                        "select 1 from notification where id = ? and account = ?",
                        row -> 1,
                        id,
                        reader.name())
                .isEmpty()) {
            throw new NotFound("You have no such notification, or it is gone by now.");
        }
        settle(
                reader,
                sql.update(
                        """
                        update notification
                        set read_at = clock_timestamp(), change = pg_current_xact_id()
                        where id = ? and account = ? and read_at is null
                        """,
                        id,
                        reader.name()));
    }

    void follow(@Observes Moved moved) {
        if (moved.gone()) {
            sql.update("delete from notification where about = ?", moved.fromRef());
            return;
        }
        sql.update(
                """
                update notification n set about = ?
                where about = ? and not exists (
                    select from notification o
                    where o.account = n.account and o.topic = n.topic and o.about = ?
                      and o.text = n.text and o.read_at is null)
                """,
                moved.toRef(),
                moved.fromRef(),
                moved.toRef());
        if (moved.kind().equals("model") && moved.cause() == Moved.Cause.RENAMED) {
            var before = "/models/" + moved.from();
            sql.update(
                    """
                    update notification set address = ? || substr(address, ?)
                    where about = ? and (address = ? or starts_with(address, ?))
                    """,
                    "/models/" + moved.to(),
                    before.length() + 1,
                    moved.toRef(),
                    before,
                    before + "/");
        }
    }

    /**
     * Marks all as read.
     *
     * @param topic those of this one; null for all
     */
    @Transactional
    public void markAllRead(Subject reader, @Nullable Topic topic) {
        settle(
                reader,
                sql.update(
                        """
                        update notification
                        set read_at = clock_timestamp(), change = pg_current_xact_id()
                        where account = ? and read_at is null and topic = coalesce(?, topic)
                        """,
                        reader.name(),
                        topic == null ? null : topic.id()));
    }

    /** The bells of the reader's other windows hear of it. */
    private void settle(Subject reader, int rows) {
        if (rows > 0) {
            sql.list("select pg_notify(?, ?)", row -> 1, CHANNEL, reader.name());
            counts.invalidate(reader.name());
        }
    }

    /** How far the database's transactions have ended: whatever is written later is after it. */
    long horizon() {
        return sql.one(
                "select pg_snapshot_xmin(pg_current_snapshot())::text",
                row -> Long.parseLong(row.getString(1)));
    }

    /**
     * Unread news written at or after a horizon, the newest first; some of it may be known from the
     * time before.
     */
    List<Written> since(Subject reader, long horizon, int limit) {
        return sql.list(
                "select "
                        + COLUMNS
                        + """
                        , change::text from notification
                        where account = ? and read_at is null and change >= ?::text::xid8
                          and about <> all(?)
                        order by changed_at desc, id desc limit ?
                        """,
                row -> new Written(read(row), Long.parseLong(row.getString(10))),
                reader.name(),
                Long.toString(horizon),
                hidden(reader),
                limit);
    }

    /** Those of these that the reader may see, the newest first. */
    List<Note> among(Subject reader, List<Long> ids) {
        return sql.list(
                "select "
                        + COLUMNS
                        + """
                         from notification
                        where account = ? and id = any(?) and about <> all(?)
                        order by changed_at desc, id desc
                        """,
                Notifications::read,
                reader.name(),
                ids.toArray(Long[]::new),
                hidden(reader));
    }

    /** Those of these whose news was written or read at or after a horizon. */
    List<String> changedSince(long horizon, Collection<String> accounts) {
        return accounts.isEmpty()
                ? List.of()
                : sql.list(
                        """
                        select distinct account from notification
                        where change >= ?::text::xid8 and account = any(?)
                        """,
                        row -> row.getString(1),
                        Long.toString(horizon),
                        accounts.toArray(String[]::new));
    }

    /** What people chose for each topic, where they chose. */
    Map<Topic, Delivery> settings(Subject reader) {
        var settings = new EnumMap<Topic, Delivery>(Topic.class);
        sql.list(
                        "select topic, delivery from notification_setting where account = ?",
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        reader.name())
                .forEach(
                        row ->
                                // A topic of a newer release than this replica is left out.
                                Topic.of(row.getKey())
                                        .ifPresent(
                                                topic ->
                                                        settings.put(
                                                                topic,
                                                                Delivery.of(row.getValue())
                                                                        .orElse(Delivery.USUAL))));
        return settings;
    }

    /** Where the reader hears of each topic from now on; those left out stay as they are. */
    @Transactional
    void choose(Subject reader, Map<Topic, Delivery> choices) {
        choices.forEach(
                (topic, delivery) ->
                        sql.update(
                                """
                                insert into notification_setting (account, topic, delivery) values (?, ?, ?)
                                on conflict (account, topic) do update set delivery = excluded.delivery
                                """,
                                reader.name(),
                                topic.id(),
                                delivery.id()));
    }

    /** Deletes what is too old or too much; says how many. */
    @Transactional
    int trim() {
        sql.update(
                "delete from notification_told where at < clock_timestamp() - interval '400 days'");
        return sql.update(
                        "delete from notification where changed_at < clock_timestamp() - ?::interval",
                        KEPT_FOR.toString())
                + sql.update(
                        """
                        delete from notification n using (
                            select id from (
                                select id, row_number() over (
                                    partition by account order by changed_at desc, id desc) as place
                                from notification) ranked
                            where place > ?) surplus
                        where n.id = surplus.id
                        """,
                        KEPT);
    }
}
