package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Columns of a site of which a team said that this is how they are from now on. */
@ApplicationScoped
class Accepted {

    private final Sql sql;

    Accepted(Sql sql) {
        this.sql = sql;
    }

    /** What was accepted, for people. */
    public record One(
            String site, String column, String reason, String by, Instant since, Instant at) {}

    /** Counts to compare with, by column. */
    Map<String, Counts> of(Watch.Key key) {
        var found = new HashMap<String, Counts>();
        sql.list(
                        """
                        select "column", counts from monitoring_accepted
                        where model = ? and version = ? and site = ? and reference = ?
                        """,
                        row ->
                                Map.entry(
                                        row.getString(1),
                                        Window.of(row.getBytes(2)).columns().getFirst()),
                        key.model(),
                        key.version(),
                        key.site(),
                        key.reference())
                .forEach(one -> found.put(one.getKey(), one.getValue()));
        return found;
    }

    List<One> list(String model, int version) {
        return sql.list(
                """
                select site, "column", reason, by, since, at from monitoring_accepted
                where model = ? and version = ? order by at desc
                """,
                row ->
                        new One(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                Objects.requireNonNull(Sql.instant(row, 5)),
                                Objects.requireNonNull(Sql.instant(row, 6))),
                model,
                version);
    }

    /**
     * @param window of the one column
     */
    void put(Watch.Key key, String column, Window window, Instant since, String reason, String by) {
        sql.update(
                """
                insert into monitoring_accepted
                    (model, version, site, reference, "column", counts, since, reason, by)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?)
                on conflict (model, version, site, reference, "column") do update set
                    counts = excluded.counts, since = excluded.since, reason = excluded.reason,
                    by = excluded.by, at = clock_timestamp()
                """,
                key.model(),
                key.version(),
                key.site(),
                key.reference(),
                column,
                window.bytes(),
                since.atOffset(ZoneOffset.UTC),
                reason,
                by);
    }
}
