package dev.atelier.sharing;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.experiments.Experiments;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.repositories.Repositories;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What people asked the owners of things for, and what became of it. */
@ApplicationScoped
public class AccessRequests {

    /** How many one person may have open: enough for a project, too few to flood anybody. */
    static final int MOST_OPEN = 20;

    private static final int LONGEST = 1000;
    private static final int SHOWN = 200;

    /** Where a request stands. */
    public enum State {
        OPEN,
        APPROVED,
        DECLINED,
        WITHDRAWN
    }

    /**
     * A request.
     *
     * @param asker reference of who asked
     * @param permissions what for
     * @param until when the asker wants it to end; null for no end
     * @param answer what the one who decided wrote
     */
    public record AccessRequest(
            long id,
            String resource,
            String asker,
            Set<Permission> permissions,
            String purpose,
            @Nullable Instant until,
            State state,
            Instant askedAt,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy,
            @Nullable String answer) {

        public boolean open() {
            return state == State.OPEN;
        }

        /** What they want, say {@code call it}. */
        public String wish() {
            return Use.words(permissions);
        }

        /** The last whole day of it in UTC, say {@code 2027-03-31}; empty without an end. */
        public String lastDay() {
            return until == null
                    ? ""
                    : until.minusSeconds(1).atOffset(ZoneOffset.UTC).toLocalDate().toString();
        }

        /** The thing as sentences name it: {@code churn}, {@code experiment 7}. */
        public String name() {
            return Thing.of(resource).name(resource);
        }

        public String address() {
            return Thing.of(resource).address(resource);
        }

        /** The name of who asked: {@code ines}. */
        public String askerName() {
            return asker.substring(asker.indexOf('/') + 1);
        }

        public String stateWord() {
            return state.name().substring(0, 1)
                    + state.name().substring(1).toLowerCase(Locale.ROOT);
        }

        /** Mark of its state. */
        public String mark() {
            return switch (state) {
                case OPEN -> "wait";
                case APPROVED -> "ok";
                case DECLINED -> "fail";
                case WITHDRAWN -> "off";
            };
        }
    }

    private static final String SELECT =
            """
            select id, resource, asker, permissions, purpose, until, state, asked_at, decided_at,
                   decided_by, answer
            from access_request
            """;

    private final Sql sql;
    private final Audit audit;
    private final Caller caller;
    private final Access access;
    private final Policies policies;
    private final Entities entities;
    private final Experiments experiments;
    private final Repositories repositories;
    private final Notifications notifications;

    AccessRequests(
            Sql sql,
            Audit audit,
            Caller caller,
            Access access,
            Policies policies,
            Entities entities,
            Experiments experiments,
            Repositories repositories,
            Notifications notifications) {
        this.sql = sql;
        this.audit = audit;
        this.caller = caller;
        this.access = access;
        this.policies = policies;
        this.entities = entities;
        this.experiments = experiments;
        this.repositories = repositories;
        this.notifications = notifications;
    }

    /** The caller's own, the newest first. */
    public List<AccessRequest> mine() {
        return sql.list(
                SELECT + "where asker = ? order by id desc limit " + SHOWN,
                AccessRequests::read,
                caller.entityRef());
    }

    /** Open ones that the caller may decide, the oldest first. */
    public List<AccessRequest> waiting() {
        return decidable(
                sql.list(
                        SELECT + "where state = 'open' and asker <> ? order by id limit 5000",
                        AccessRequests::read,
                        caller.entityRef()));
    }

    /** Open ones about a thing, the oldest first, when the caller may decide them. */
    public List<AccessRequest> waiting(String resource) {
        return decidable(
                sql.list(
                        SELECT + "where state = 'open' and resource = ? and asker <> ? order by id",
                        AccessRequests::read,
                        resource,
                        caller.entityRef()));
    }

    private List<AccessRequest> decidable(List<AccessRequest> requests) {
        // One look-up for all of them; each is then decided from memory.
        access.resources(requests.stream().map(AccessRequest::resource).distinct().toList());
        return requests.stream()
                .filter(
                        request ->
                                caller.may(Permission.toShare(request.resource), request.resource))
                .limit(SHOWN)
                .toList();
    }

