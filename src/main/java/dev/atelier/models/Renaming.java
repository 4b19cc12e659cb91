package dev.atelier.models;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Gives models other names. Versions, aliases, calls, traffic, stars, grants and requests go with
 * the model; links to pages of the old name lead to the new one until another model takes it.
 */
@ApplicationScoped
public class Renaming {

    private final Models models;
    private final Publication publication;
    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;
    private final Event<Moved> onMove;

    Renaming(
            Models models,
            Publication publication,
            Sql sql,
            Transaction transaction,
            Audit audit,
            Caller caller,
            Event<Moved> onMove) {
        this.models = models;
        this.publication = publication;
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
        this.onMove = onMove;
    }

    /**
     * @param called any name; where it cannot name a catalog entity, it becomes the title
     * @throws Conflict when another model or a file of the catalog has the name, or a file
     *     describes this model, or a version is being scanned
     */
    Model rename(Model model, String called) {
        if (called.isBlank() || called.length() > 256) {
            throw new Invalid(
                    "A model's name has 1 to 256 characters.",
                    List.of(new Invalid.Field("name", "is empty or too long")));
        }
        if (called.equals(model.called())) {
            return model;
        }
        var name = transaction.call(() -> renameInTransaction(model.name(), called.strip()));
        return models.get(name);
    }

    private String renameInTransaction(String from, String called) {
        var model = changeable(from);
        var known = models.findCalled(called).filter(other -> !other.name().equals(from));
        var name = called.equalsIgnoreCase(from) ? plain(called) : models.freeName(called);
        if (known.isPresent() || publication.isDescribed(name)) {
            throw new Conflict("There is a model \"%s\" already.".formatted(called));
        }
        sql.update(
                "update model set title = ?, changed_at = clock_timestamp() where name = ?",
                name.equals(called) ? null : called,
                from);
        if (!name.equals(from)) {
            publication.withdraw(from);
            move(from, name, Moved.Cause.RENAMED);
            remember(from, name);
        }
        publication.publish(name);
        var detail = Map.of("from", model.called(), "to", called);
        audit.record("model.rename", Resource.model(from), detail);
        if (!name.equalsIgnoreCase(from)) {
            audit.record("model.rename", Resource.model(name), detail);
        }
        return name;
    }

    /** It has the name already, in another case. */
    private static String plain(String called) {
        var fault = Models.nameFault(called);
        if (fault != null) {
            throw new Invalid(fault, List.of(new Invalid.Field("name", "cannot name a model")));
        }
        return called;
    }

    private void remember(String from, String to) {
        sql.update("delete from model_former_name where former = lower(?)", to);
        if (!from.equalsIgnoreCase(to)) {
            sql.update(
                    """
                    insert into model_former_name (former, model) values (lower(?), ?)
                    on conflict (former) do update set model = excluded.model
                    """,
                    from,
                    to);
        }
    }

    /**
     * A model whose name may change now; its row is locked until the transaction ends.
     *
     * @throws Conflict when a catalog file describes it, or a version is being scanned
     */
    @Transactional(Transactional.TxType.MANDATORY)
    Model changeable(String name) {
        sql.list("select 1 from model where name = ? for update", row -> 1, name);
        var model = models.get(name);
        if (!model.aliases().isEmpty()) {
            // Whoever follows one of them will not find it.
            caller.require(Permission.MODEL_ALIAS, Resource.model(name));
        }
        if (publication.isDescribed(name)) {
            throw new Conflict(
                    "A file of the catalog describes \"%s\". Take it out of the catalog first; the model and its versions stay."
                            .formatted(model.called()));
        }
        var scanning =
                sql.first(
                        "select number from model_version where model = ? and state = 'SCANNING' limit 1",
                        row -> row.getInt(1),
                        name);
        if (scanning.isPresent()) {
            throw new Conflict(
                    "Version %d of \"%s\" is being scanned. Try again in a moment."
                            .formatted(scanning.get(), model.called()));
        }
        return model;
    }

    /** Changes the name in every table: foreign keys cascade, others follow the event. */
    @Transactional(Transactional.TxType.MANDATORY)
    void move(String from, String to, Moved.Cause cause) {
        if (cause != Moved.Cause.PURGED) {
            sql.update("update model set name = ? where name = ?", to, from);
        }
        onMove.fire(new Moved("model", from, to, cause));
    }

    /** The name that a model of this name has now; empty when none was renamed from it. */
    Optional<String> now(String former) {
        return sql.first(
                """
                select m.name from model_former_name f join model m on m.name = f.model
                where f.former = ? and m.deleted_at is null
                  and not exists (select from model o where lower(o.name) = f.former)
                """,
                row -> row.getString(1),
                former.toLowerCase(Locale.ROOT));
    }
}
