package dev.atelier.transfer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.identity.Permission;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All imports: what was asked for, and how far each is. */
@ApplicationScoped
class Imports {

    private static final String SELECT =
            """
            select id, source, place, options, owner, created_by, account, scopes, created_at, state,
                   cancelled, due_at, tries, lease, started_at, ended_at, progress, fault, archive
            from data_import
            """;

    private final Sql sql;
    private final ObjectMapper json;
    private final Caller caller;
    private final Audit audit;
    private final KeptSecrets secrets;

    Imports(Sql sql, ObjectMapper json, Caller caller, Audit audit, KeptSecrets secrets) {
        this.sql = sql;
        this.json = json;
        this.caller = caller;
        this.audit = audit;
        this.secrets = secrets;
    }

    private DataImport read(ResultSet row) throws SQLException {
        var scopes = row.getArray(8);
        try {
            return new DataImport(
                    row.getLong(1),
                    DataImport.Kind.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                    row.getString(3),
                    json.readValue(row.getString(4), DataImport.Options.class),
                    row.getString(5),
                    row.getString(6),
                    row.getString(7),
                    scopes == null ? null : Arrays.asList((String[]) scopes.getArray()),
                    Objects.requireNonNull(Sql.instant(row, 9)),
                    DataImport.State.valueOf(row.getString(10).toUpperCase(Locale.ROOT)),
                    row.getBoolean(11),
                    Objects.requireNonNull(Sql.instant(row, 12)),
                    row.getInt(13),
                    row.getObject(14, UUID.class),
                    Sql.instant(row, 15),
                    Sql.instant(row, 16),
                    row.getString(17),
                    row.getString(18),
                    row.getString(19));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The options of an import cannot be read", e);
        }
    }