    /**
     * Asks for access. Whether the thing exists is not said: it may be hidden from who asks.
     *
     * @param resource reference of a model, an experiment or a repository
     * @throws Conflict when they may do all of it already, or have asked for it
     */
    @Transactional
    public AccessRequest ask(String resource, Use use, String purpose, @Nullable Instant until) {
        var who = caller.entityRef();
        var thing = Thing.of(resource);
        if (!thing.fits(resource)) {
            throw new Invalid(
                    "Name the %s.".formatted(thing.label().toLowerCase(Locale.ROOT)),
                    List.of(new Invalid.Field("on", "names none")));
        }
        var reason = purpose.strip();
        if (reason.isEmpty() || reason.length() > LONGEST) {
            throw new Invalid(
                    "Say in a sentence or two what you want it for; its owner decides by that.",
                    List.of(
                            new Invalid.Field(
                                    "purpose",
                                    reason.isEmpty()
                                            ? "is missing"
                                            : "has more than %d characters".formatted(LONGEST))));
        }
        if (until != null && !until.isAfter(Instant.now())) {
            throw new Invalid(
                    "The end lies in the past.",
                    List.of(new Invalid.Field("until", "lies in the past")));
        }
        // Of one that is not there nothing is said but what is said of a hidden one.
        if (exists(resource) && use.permissions().stream().allMatch(p -> caller.may(p, resource))) {
            throw new Conflict("You may do all of that already.");
        }
        // One at a time for each person, so that the limit holds.
        sql.list("select pg_advisory_xact_lock(hashtext('access-request:' || ?))", row -> 1, who);
        var open =
                sql.one(
                        "select count(*) from access_request where asker = ? and state = 'open'",
                        row -> row.getInt(1),
                        who);
        if (open >= MOST_OPEN) {
            throw new Conflict(
                    "You have %d requests open. Withdraw one, or wait for an answer."
                            .formatted(open));
        }
        var made =
                sql.list(
                        """
                        insert into access_request (resource, asker, permissions, purpose, until)
                        values (?, ?, ?, ?, ?)
                        on conflict (resource, asker) where state = 'open' do nothing
                        returning id
                        """,
                        row -> row.getLong(1),
                        resource,
                        who,
                        use.permissions().stream().map(Permission::id).toArray(String[]::new),
                        reason,
                        until == null ? null : until.atOffset(ZoneOffset.UTC));
        if (made.isEmpty()) {
            throw new Conflict("You have asked for this already. Its owner has not answered yet.");
        }
        audit.record("access.ask", resource, Map.of("use", use.id(), "purpose", reason));
        var owner = access.resource(resource).owner();
        if (owner != null) {
            notifications.post(
                    new News(
                            Topic.ACCESS,
                            "%s asks for access to %s: to %s"
                                    .formatted(
                                            caller.signedIn().displayName(),
                                            thing.name(resource),
                                            Use.words(use.permissions())),
                            resource,
                            "/access"),
                    To.owner(owner));
        }
        return get(made.getFirst());
    }

    private boolean exists(String resource) {
        return switch (Thing.of(resource)) {
            case MODEL -> entities.find(EntityRef.parse(resource)).isPresent();
            case EXPERIMENT ->
                    experiments
                            .find(Long.parseLong(resource.substring(resource.indexOf('/') + 1)))
                            .isPresent();
            case REPOSITORY -> {
                var parts = resource.split("/");
                yield repositories.find(parts[1], parts[2]).isPresent();
            }
        };
    }

    /**
     * Gives what was asked for.
     *
     * @param until when it ends; null takes what was asked for
     * @throws Conflict when it is not open any more
     */
    @Transactional
    public AccessRequest approve(long id, @Nullable Instant until, String answer) {
        var request = decide(id, State.APPROVED, answer);
        policies.grant(
                request.resource,
                request.asker,
                request.permissions,
                "Request %d: %s".formatted(id, shortened(request.purpose)),
                until == null ? request.until : until);
        audit.record(
                "access.approve",
                request.resource,
                Map.of("request", id, "asker", request.asker, "answer", answer));
        tell(request, "You may %s %s now");
        return get(id);
    }

