package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Judges what was counted, some time after it came. */
@ApplicationScoped
class Watch {

    /** Hours that are read at once. */
    private static final int PIECE = 200;

    /**
     * What is judged by itself: hours of one site, counted by one reference.
     *
     * @param reference number of a {@link StoredReference}
     */
    record Key(String model, int version, String site, long reference) {}

    private final Sql sql;
    private final Transaction transaction;
    private final References references;
    private final Windows windows;
    private final Scores scores;
    private final Accepted accepted;
    private final IncidentWatch incidents;
    private final WatchConfig config;

    Watch(
            Sql sql,
            Transaction transaction,
            References references,
            Windows windows,
            Scores scores,
            Accepted accepted,
            IncidentWatch incidents,
            WatchConfig config) {
        this.sql = sql;
        this.transaction = transaction;
        this.references = references;
        this.windows = windows;
        this.scores = scores;
        this.accepted = accepted;
        this.incidents = incidents;
        this.config = config;
    }

    /** Those that are due, the longest waiting first. */
    List<Key> due(int most) {
        return sql.list(
                """
                select model, version, site, reference from monitoring_watch
                where changed_from is not null and due_at <= clock_timestamp()
                  and judged_at <= clock_timestamp() - make_interval(secs => ?)
                order by due_at limit ?
                """,
                row -> new Key(row.getString(1), row.getInt(2), row.getString(3), row.getLong(4)),
                (double) config.pace().toMillis() / 1000,
                most);
    }

    /** Judges what is new of one. Whoever is at it already goes on, the other one leaves it. */
    void judge(Key key) {
        transaction.call(
                () -> {
                    taken(key).ifPresent(from -> judge(key, from));
                    return true;
                });
    }

    private Optional<Instant> taken(Key key) {
        return sql.first(
                """
                select changed_from from monitoring_watch
                where model = ? and version = ? and site = ? and reference = ?
                  and changed_from is not null
                for update skip locked
                """,
                row -> Objects.requireNonNull(Sql.instant(row, 1)),
                key.model(),
                key.version(),
                key.site(),
                key.reference());
    }

    private void judge(Key key, Instant changed) {
        var reference = references.get(key.reference());
        var begin = begin(key, changed);
        scores.drop(key, begin);
        var complete = Instant.now().minus(config.grace());
        var judgement =
                new Judgement(
                        key.site(),
                        key.reference(),
                        compared(key, reference),
                        scores.before(key, begin, 2),
                        complete,
                        score -> scores.add(key, score));
        var from = begin;
        while (true) {
            var hours = windows.hours(key, from, PIECE);
            for (var hour : hours) {
                judgement.add(hour.start(), hour.window());
            }
            if (hours.size() < PIECE) {
                break;
            }
            from = hours.getLast().start().plusNanos(1000);
        }
        var again = judgement.end();
        sql.update(
                """
                update monitoring_watch set changed_from = ?, due_at = coalesce(?, due_at),
                    judged_at = clock_timestamp()
                where model = ? and version = ? and site = ? and reference = ?
                """,
                again == null ? null : judgement.start().atOffset(ZoneOffset.UTC),
                again == null ? null : again.plus(config.grace()).atOffset(ZoneOffset.UTC),
                key.model(),
                key.version(),
                key.site(),
                key.reference());
        incidents.look(key, reference);
    }

    /**
     * Where to begin: with the window that the hour belongs to. Of days whose hours are put
     * together already, what was judged stays; only what comes there for the first time is judged.
     */
    private Instant begin(Key key, Instant changed) {
        var hourly = Retention.hourly(Instant.now());
        if (changed.isBefore(hourly) && scores.any(key, changed, hourly)) {
            return hourly;
        }
        return scores.beginning(key, changed).orElse(changed);
    }

    /** The columns of the reference, as the team accepted them. */
    private List<Reference> compared(Key key, StoredReference reference) {
        var instead = accepted.of(key);
        var columns = new ArrayList<Reference>();
        for (var column : reference.profile().columns()) {
            var counts = instead.get(column.name());
            columns.add(
                    counts == null
                            ? column
                            : new Reference(column.name(), column.binning(), counts));
        }
        return columns;
    }

    /** Looks at it again after a while, whatever is due before. */
    void postpone(Key key) {
        sql.update(
                """
                update monitoring_watch set due_at = clock_timestamp() + interval '5 minutes'
                where model = ? and version = ? and site = ? and reference = ?
                """,
                key.model(),
                key.version(),
                key.site(),
                key.reference());
    }
}
