package dev.atelier.monitoring;

import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All incidents. */
@ApplicationScoped
public class Incidents {

    private static final String SELECT =
            """
            select id, model, version, kind, severity, state, title, cause, since, opened_at,
                   closed_at, acknowledged_by, acknowledged_at, assignee, muted_until
            from (
                select i.* from monitoring_incident i
                join model_version v on v.model = i.model and v.number = i.version
                where v.state <> 'DELETED') as incident
            """;

    /** What happened to one, for people. */
    public record Event(Instant at, String actor, String what, String text) {

        /** Who it was, for people. */
        public String who() {
            return actor.equals(Audit.SYSTEM) ? "The portal" : Figures.actor(actor);
        }

        /** Its state of the style sheet. */
        public String mark() {
            return switch (what) {
                case "opened", "escalated" -> "warn";
                case "closed" -> "ok";
                default -> "run";
            };
        }
    }

    private final Sql sql;

    Incidents(Sql sql) {
        this.sql = sql;
    }

    /** Whoever decides of a model's incidents does so alone; within a transaction. */
    void hold(String model) {
        sql.one(
                "select pg_advisory_xact_lock(hashtextextended('incidents of ' || ?, 0)) is null",
                row -> true,
                model);
    }

    Incident get(long id) {
        return list("where id = ?", id).stream()
                .findFirst()
                .orElseThrow(() -> new NotFound("There is no incident %d.".formatted(id)));
    }

    /** Open ones of a version, the oldest first. */
    List<Incident> open(String model, int version) {
        return list(
                "where model = ? and version = ? and state = 'OPEN' order by id", model, version);
    }

    /**
     * Open ones of these models that nobody has muted, the worst first.
     *
     * @param models names in lower case
     */
    public List<Incident> open(Collection<String> models) {
        return list(
                """
                where lower(model) = any(?) and state = 'OPEN'
                  and (muted_until is null or muted_until < now())
                order by severity = 'CRITICAL' desc, since limit 20
                """,
                (Object) models.toArray(String[]::new));
    }

    /** Open ones of a model, the worst first. */
    List<Incident> open(String model) {
        return list(
                "where model = ? and state = 'OPEN' order by severity = 'CRITICAL' desc, since limit 20",
                model);
    }

    /**
     * The newest first.
     *
     * @param model null for all
     * @param open null for all
     * @param hidden references of models that are not for whoever asks
     */
    List<Incident> list(
            @Nullable String model, @Nullable Boolean open, Collection<String> hidden, int most) {
        return list(
                """
                where (?::text is null or model = ?) and (?::text is null or state = ?)
                  and 'model:default/' || lower(model) <> all(?)
                order by state desc, opened_at desc, id desc limit ?
                """,
                model,
                model,
                open == null ? null : open ? "OPEN" : "CLOSED",
                open == null ? null : open ? "OPEN" : "CLOSED",
                hidden.toArray(String[]::new),
                most);
    }

    /** All open ones, for those who are told of all. */
    List<Incident> open() {
        return list("where state = 'OPEN' order by id limit 1000");
    }

    /** Those that were closed lately. */
    List<Incident> closedSince(Instant moment) {
        return list(
                "where state = 'CLOSED' and closed_at >= ? order by id limit 1000",
                moment.atOffset(ZoneOffset.UTC));
    }

    private List<Incident> list(String where, @Nullable Object... values) {
        var found = sql.list(SELECT + where, Incidents::read, values);
        if (found.isEmpty()) {
            return found;
        }
        var sites = sites(found.stream().map(Incident::id).toList());
        return found.stream()
                .map(
                        one ->
                                new Incident(
                                        one.id(),
                                        one.model(),
                                        one.version(),
                                        one.kind(),
                                        one.severity(),
                                        one.open(),
                                        one.title(),
                                        one.cause(),
                                        one.since(),
                                        one.openedAt(),
                                        one.closedAt(),
                                        one.acknowledgedBy(),
                                        one.acknowledgedAt(),
                                        one.assignee(),
                                        one.mutedUntil(),
                                        sites.getOrDefault(one.id(), List.of())))
                .toList();
    }

    private static Incident read(ResultSet row) throws SQLException {
        return new Incident(
                row.getLong(1),
                row.getString(2),
                row.getInt(3),
                IncidentKind.valueOf(row.getString(4)),
                Incident.Severity.valueOf(row.getString(5)),
                row.getString(6).equals("OPEN"),
                row.getString(7),
                row.getString(8),
                Objects.requireNonNull(Sql.instant(row, 9)),
                Objects.requireNonNull(Sql.instant(row, 10)),
                Sql.instant(row, 11),
                row.getString(12),
                Sql.instant(row, 13),
                row.getString(14),
                Sql.instant(row, 15),
                List.of());
    }

