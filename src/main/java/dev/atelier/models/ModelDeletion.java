package dev.atelier.models;

import dev.atelier.experiments.Purge;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

/**
 * Takes whole models away. A deleted one is found nowhere and its name is free at once; it can be
 * restored with all it had until its time is over, then its files go too. Until then its row has a
 * name that nobody can give.
 */
@ApplicationScoped
public class ModelDeletion {

    /**
     * A model that can still be restored.
     *
     * @param id what to restore it by
     * @param name what people and clients called it
     * @param versions how many went with it
     */
    public record Deleted(
            String id, String name, int versions, String owner, Instant at, String by) {}

    /**
     * @param name what the portal called it
     */
    private record Row(Deleted deleted, String name) {}

    private static final String SELECT =
            """
            select m.name, coalesce(m.title, m.deleted_name), m.owner, m.created_by, m.deleted_at,
                   m.deleted_by, m.deleted_name,
                   (select count(*) from model_version v
                    where v.model = m.name and v.deleted_at = m.deleted_at and v.purged_at is null)
            from model m where m.deleted_at is not null
            """;

    private final Models models;
    private final Renaming renaming;
    private final GateSets gates;
    private final Publication publication;
    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;

    ModelDeletion(
            Models models,
            Renaming renaming,
            GateSets gates,
            Publication publication,
            Sql sql,
            Transaction transaction,
            Audit audit,
            Caller caller) {
        this.models = models;
        this.renaming = renaming;
        this.gates = gates;
        this.publication = publication;
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
    }

    /**
     * @throws Conflict when a catalog file describes it, or a version is being scanned
     * @throws dev.atelier.platform.problems.Denied when it has aliases that the caller may not take
     *     away
     */
    void delete(String name) {
        transaction.run(
                () -> {
                    var model = renaming.changeable(name);
                    for (var alias : model.aliases().keySet()) {
                        gates.requireUnguarded(name, alias, null);
                    }
                    // One instant for all that goes at once: it is also what comes back at once.
                    var versions =
                            sql.update(
                                    """
                                    update model_version
                                    set deleted_state = state, state = 'DELETED',
                                        deleted_at = now(), deleted_by = ?
                                    where model = ? and state <> 'DELETED'
                                    """,
                                    caller.entityRef(),
                                    name);
                    sql.update(
                            """
                            update promotion_request
                            set state = 'withdrawn', decided_at = clock_timestamp(), decided_by = ?
                            where model = ? and state = 'open'
                            """,
                            caller.entityRef(),
                            name);
                    sql.update(
                            """
                            update model set deleted_at = now(), deleted_by = ?, deleted_name = name
                            where name = ?
                            """,
                            caller.entityRef(),
                            name);
                    publication.withdraw(name);
                    renaming.move(name, hidden(name), Moved.Cause.DELETED);
                    audit.record(
                            "model.delete",
                            Resource.model(name),
                            Map.of("name", model.called(), "versions", versions));
                });
    }

    /** No model can be given a name with this sign. */
    private static String hidden(String name) {
        return name + "~" + Long.toString(Instant.now().toEpochMilli(), Character.MAX_RADIX);
    }

    /** Those that the caller may restore, the newest first. */
    List<Deleted> mine() {
        return sql
                .list(SELECT + " order by m.deleted_at desc limit 1000", ModelDeletion::read)
                .stream()
                .filter(
                        row ->
                                caller.mayAsOwner(
                                        Permission.MODEL_REGISTER,
                                        Resource.model(row.name),
                                        row.deleted.owner))
                .map(Row::deleted)
                .toList();
    }

    /**
     * @throws NotFound when no such model was deleted, or it is gone for good
     * @throws Conflict when another one has its name now
     */
    Model restore(String id) {
        var name = transaction.call(() -> restoreInTransaction(id));
        return models.get(name);
    }

    private String restoreInTransaction(String id) {
        sql.list("select 1 from model where name = ? for update", row -> 1, id);
        var row =
                sql.first(SELECT + " and m.name = ?", ModelDeletion::read, id)
                        .filter(
                                found ->
                                        caller.mayAsOwner(
                                                Permission.MODEL_REGISTER,
                                                Resource.model(found.name),
                                                found.deleted.owner))
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "There is no deleted model \"%s\" that you could restore."
                                                        .formatted(id)));
        if (models.find(row.name).isPresent()
                || models.findCalled(row.deleted.name).isPresent()
                || publication.isDescribed(row.name)) {
            throw new Conflict(
                    "There is another model \"%s\" now. Rename that one first, then restore this."
                            .formatted(row.deleted.name));
        }
        sql.update(
                """
                update model_version
                set state = deleted_state, deleted_state = null, deleted_at = null,
                    deleted_by = null
                where model = ? and state = 'DELETED' and purged_at is null
                  and deleted_at = (select deleted_at from model where name = ?)
                """,
                id,
                id);
        sql.update(
                """
                update model set deleted_at = null, deleted_by = null, deleted_name = null
                where name = ?
                """,
                id);
        renaming.move(id, row.name, Moved.Cause.RESTORED);
        publication.publish(row.name);
        audit.record("model.restore", Resource.model(row.name), Map.of("name", row.deleted.name));
        return row.name;
    }

    private static Row read(ResultSet row) throws SQLException {
        return new Row(
                new Deleted(
                        row.getString(1),
                        row.getString(2),
                        row.getInt(8),
                        Model.ownerRef(row.getString(3), row.getString(4)),
                        row.getObject(5, OffsetDateTime.class).toInstant(),
                        row.getString(6)),
                row.getString(7));
    }

    /** Removes for good what was deleted before, once the files of its versions are gone. */
    void purge(@Observes @Priority(Interceptor.Priority.LIBRARY_AFTER) Purge.Due due) {
        for (var id :
                sql.list(
                        """
                        select m.name from model m where m.deleted_at < ? and not exists (
                            select from model_version v where v.model = m.name and v.purged_at is null)
                        limit 1000
                        """,
                        row -> row.getString(1),
                        due.before())) {
            transaction.run(() -> purge(id));
        }
    }

    private void purge(String id) {
        var name =
                sql.first(
                        "select deleted_name from model where name = ? and deleted_at is not null for update",
                        row -> row.getString(1),
                        id);
        if (name.isEmpty()) {
            return; // restored a moment ago
        }
        for (var table : List.of("model_alias", "model_alias_move", "model_version")) {
            sql.update("delete from %s where model = ?".formatted(table), id);
        }
        sql.update("delete from model where name = ?", id);
        renaming.move(id, id, Moved.Cause.PURGED);
        audit.recordBySystem("model.purge", Resource.model(name.get()), Map.of("name", name.get()));
    }
}
