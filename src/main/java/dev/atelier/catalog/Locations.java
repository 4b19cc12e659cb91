package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Target;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.net.OutboundHttp;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Locations that people and clients registered. Each becomes a Location entity. */
@ApplicationScoped
class Locations {

    record Registered(UUID id, String type, String target) {
        Target source() {
            return new Target(type, target, false);
        }
    }

    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;
    private final Ingestion ingestion;
    private final CatalogConfig config;
    private final OutboundHttp http;

    Locations(
            Sql sql,
            Transaction transaction,
            Audit audit,
            Caller caller,
            Ingestion ingestion,
            CatalogConfig config,
            OutboundHttp http) {
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
        this.ingestion = ingestion;
        this.config = config;
        this.http = http;
    }

    List<Registered> all() {
        return query("order by added_at, id");
    }

    Optional<Registered> find(UUID id) {
        return query("where id = ?", id).stream().findFirst();
    }

    Optional<Registered> find(String type, String target) {
        return query("where type = ? and target = ?", type, target).stream().findFirst();
    }

    Registered require(String id) {
        try {
            return find(UUID.fromString(id))
                    .orElseThrow(() -> new NotFound("Found no location with ID " + id));
        } catch (IllegalArgumentException e) {
            throw new NotFound("Found no location with ID " + id);
        }
    }

    private List<Registered> query(String where, Object... values) {
        return sql.list(
                "select id, type, target from catalog_location " + where,
                row ->
                        new Registered(
                                row.getObject(1, UUID.class), row.getString(2), row.getString(3)),
                values);
    }

    /** Refuses what may not be registered, saying why. */
    void check(String type, String target) {
        if (!type.equals("url")) {
            throw new Invalid("Registered locations must be of an allowed type [\"url\"]");
        }
        if (target.length() > 2000) {
            throw new Invalid("The target is too long");
        }
        try {
            http.require(SourceTexts.raw(target));
        } catch (OutboundHttp.Refused e) {
            throw new Invalid(
                    "The target cannot be read. " + e.getMessage(),
                    List.of(new Invalid.Field("target", String.valueOf(e.getMessage()))));
        } catch (IOException e) {
            // A host that does not resolve now may do so later; the problems page will tell.
        }
    }

    /**
     * @throws Conflict when it is registered already; of several who register it at once, one wins
     */
    Registered register(String type, String target) {
        requireWritable();
        check(type, target);
        var location = new Registered(UUID.randomUUID(), type, target);
        transaction.run(
                () ->
                        sql.run(
                                connection -> {
                                    EntityWrites.begin(connection);
                                    insert(location);
                                    publish(connection);
                                    audit.record(
                                            "catalog-location.register",
                                            location.source().toString(),
                                            Map.of("id", location.id.toString()));
                                }));
        return location;
    }

    private void insert(Registered location) {
        int inserted =
                sql.update(
                        """
                        insert into catalog_location (id, type, target, added_by)
                        values (?, ?, ?, ?) on conflict (type, target) do nothing
                        """,
                        location.id,
                        location.type,
                        location.target,
                        caller.entityRef());
        if (inserted == 0) {
            throw taken(location.source());
        }
    }

    private static Conflict taken(Target target) {
        return new Conflict("Location %s already exists".formatted(target));
    }

    Registered change(String id, String type, String target) {
        requireWritable();
        var old = require(id);
        check(type, target);
        var changed = new Registered(old.id, type, target);
        transaction.run(
                () ->
                        sql.run(
                                connection -> {
                                    EntityWrites.begin(connection);
                                    update(changed);
                                    publish(connection);
                                    audit.record(
                                            "catalog-location.change",
                                            changed.source().toString(),
                                            Map.of("id", id, "before", old.source().toString()));
                                }));
        return changed;
    }

    private void update(Registered changed) {
        if (find(changed.type, changed.target).filter(o -> !o.id.equals(changed.id)).isPresent()) {
            throw taken(changed.source());
        }
        sql.update(
                "update catalog_location set type = ?, target = ? where id = ?",
                changed.type,
                changed.target,
                changed.id);
    }

    /** Takes a location away with everything that only it gave. */
    void remove(String id) {
        requireWritable();
        transaction.run(() -> delete(id));
    }

    private void delete(String id) {
        var location = require(id);
        sql.run(
                connection -> {
                    EntityWrites.begin(connection);
                    sql.update("delete from catalog_location where id = ?", location.id);
                    publish(connection);
                    audit.record(
                            "catalog-location.remove",
                            location.source().toString(),
                            Map.of("id", id));
                });
    }

    boolean isReadonly() {
        return config.readonly();
    }

    void requireWritable() {
        if (config.readonly()) {
            throw new Denied(
                    "This operation not allowed in readonly mode. The catalog is kept by its"
                            + " configured folders alone (atelier.catalog.readonly).");
        }
    }

    private void publish(Connection connection) throws SQLException {
        var all = all();
        ingestion.publish(
                "locations", all.stream().map(l -> Ingestion.location(l.source())).toList());
        for (var location : all) {
            Sources.name(
                    connection,
                    Ingestion.location(location.source()).ref().toString(),
                    List.of(location.source()));
        }
        ingestion.forget(connection, true);
    }
}
