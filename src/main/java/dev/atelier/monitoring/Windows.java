package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What was counted of versions, by hours. */
@ApplicationScoped
class Windows {

    private final Sql sql;

    Windows(Sql sql) {
        this.sql = sql;
    }

    /** The hour that a moment belongs to. */
    static Instant hour(Instant at) {
        return at.truncatedTo(ChronoUnit.HOURS);
    }

    /**
     * An hour of a segment of a site.
     *
     * @param segment empty for what named none
     * @param reference that it was counted by
     */
    record Hour(String site, String segment, Instant start, long reference, Window window) {}

    /** Adds what named no segment. */
    void add(
            String model,
            int version,
            String site,
            StoredReference reference,
            SortedMap<Instant, Window> hours) {
        add(model, version, site, "", reference, hours);
    }

    /**
     * Adds to hours. Within a transaction, in which the rows are held; they are taken in the order
     * of time, so that two who add to the same do not wait for one another.
     */
    void add(
            String model,
            int version,
            String site,
            String segment,
            StoredReference reference,
            SortedMap<Instant, Window> hours) {
        hours.forEach(
                (start, window) -> {
                    var at = start.atOffset(ZoneOffset.UTC);
                    sql.update(
                            """
                            insert into monitoring_window
                                (model, version, site, segment, start, reference, rows, counts)
                            values (?, ?, ?, ?, ?, ?, 0, ''::bytea)
                            on conflict do nothing
                            """,
                            model,
                            version,
                            site,
                            segment,
                            at,
                            reference.id());
                    var before =
                            sql.one(
                                    """
                                    select counts from monitoring_window
                                    where model = ? and version = ? and site = ? and segment = ? and start = ?
                                      and reference = ?
                                    for update
                                    """,
                                    row -> row.getBytes(1),
                                    model,
                                    version,
                                    site,
                                    segment,
                                    at,
                                    reference.id());
                    var sum = before.length == 0 ? window : Window.of(before).plus(window);
                    sql.update(
                            """
                            update monitoring_window set rows = ?, counts = ?
                            where model = ? and version = ? and site = ? and segment = ? and start = ?
                              and reference = ?
                            """,
                            sum.rows(),
                            sum.bytes(),
                            model,
                            version,
                            site,
                            segment,
                            at,
                            reference.id());
                });
        if (!hours.isEmpty()) {
            judgeFrom(model, version, site, reference, hours.firstKey());
        }
    }

    /** What was added to is to be judged, from its first hour on; see {@link Watch}. */
    private void judgeFrom(
            String model, int version, String site, StoredReference reference, Instant hour) {
        sql.update(
                """
                insert into monitoring_watch as w (model, version, site, reference, changed_from)
                values (?, ?, ?, ?, ?)
                on conflict (model, version, site, reference) do update set
                    changed_from = least(w.changed_from, excluded.changed_from),
                    due_at = least(w.due_at, excluded.due_at)
                """,
                model,
                version,
                site,
                reference.id(),
                hour.atOffset(ZoneOffset.UTC));
    }

    /** Hours of one site that were counted by one reference, from a moment on, in their order. */
    List<Hour> hours(Watch.Key key, Instant from, int most) {
        return sql.list(
                """
                select site, segment, start, reference, counts from monitoring_window
                where model = ? and version = ? and site = ? and reference = ? and start >= ?
                  and rows > 0
                order by start fetch first ? rows with ties
                """,
                Windows::read,
                key.model(),
                key.version(),
                key.site(),
                key.reference(),
                from.atOffset(ZoneOffset.UTC),
                most);
    }

    private static Hour read(ResultSet row) throws SQLException {
        return new Hour(
                row.getString(1),
                row.getString(2),
                Objects.requireNonNull(Sql.instant(row, 3)),
                row.getLong(4),
                Window.of(row.getBytes(5)));
    }

    /** Notes rows that could not be counted. */
    void lose(String model, int version, String site, Instant hour, long rows) {
        sql.update(
                """
                insert into monitoring_lost (model, version, site, start, rows)
                values (?, ?, ?, ?, ?)
                on conflict (model, version, start, site) do update
                    set rows = monitoring_lost.rows + excluded.rows
                """,
                model,
                version,
                site,
                hour.atOffset(ZoneOffset.UTC),
                rows);
    }

    /**
     * Hours that begin in a range, in their order.
     *
     * @param site null for all
     */
    List<Hour> between(
            String model, int version, @Nullable String site, Instant from, Instant until) {
        return sql.list(
                """
                select site, segment, start, reference, counts from monitoring_window
                where model = ? and version = ? and start >= ? and start < ?
                  and (?::text is null or site = ?) and rows > 0
                order by start, site, segment
                """,
                Windows::read,
                model,
                version,
                from.atOffset(ZoneOffset.UTC),
                until.atOffset(ZoneOffset.UTC),
                site,
                site);
    }

    /** Sites that have ever sent rows of a version. */
    List<String> siteNames(String model, int version) {
        return sql.list(
                """
                select distinct site from monitoring_watch where model = ? and version = ?
                order by site limit 200
                """,
                row -> row.getString(1),
                model,
                version);
    }

    /** How many sites have sent rows of a version within the last week. */
    int sites(String model, int version) {
        return sql.one(
                """
                select count(distinct site) from monitoring_window
                where model = ? and version = ? and start >= now() - interval '7 days' and rows > 0
                """,
                row -> row.getInt(1),
                model,
                version);
    }

    /** Rows that could not be counted, in hours that begin in a range. */
    long lost(String model, int version, @Nullable String site, Instant from, Instant until) {
        return sql.one(
                """
                select coalesce(sum(rows), 0) from monitoring_lost
                where model = ? and version = ? and start >= ? and start < ?
                  and (?::text is null or site = ?)
                """,
                row -> row.getLong(1),
                model,
                version,
                from.atOffset(ZoneOffset.UTC),
                until.atOffset(ZoneOffset.UTC),
                site,
                site);
    }
}
