package dev.atelier.models;

import dev.atelier.experiments.Purge;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

/**
 * Takes versions away. A deleted one is found nowhere and its number is never given again; it can
 * be restored until its time is over, then its files go too.
 */
@ApplicationScoped
public class Deletion {

    /** A version that can still be restored. */
    public record Deleted(int number, Instant at, String by) {}

    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;
    private final Event<VersionPurged> purged;

    Deletion(
            Sql sql,
            Transaction transaction,
            Audit audit,
            Caller caller,
            Event<VersionPurged> purged) {
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
        this.purged = purged;
    }

    /**
     * @throws Conflict when an alias names it: whoever follows the alias would find nothing
     */
    void delete(ModelVersion version) {
        transaction.run(
                () -> {
                    // Moves of aliases wait for this row too.
                    sql.list(
                            "select 1 from model where name = ? for update",
                            row -> 1,
                            version.model());
                    var aliases =
                            sql.list(
                                    "select alias from model_alias where model = ? and number = ? order by alias",
                                    row -> row.getString(1),
                                    version.model(),
                                    version.number());
                    if (!aliases.isEmpty()) {
                        throw new Conflict(
                                "Version %d of \"%s\" is its %s. Let that alias name another version, or remove it, then delete."
                                        .formatted(
                                                version.number(),
                                                version.model(),
                                                String.join(" and ", aliases)));
                    }
                    if (sql.update(
                                    """
                                    update model_version
                                    set deleted_state = state, state = 'DELETED',
                                        deleted_at = clock_timestamp(), deleted_by = ?
                                    where model = ? and number = ? and state <> 'DELETED'
                                    """,
                                    caller.entityRef(),
                                    version.model(),
                                    version.number())
                            == 1) {
                        audit.record(
                                "model-version.delete",
                                Resource.model(version.model()),
                                Map.of("version", version.number(), "digest", version.digest()));
                    }
                });
    }

    /**
     * @throws NotFound when no such version was deleted, or its files are gone
     */
    void restore(Model model, int number) {
        transaction.run(
                () -> {
                    if (sql.update(
                                    """
                                    update model_version
                                    set state = deleted_state, deleted_state = null,
                                        deleted_at = null, deleted_by = null
                                    where model = ? and number = ? and state = 'DELETED'
                                      and purged_at is null
                                    """,
                                    model.name(),
                                    number)
                            == 0) {
                        throw new NotFound(
                                "There is no deleted version %d of \"%s\" that could be restored."
                                        .formatted(number, model.name()));
                    }
                    audit.record(
                            "model-version.restore",
                            Resource.model(model.name()),
                            Map.of("version", number));
                });
    }

    /** Those that can be restored, the newest first. */
    List<Deleted> of(Model model) {
        return sql.list(
                """
                select number, deleted_at, deleted_by from model_version
                where model = ? and state = 'DELETED' and purged_at is null order by number desc
                """,
                row ->
                        new Deleted(
                                row.getInt(1),
                                row.getObject(2, OffsetDateTime.class).toInstant(),
                                row.getString(3)),
                model.name());
    }

    /** Removes for good what was deleted before; its blobs go when nothing else holds them. */
    void purge(@Observes Purge.Due due) {
        for (var gone :
                sql.list(
                        """
                        select model, number from model_version
                        where state = 'DELETED' and purged_at is null and deleted_at < ? limit 1000
                        """,
                        row -> Map.entry(row.getString(1), row.getInt(2)),
                        due.before())) {
            transaction.run(() -> purge(gone.getKey(), gone.getValue(), due));
        }
    }

    private void purge(String model, int number, Purge.Due due) {
        var still =
                sql.first(
                        """
                        select 1 from model_version
                        where model = ? and number = ? and state = 'DELETED' and purged_at is null
                          and deleted_at < ?
                        for update
                        """,
                        row -> 1,
                        model,
                        number,
                        due.before());
        if (still.isEmpty()) {
            return; // restored a moment ago
        }
        sql.update("delete from model_version_file where model = ? and number = ?", model, number);
        sql.update(
                "delete from model_version_manifest where model = ? and number = ?", model, number);
        sql.update(
                """
                update model_version
                set purged_at = clock_timestamp(), tags = '{}', description = null,
                    signature = null, stated = null, interface = null, graph = null, scan = '[]',
                    warnings = '[]'
                where model = ? and number = ?
                """,
                model,
                number);
        purged.fire(new VersionPurged(model, number));
        audit.recordBySystem(
                "model-version.purge", Resource.model(model), Map.of("version", number));
    }
}