    private Map<Long, List<Incident.Site>> sites(List<Long> incidents) {
        var found = new HashMap<Long, List<Incident.Site>>();
        sql.list(
                        """
                        select incident, site, reference, columns, worst, since, seen, until
                        from monitoring_incident_site where incident = any(?) order by worst desc, site
                        """,
                        row ->
                                Map.entry(
                                        row.getLong(1),
                                        new Incident.Site(
                                                row.getString(2),
                                                row.getObject(3, Long.class),
                                                List.of((String[]) row.getArray(4).getArray()),
                                                row.getFloat(5),
                                                Objects.requireNonNull(Sql.instant(row, 6)),
                                                Objects.requireNonNull(Sql.instant(row, 7)),
                                                Sql.instant(row, 8))),
                        (Object) incidents.toArray(Long[]::new))
                .forEach(
                        one ->
                                found.computeIfAbsent(one.getKey(), _ -> new ArrayList<>())
                                        .add(one.getValue()));
        return found;
    }

    /** Windows of a site that begin before do not open another one of that kind. */
    Optional<Instant> settled(String model, int version, IncidentKind kind, String site) {
        return sql.first(
                        """
                        select max(i.settled_until) from monitoring_incident i
                        join monitoring_incident_site s on s.incident = i.id
                        where i.model = ? and i.version = ? and i.kind = ? and s.site = ?
                          and i.settled_until is not null
                        """,
                        row -> Optional.ofNullable(Sql.instant(row, 1)),
                        model,
                        version,
                        kind.name(),
                        site)
                .flatMap(one -> one);
    }

    long open(
            String model,
            int version,
            IncidentKind kind,
            Incident.Severity severity,
            String title,
            String cause,
            Instant since) {
        return sql.one(
                """
                insert into monitoring_incident
                    (model, version, kind, severity, state, title, cause, since)
                values (?, ?, ?, ?, 'OPEN', ?, ?, ?) returning id
                """,
                row -> row.getLong(1),
                model,
                version,
                kind.name(),
                severity.name(),
                title,
                cause,
                since.atOffset(ZoneOffset.UTC));
    }

    /** Puts a site into one, or says how it stands there. */
    void site(
            long incident,
            String site,
            long reference,
            Standing standing,
            @Nullable Instant until) {
        float worst = standing.columns().values().stream().max(Float::compare).orElse(0f);
        sql.update(
                """
                insert into monitoring_incident_site
                    (incident, site, reference, columns, worst, since, seen, until)
                values (?, ?, ?, ?::text[], ?, ?, ?, ?)
                on conflict (incident, site) do update set
                    reference = excluded.reference, columns = excluded.columns,
                    worst = excluded.worst, seen = excluded.seen, until = excluded.until
                """,
                incident,
                site,
                reference,
                standing.columns().keySet().toArray(String[]::new),
                worst,
                standing.since().atOffset(ZoneOffset.UTC),
                standing.seen().atOffset(ZoneOffset.UTC),
                until == null ? null : until.atOffset(ZoneOffset.UTC));
    }

    /** It is over at a site. */
    void leave(long incident, String site, Instant until) {
        sql.update(
                """
                update monitoring_incident_site set until = ?, seen = ?
                where incident = ? and site = ?
                """,
                until.atOffset(ZoneOffset.UTC),
                until.atOffset(ZoneOffset.UTC),
                incident,
                site);
    }

    /** What it is called, and how bad it is, as it stands now. */
    void describe(long incident, Incident.Severity severity, String title, String cause) {
        sql.update(
                """
                update monitoring_incident set severity = ?, title = ?, cause = ?
                where id = ?
                """,
                severity.name(),
                title,
                cause,
                incident);
    }

    /**
     * @param settled null where it ended by itself
     */
    void close(long incident, @Nullable Instant settled) {
        sql.update(
                """
                update monitoring_incident
                set state = 'CLOSED', closed_at = clock_timestamp(), settled_until = ?
                where id = ?
                """,
                settled == null ? null : settled.atOffset(ZoneOffset.UTC),
                incident);
    }

    void acknowledge(long incident, @Nullable String by) {
        sql.update(
                """
                update monitoring_incident
                set acknowledged_by = ?, acknowledged_at = case when ? then clock_timestamp() end
                where id = ?
                """,
                by,
                by != null,
                incident);
    }

    void assign(long incident, @Nullable String to) {
        sql.update("update monitoring_incident set assignee = ? where id = ?", to, incident);
    }

    void mute(long incident, @Nullable Instant until) {
        sql.update(
                "update monitoring_incident set muted_until = ? where id = ?",
                until == null ? null : until.atOffset(ZoneOffset.UTC),
                incident);
    }

    void note(long incident, String actor, String what, String text) {
        sql.update(
                """
                insert into monitoring_incident_event (incident, actor, what, text)
                values (?, ?, ?, ?)
                """,
                incident,
                actor,
                what,
                text);
    }

    void noteBySystem(long incident, String what, String text) {
        note(incident, Audit.SYSTEM, what, text);
    }

    /** The newest first. */
    List<Event> events(long incident) {
        return sql.list(
                """
                select at, actor, what, text from monitoring_incident_event
                where incident = ? order by id desc limit 200
                """,
                row ->
                        new Event(
                                Objects.requireNonNull(Sql.instant(row, 1)),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4)),
                incident);
    }
}