    /**
     * @param authorization header of its server; null for none
     */
    @Transactional
    DataImport create(
            DataImport.Kind source,
            String place,
            DataImport.Options options,
            String owner,
            @Nullable List<String> scopes,
            @Nullable String authorization,
            @Nullable String archive,
            @Nullable Long archiveSize) {
        var who = caller.signedIn();
        String text;
        try {
            text = json.writeValueAsString(options);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        var id =
                sql.one(
                        """
                        insert into data_import (source, place, options, owner, created_by, account,
                            scopes, archive, archive_size)
                        values (?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?) returning id
                        """,
                        row -> row.getLong(1),
                        source.id(),
                        place,
                        text,
                        owner,
                        who.ref(),
                        who.name(),
                        scopes == null ? null : scopes.toArray(String[]::new),
                        archive,
                        archiveSize);
        var made = find(id).orElseThrow();
        if (authorization != null) {
            secrets.put(made.secret(), authorization.getBytes(StandardCharsets.UTF_8));
        }
        audit.record(
                "import.begin",
                "import:default/" + id,
                Map.of("source", source.id(), "place", place, "owner", owner));
        return made;
    }

    Optional<DataImport> find(long id) {
        return sql.first(SELECT + "where id = ?", this::read, id);
    }

    /**
     * Whoever began it, those it belongs to, and administrators see an import.
     *
     * @throws NotFound when there is none for the caller
     */
    DataImport get(String id) {
        return (id.matches("[0-9]{1,18}") ? find(Long.parseLong(id)) : Optional.<DataImport>empty())
                .filter(this::mine)
                .orElseThrow(() -> new NotFound("There is no import %s.".formatted(id)));
    }

    private boolean mine(DataImport one) {
        var who = caller.signedIn();
        return one.createdBy().equals(who.ref())
                || who.owns(one.owner())
                || caller.may(Permission.ACCESS_MANAGE);
    }

    /** Those that the caller sees, the newest first. */
    List<DataImport> list(int most) {
        var who = caller.signedIn();
        return sql.list(
                SELECT
                        + """
                        where ? or created_by = ? or owner = any(?) order by id desc limit ?
                        """,
                this::read,
                caller.may(Permission.ACCESS_MANAGE),
                who.ref(),
                who.holders().toArray(String[]::new),
                most);
    }

    @Transactional
    void cancel(DataImport one) {
        if (sql.update(
                        """
                        update data_import set cancelled = true,
                            state = case when leased_until > clock_timestamp() then state
                                    else 'cancelled' end,
                            ended_at = case when leased_until > clock_timestamp() then null
                                       else clock_timestamp() end,
                            archive = case when leased_until > clock_timestamp() then archive end
                        where id = ? and state in ('waiting', 'running', 'failed')
                        """,
                        one.id())
                == 0) {
            throw new Conflict("This import has ended already.");
        }
        secrets.drop(one.secret());
        audit.record("import.cancel", "import:default/" + one.id(), Map.of());
    }

    @Transactional
    void proceed(DataImport one) {
        if (sql.update(
                        """
                        update data_import set state = 'waiting', tries = 0, fault = null,
                            due_at = clock_timestamp(), ended_at = null, cancelled = false
                        where id = ? and (state = 'failed' or (state = 'waiting' and tries > 0))
                        """,
                        one.id())
                == 0) {
            throw new Conflict("Only an import that stopped or waits for its source goes on.");
        }
        audit.record("import.continue", "import:default/" + one.id(), Map.of());
    }

    // The errand ---------------------------------------------------------------------------------

    /** Takes what is due, for a minute; one at a time for each owner. */
    @Transactional
    List<DataImport> take(int limit) {
        if (limit == 0) {
            return List.of();
        }
        sql.list("select pg_advisory_xact_lock(hashtext('data-import'))", row -> 1);
        return sql
                .list(
                        """
                        with due as (
                            select distinct on (owner) id from data_import i
                            where state in ('waiting', 'running') and due_at <= clock_timestamp()
                              and (leased_until is null or leased_until < clock_timestamp())
                              and not exists (
                                  select from data_import o
                                  where o.owner = i.owner and o.leased_until > clock_timestamp())
                            order by owner, id limit ?)
                        update data_import i
                        set lease = gen_random_uuid(), tries = tries + 1, state = 'running',
                            leased_until = clock_timestamp() + interval '1 minute',
                            started_at = coalesce(started_at, clock_timestamp())
                        from due where due.id = i.id
                        returning i.id
                        """,
                        row -> row.getLong(1),
                        limit)
                .stream()
                .map(this::find)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Whether it is still this taking that holds it, and nobody cancelled it. */
    boolean hold(DataImport one, @Nullable String progress) {
        return sql.update(
                        """
                        update data_import set leased_until = clock_timestamp() + interval '1 minute',
                            progress = coalesce(?, progress)
                        where id = ? and lease = ? and state = 'running' and not cancelled
                        """,
                        progress,
                        one.id(),
                        one.lease())
                == 1;
    }

    boolean cancelled(DataImport one) {
        return find(one.id()).map(DataImport::cancelled).orElse(true);
    }

    /** It went on: what fails from here on begins to wait anew. */
    void movedOn(DataImport one) {
        sql.update(
                "update data_import set tries = 1, fault = null where id = ? and lease = ? and tries > 1",
                one.id(),
                one.lease());
    }

    void end(DataImport one, DataImport.State state, @Nullable String fault) {
        sql.update(
                """
                update data_import set state = ?, fault = ?, ended_at = clock_timestamp(),
                    leased_until = null, lease = null, progress = null,
                    archive = case when ? then archive end
                where id = ? and lease = ?
                """,
                state.name().toLowerCase(Locale.ROOT),
                fault,
                state == DataImport.State.FAILED,
                one.id(),
                one.lease());
        if (state != DataImport.State.FAILED) {
            secrets.drop(one.secret());
        }
    }

    void later(DataImport one, Duration wait, @Nullable String fault) {
        sql.update(
                """
                update data_import set state = 'waiting', fault = ?, leased_until = null,
                    lease = null, due_at = clock_timestamp() + ?::interval
                where id = ? and lease = ?
                """,
                fault,
                wait.toString(),
                one.id(),
                one.lease());
    }

    Optional<String> authorization(DataImport one) {
        return secrets.get(one.secret()).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    boolean hasAuthorization(DataImport one) {
        return secrets.holds(one.secret());
    }

    /** Nobody went on with these for a week: their secrets and archives are not kept for ever. */
    void forgetOld() {
        sql.list(
                        SELECT
                                + """
                                where state = 'failed'
                                  and ended_at < clock_timestamp() - interval '7 days'
                                  and (archive is not null or exists (
                                      select from kept_secret where name = 'import:' || data_import.id))
                                """,
                        this::read)
                .forEach(
                        one -> {
                            secrets.drop(one.secret());
                            sql.update(
                                    "update data_import set archive = null where id = ?", one.id());
                        });
    }
}
