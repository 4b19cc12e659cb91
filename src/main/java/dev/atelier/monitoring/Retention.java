package dev.atelier.monitoring;

import dev.atelier.models.VersionPurged;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.Loop;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;

/**
 * Puts the hours of old days together, and forgets what is older than anybody asks for. What
 * windows came to is kept for good.
 */
@ApplicationScoped
class Retention {

    private static final Duration EVERY = Duration.ofHours(1);

    /** Days that are kept by the hour. */
    private static final Duration HOURLY = Duration.ofDays(7);

    /** As long as rows are taken; see {@link Intake}. */
    private static final Duration KEPT = Duration.ofDays(400);

    /** A batch that comes again after so long would be counted again. */
    private static final Duration BATCHES = Duration.ofDays(30);

    /** Rows that never became a reference: they are what was sent, and may be personal. */
    private static final Duration EARLY = Duration.ofDays(30);

    private static final int DAYS_AT_ONCE = 500;

    /** All tables that hold something of a version, those that others refer to last. */
    private static final List<String> TABLES =
            List.of(
                    "monitoring_incident",
                    "monitoring_accepted",
                    "monitoring_score",
                    "monitoring_watch",
                    "monitoring_window",
                    "monitoring_lost",
                    "monitoring_early",
                    "monitoring_batch",
                    "monitoring_prediction",
                    "monitoring_label",
                    "monitoring_segment",
                    "monitoring_reference");

    private final Sql sql;
    private final Transaction transaction;
    private final Loop loop = new Loop("monitoring-retention", EVERY, this::sweep);

    Retention(Sql sql, Transaction transaction) {
        this.sql = sql;
        this.transaction = transaction;
    }

    void start(@Observes StartupEvent event) {
        loop.start();
    }

    void stop(@Observes ShutdownEvent event) {
        loop.end();
    }

    void purged(@Observes VersionPurged gone) {
        for (var table : TABLES) {
            sql.update(
                    "delete from %s where model = ? and version = ?".formatted(table),
                    gone.model(),
                    gone.number());
        }
    }

    /** The first moment that is still kept by the hour. */
    static Instant hourly(Instant now) {
        return now.minus(HOURLY).truncatedTo(ChronoUnit.DAYS);
    }

    void sweep() {
        var now = Instant.now();
        for (var days = days(now); !days.isEmpty(); days = days(now)) {
            days.forEach(day -> transaction.run(() -> putTogether(day)));
        }
        forget(now);
    }

    private record Day(
            String model,
            int version,
            String site,
            String segment,
            long reference,
            Instant start) {}

    private List<Day> days(Instant now) {
        return sql.list(
                """
                select model, version, site, segment, reference, date_trunc('day', start, 'UTC')
                from monitoring_window where start < ?
                group by 1, 2, 3, 4, 5, 6
                having count(*) > 1 or min(start) > date_trunc('day', min(start), 'UTC')
                limit ?
                """,
                row ->
                        new Day(
                                row.getString(1),
                                row.getInt(2),
                                row.getString(3),
                                row.getString(4),
                                row.getLong(5),
                                Objects.requireNonNull(Sql.instant(row, 6))),
                hourly(now).atOffset(ZoneOffset.UTC),
                DAYS_AT_ONCE);
    }

    private void putTogether(Day day) {
        // As whoever counts does; see Intake.
        sql.one(
                "select 1 from model_version where model = ? and number = ? for no key update",
                row -> true,
                day.model,
                day.version);
        var hours =
                sql.list(
                        """
                        delete from monitoring_window
                        where model = ? and version = ? and site = ? and segment = ?
                          and reference = ? and start >= ? and start < ?
                        returning counts
                        """,
                        row -> Window.of(row.getBytes(1)),
                        day.model,
                        day.version,
                        day.site,
                        day.segment,
                        day.reference,
                        day.start.atOffset(ZoneOffset.UTC),
                        day.start.plus(Duration.ofDays(1)).atOffset(ZoneOffset.UTC));
        hours.stream()
                .reduce(Window::plus)
                .ifPresent(
                        sum ->
                                sql.update(
                                        """
                                        insert into monitoring_window
                                            (model, version, site, segment, start, reference, rows,
                                             counts)
                                        values (?, ?, ?, ?, ?, ?, ?, ?)
                                        """,
                                        day.model,
                                        day.version,
                                        day.site,
                                        day.segment,
                                        day.start.atOffset(ZoneOffset.UTC),
                                        day.reference,
                                        sum.rows(),
                                        sum.bytes()));
    }

    private void forget(Instant now) {
        var oldest = now.minus(KEPT).atOffset(ZoneOffset.UTC);
        sql.update("delete from monitoring_window where start < ?", oldest);
        sql.update("delete from monitoring_lost where start < ?", oldest);
        sql.update("delete from monitoring_prediction where at < ?", oldest);
        sql.update(
                """
                delete from monitoring_label l where received_at < ? and not exists (
                    select from monitoring_prediction p
                    where p.model = l.model and p.version = l.version
                      and p.prediction = l.prediction)
                """,
                oldest);
        sql.update(
                "delete from monitoring_batch where received_at < ?",
                now.minus(BATCHES).atOffset(ZoneOffset.UTC));
        sql.update(
                "delete from monitoring_early where received_at < ?",
                now.minus(EARLY).atOffset(ZoneOffset.UTC));
    }
}
