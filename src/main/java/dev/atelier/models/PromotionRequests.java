package dev.atelier.models;

import dev.atelier.identity.Access;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All promotions that waited for somebody's word, and who may give it. */
@ApplicationScoped
public class PromotionRequests {

    private static final int SHOWN = 100;

    private static final String SELECT =
            """
            select r.id, r.model, r.number, r.alias, r.asker, v.created_by, r.note, r.state,
                   r.asked_at, r.decided_at, r.decided_by, r.answer
            from promotion_request r
            join model_version v on v.model = r.model and v.number = r.number
            """;

    private final Sql sql;
    private final Caller caller;
    private final Access access;

    PromotionRequests(Sql sql, Caller caller, Access access) {
        this.sql = sql;
        this.caller = caller;
        this.access = access;
    }

    /** Open ones that the caller may decide, the oldest first. */
    public List<PromotionRequest> waiting() {
        var open =
                sql.list(
                        SELECT + "where r.state = 'open' order by r.id limit 5000",
                        PromotionRequests::read);
        // One look-up for all of them; each is then decided from memory.
        access.resources(open.stream().map(PromotionRequest::ref).distinct().toList());
        return open.stream().filter(request -> whyNotDecide(request) == null).limit(SHOWN).toList();
    }

    /** The caller's own, the newest first. */
    public List<PromotionRequest> mine() {
        return sql
                .list(
                        SELECT + "where r.asker = ? order by r.id desc limit " + SHOWN,
                        PromotionRequests::read,
                        caller.entityRef())
                .stream()
                .filter(request -> caller.may(Permission.MODEL_READ, request.ref()))
                .toList();
    }

    /** Of a version, the newest first. */
    public List<PromotionRequest> of(ModelVersion version) {
        return sql.list(
                SELECT + "where r.model = ? and r.number = ? order by r.id desc limit 20",
                PromotionRequests::read,
                version.model(),
                version.number());
    }

    /** The one that waits. */
    Optional<PromotionRequest> open(ModelVersion version, String alias) {
        return sql.first(
                SELECT
                        + """
                        where r.model = ? and r.number = ? and r.alias = ? and r.state = 'open'
                        """,
                PromotionRequests::read,
                version.model(),
                version.number(),
                alias);
    }

    PromotionRequest get(String model, long id) {
        return sql.first(
                        SELECT + "where r.id = ? and r.model = ?",
                        PromotionRequests::read,
                        id,
                        model)
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "The model \"%s\" has no request %d for a promotion."
                                                .formatted(model, id)));
    }

    private static PromotionRequest read(ResultSet row) throws SQLException {
        return new PromotionRequest(
                row.getLong(1),
                row.getString(2),
                row.getInt(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                PromotionRequest.State.valueOf(row.getString(8).toUpperCase(Locale.ROOT)),
                row.getObject(9, OffsetDateTime.class).toInstant(),
                Sql.instant(row, 10),
                row.getString(11),
                row.getString(12));
    }

    /** Why the caller may not approve or decline a request, or null when they may. */
    public @Nullable String whyNotDecide(PromotionRequest request) {
        var who = caller.signedIn();
        if (!who.person()) {
            return "Only people approve; this is a program's account.";
        }
        if (who.ref().equals(request.asker())) {
            return "You asked for it, so another person decides.";
        }
        if (who.ref().equals(request.registrant())) {
            return "You registered this version, so another person decides.";
        }
        return caller.may(Permission.MODEL_ALIAS, request.ref())
                ? null
                : "You may not move aliases of this model.";
    }

    /**
     * @throws Denied when the caller may not decide it
     */
    PromotionRequest decidable(String model, long id) {
        var request = get(model, id);
        var fault = whyNotDecide(request);
        if (fault != null) {
            throw new Denied(fault);
        }
        return request;
    }

    /** Adds one, unless the same waits already. */
    boolean add(String model, int number, String alias, String asker, @Nullable String note) {
        return sql.update(
                        """
                        insert into promotion_request (model, number, alias, asker, note)
                        values (?, ?, ?, ?, ?)
                        on conflict (model, number, alias) where state = 'open' do nothing
                        """,
                        model,
                        number,
                        alias,
                        asker,
                        note)
                == 1;
    }

    /**
     * @throws Conflict when it is not open any more
     */
    void close(PromotionRequest request, PromotionRequest.State state, @Nullable String answer) {
        if (!request.open()) {
            throw new Conflict(
                    "This request is not open any more: %s."
                            .formatted(request.state().label().toLowerCase(Locale.ROOT)));
        }
        sql.update(
                """
                update promotion_request
                set state = ?, decided_at = clock_timestamp(), decided_by = ?, answer = ?
                where id = ?
                """,
                state.id(),
                caller.entityRef(),
                answer,
                request.id());
    }

    /** The alias came to name the version, so nobody needs to decide. */
    void settle(ModelVersion version, String alias) {
        sql.update(
                """
                update promotion_request set state = 'settled', decided_at = clock_timestamp()
                where model = ? and number = ? and alias = ? and state = 'open'
                """,
                version.model(),
                version.number(),
                alias);
    }
}
