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

/** All imports, their reports, and what became of what they took. */
@ApplicationScoped
class Imports {

    /**
     * A line of a report: a thing, or (with a part) something of it that was left out.
     *
     * @param outcome {@code taken}, {@code there} or {@code left}
     * @param target address here; null when there is none
     */
    public record Line(
            long seq,
            String kind,
            String thing,
            String part,
            String name,
            String outcome,
            @Nullable String reason,
            @Nullable String target,
            long points,
            long files,
            long bytes) {

        public String word() {
            return switch (outcome) {
                case "taken" -> "Taken";
                case "there" -> "Already there";
                default -> "Left out";
            };
        }

        public String mark() {
            return switch (outcome) {
                case "taken" -> "ok";
                case "there" -> "off";
                default -> "warn";
            };
        }
    }

    /** How many of a kind were read, and what became of them. */
    public record Count(
            String kind,
            long read,
            long taken,
            long there,
            long left,
            long points,
            long files,
            long bytes) {

        /** In the plural. */
        public String words() {
            return switch (kind) {
                case "experiment" -> "Experiments";
                case "run" -> "Runs";
                case "logged-model" -> "Logged models";
                case "model" -> "Registered models";
                case "version" -> "Model versions";
                case "part" -> "Parts of these";
                default -> "Other things";
            };
        }
    }

    /** What became of a thing of elsewhere. */
    record Origin(String target, @Nullable String state) {}

    /** More lines would be read by nobody. */
    static final int MOST_PARTS = 100_000;

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

    // What became of what ------------------------------------------------------------------------

    Optional<Origin> origin(String owner, String kind, String origin) {
        return sql.first(
                "select target, state from data_import_origin where owner = ? and kind = ? and origin = ?",
                row -> new Origin(row.getString(1), row.getString(2)),
                owner,
                kind,
                origin);
    }

    /** What it became, or, when that is not said yet, what it shall become. */
    Origin origin(String owner, String kind, String origin, String target) {
        sql.update(
                """
                insert into data_import_origin (owner, kind, origin, target) values (?, ?, ?, ?)
                on conflict do nothing
                """,
                owner,
                kind,
                origin,
                target);
        return origin(owner, kind, origin).orElseThrow();
    }

    void became(String owner, String kind, String origin, String target, @Nullable String state) {
        sql.update(
                """
                insert into data_import_origin (owner, kind, origin, target, state)
                values (?, ?, ?, ?, ?)
                on conflict (owner, kind, origin) do update
                set target = excluded.target, state = excluded.state
                """,
                owner,
                kind,
                origin,
                target,
                state);
    }

    // The report ---------------------------------------------------------------------------------

    /** What was said of a thing before, in another taking, is said anew. */
    void say(DataImport one, Line line) {
        sql.update(
                """
                insert into data_import_line (import, kind, thing, part, name, outcome, reason,
                    target, points, files, bytes)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                on conflict (import, kind, thing, part) do update set
                    name = excluded.name,
                    outcome = case when data_import_line.outcome = 'taken'
                                    and excluded.outcome = 'there'
                              then 'taken' else excluded.outcome end,
                    reason = excluded.reason, target = excluded.target,
                    points = greatest(data_import_line.points, excluded.points),
                    files = data_import_line.files + excluded.files,
                    bytes = data_import_line.bytes + excluded.bytes
                """,
                one.id(),
                line.kind,
                line.thing,
                line.part,
                line.name,
                line.outcome,
                line.reason,
                line.target,
                line.points,
                line.files,
                line.bytes);
    }

    /** Of one thing, before it is gone through again. */
    void forgetParts(DataImport one, String kind, String thing) {
        sql.update(
                "delete from data_import_line where import = ? and kind = ? and thing = ? and part <> ''",
                one.id(),
                kind,
                thing);
    }

    long parts(DataImport one) {
        return sql.one(
                "select count(*) from data_import_line where import = ? and part <> ''",
                row -> row.getLong(1),
                one.id());
    }

    List<Count> counts(DataImport one) {
        return sql.list(
                """
                select case when part <> '' then 'part' else kind end as what, count(*),
                       count(*) filter (where outcome = 'taken'),
                       count(*) filter (where outcome = 'there'),
                       count(*) filter (where outcome = 'left'),
                       sum(points)::bigint, sum(files)::bigint, sum(bytes)::bigint
                from data_import_line where import = ? group by 1
                order by min(array_position(
                    array['experiment', 'run', 'logged-model', 'model', 'version', 'part'],
                    case when part <> '' then 'part' else kind end))
                """,
                row ->
                        new Count(
                                row.getString(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                row.getLong(7),
                                row.getLong(8)),
                one.id());
    }

    private static final String LINES =
            """
            select seq, kind, thing, part, name, outcome, reason, target, points, files, bytes
            from data_import_line
            """;

    private static Line line(ResultSet row) throws SQLException {
        return new Line(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getLong(9),
                row.getLong(10),
                row.getLong(11));
    }

    /**
     * @param outcome empty for all
     * @param kind empty for all
     */
    List<Line> lines(DataImport one, String outcome, String kind, long after, int most) {
        return sql.list(
                LINES
                        + """
                        where import = ? and (? = '' or outcome = ?) and (? = '' or kind = ?)
                          and seq > ? order by seq limit ?
                        """,
                Imports::line,
                one.id(),
                outcome,
                outcome,
                kind,
                kind,
                after,
                most);
    }

    <E extends Exception> void eachLine(DataImport one, LineVisitor<E> visitor) throws E {
        sql.<E>each(
                LINES + "where import = ? order by seq", row -> visitor.see(line(row)), one.id());
    }

    @FunctionalInterface
    interface LineVisitor<E extends Exception> {
        void see(Line line) throws E;
    }
}