    /** About the asker, not the thing, which may be hidden from them still. */
    private void tell(AccessRequest request, String sentence) {
        notifications.post(
                new News(
                        Topic.ACCESS,
                        sentence.formatted(request.wish(), request.name()),
                        request.asker,
                        "/access"),
                To.asker(request.asker));
    }

    private static String shortened(String text) {
        return text.length() <= 400 ? text : text.substring(0, 399) + "…";
    }

    /**
     * Says no.
     *
     * @param answer why; the asker reads it
     */
    @Transactional
    public AccessRequest decline(long id, String answer) {
        if (answer.isBlank()) {
            throw new Invalid(
                    "Say why not: whoever asked reads it.",
                    List.of(new Invalid.Field("answer", "is missing")));
        }
        var request = decide(id, State.DECLINED, answer);
        audit.record(
                "access.decline",
                request.resource,
                Map.of("request", id, "asker", request.asker, "answer", answer));
        tell(request, "Your request to %s %s was declined");
        return get(id);
    }

    private AccessRequest decide(long id, State state, String answer) {
        if (answer.length() > LONGEST) {
            throw new Invalid(
                    "An answer has at most %d characters.".formatted(LONGEST),
                    List.of(new Invalid.Field("answer", "is too long")));
        }
        var request = get(id);
        if (!caller.may(Permission.toShare(request.resource), request.resource)) {
            // Who neither asked nor may decide learns nothing of it.
            if (!request.asker.equals(caller.entityRef())) {
                throw unknown(id);
            }
            caller.require(Permission.toShare(request.resource), request.resource);
        }
        close(request, state, answer.strip());
        return request;
    }

    /** Takes back one's own request. */
    @Transactional
    public void withdraw(long id) {
        var request = get(id);
        if (!request.asker.equals(caller.entityRef())) {
            throw unknown(id);
        }
        close(request, State.WITHDRAWN, "");
        audit.record("access.withdraw", request.resource, Map.of("request", id));
    }

    private void close(AccessRequest request, State state, String answer) {
        if (sql.update(
                        """
                        update access_request
                        set state = ?, decided_at = clock_timestamp(), decided_by = ?,
                            answer = nullif(?, '')
                        where id = ? and state = 'open'
                        """,
                        state.name().toLowerCase(Locale.ROOT),
                        caller.entityRef(),
                        answer,
                        request.id)
                == 0) {
            throw new Conflict(
                    "This request was %s already."
                            .formatted(get(request.id).state.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** Nobody waits for access to what is gone. */
    void follow(@Observes Moved moved) {
        if (moved.cause() == Moved.Cause.DELETED) {
            sql.update(
                    """
                    update access_request
                    set state = 'withdrawn', decided_at = clock_timestamp(),
                        answer = 'It was deleted.'
                    where resource = ? and state = 'open'
                    """,
                    moved.fromRef());
        }
        if (moved.gone()) {
            sql.update("delete from access_request where resource = ?", moved.fromRef());
        } else {
            sql.update(
                    "update access_request set resource = ? where resource = ?",
                    moved.toRef(),
                    moved.fromRef());
        }
    }

    private AccessRequest get(long id) {
        return sql.first(SELECT + "where id = ?", AccessRequests::read, id)
                .orElseThrow(() -> unknown(id));
    }

    private static NotFound unknown(long id) {
        return new NotFound("You have no request %d to read or decide.".formatted(id));
    }

    private static AccessRequest read(ResultSet row) throws SQLException {
        var permissions = EnumSet.noneOf(Permission.class);
        Arrays.stream((String[]) row.getArray(4).getArray())
                .forEach(text -> Permission.of(text).ifPresent(permissions::add));
        return new AccessRequest(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                permissions,
                row.getString(5),
                Sql.instant(row, 6),
                State.valueOf(row.getString(7).toUpperCase(Locale.ROOT)),
                row.getObject(8, OffsetDateTime.class).toInstant(),
                Sql.instant(row, 9),
                row.getString(10),
                row.getString(11));
    }
}
