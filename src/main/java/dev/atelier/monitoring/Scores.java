package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.State;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What judged windows came to. */
@ApplicationScoped
class Scores {

    private static final String SELECT =
            """
            select site, reference, start, until, rows, drift, data, psi, faults
            from monitoring_score
            """;

    private final Sql sql;

    Scores(Sql sql) {
        this.sql = sql;
    }

    private static Score read(ResultSet row) throws SQLException {
        return new Score(
                row.getString(1),
                row.getLong(2),
                Objects.requireNonNull(Sql.instant(row, 3)),
                Objects.requireNonNull(Sql.instant(row, 4)),
                row.getLong(5),
                Score.states(row.getString(6)),
                Score.states(row.getString(7)),
                floats(row, 8),
                floats(row, 9));
    }

    private static float[] floats(ResultSet row, int column) throws SQLException {
        var boxed = (Float[]) row.getArray(column).getArray();
        var floats = new float[boxed.length];
        for (int i = 0; i < boxed.length; i++) {
            floats[i] = boxed[i];
        }
        return floats;
    }

    /** Where the window that an hour belongs to begins, if that was judged. */
    Optional<Instant> beginning(Watch.Key key, Instant hour) {
        return sql.first(
                """
                select start from monitoring_score
                where model = ? and version = ? and site = ? and reference = ?
                  and start <= ? and until > ? order by start desc limit 1
                """,
                row -> Objects.requireNonNull(Sql.instant(row, 1)),
                key.model(),
                key.version(),
                key.site(),
                key.reference(),
                hour.atOffset(ZoneOffset.UTC),
                hour.atOffset(ZoneOffset.UTC));
    }

    /** Whether a window that ends after a moment and begins before another was judged. */
    boolean any(Watch.Key key, Instant after, Instant before) {
        return sql.first(
                        """
                        select 1 from monitoring_score
                        where model = ? and version = ? and site = ? and reference = ?
                          and until > ? and start < ? limit 1
                        """,
                        row -> true,
                        key.model(),
                        key.version(),
                        key.site(),
                        key.reference(),
                        after.atOffset(ZoneOffset.UTC),
                        before.atOffset(ZoneOffset.UTC))
                .isPresent();
    }

    /** The last ones that begin before a moment, the newest first. */
    List<Score> before(Watch.Key key, Instant moment, int most) {
        return sql.list(
                SELECT
                        + """
                        where model = ? and version = ? and site = ? and reference = ?
                          and start < ? order by start desc limit ?
                        """,
                Scores::read,
                key.model(),
                key.version(),
                key.site(),
                key.reference(),
                moment.atOffset(ZoneOffset.UTC),
                most);
    }

    /** Those of a version that begin in a range, in their order. */
    List<Score> between(
            String model, int version, @Nullable String site, Instant from, Instant until) {
        return sql.list(
                SELECT
                        + """
                        where model = ? and version = ? and start >= ? and start < ?
                          and (?::text is null or site = ?) order by start, site
                        """,
                Scores::read,
                model,
                version,
                from.atOffset(ZoneOffset.UTC),
                until.atOffset(ZoneOffset.UTC),
                site,
                site);
    }

    /**
     * The last window of one site of a version.
     *
     * @param drifting columns that have drifted or come unusable
     * @param columns of the reference
     * @param judged whether it had rows enough
     */
    record Latest(
            String model,
            int version,
            String site,
            Instant until,
            long rows,
            int drifting,
            int columns,
            boolean judged) {}

    /** The last window of each site of all versions, unless it is older than a moment. */
    List<Latest> latest(Instant since) {
        return sql.list(
                """
                select w.model, w.version, w.site, s.until, s.rows, s.drift, s.data
                from monitoring_watch w cross join lateral (
                    select until, rows, drift, data from monitoring_score s
                    where s.model = w.model and s.version = w.version and s.site = w.site
                      and s.reference = w.reference
                    order by start desc limit 1) s
                where s.until >= ?
                order by w.model, w.version, w.site, s.until
                """,
                row -> {
                    var drift = Score.states(row.getString(6));
                    var data = Score.states(row.getString(7));
                    int bad = 0;
                    boolean judged = false;
                    for (int i = 0; i < drift.size(); i++) {
                        bad += drift.get(i) == State.DRIFT || data.get(i) == State.DRIFT ? 1 : 0;
                        judged |= drift.get(i).ordinal() >= State.OK.ordinal();
                    }
                    return new Latest(
                            row.getString(1),
                            row.getInt(2),
                            row.getString(3),
                            Objects.requireNonNull(Sql.instant(row, 4)),
                            row.getLong(5),
                            bad,
                            drift.size(),
                            judged);
                },
                since.atOffset(ZoneOffset.UTC));
    }

    /** Versions of which windows were counted. */
    List<Integer> versions(String model) {
        return sql.list(
                "select distinct version from monitoring_watch where model = ? order by version",
                row -> row.getInt(1),
                model);
    }

    /** Takes back those that begin at a moment or later: they are judged anew. */
    void drop(Watch.Key key, Instant from) {
        sql.update(
                """
                delete from monitoring_score
                where model = ? and version = ? and site = ? and reference = ? and start >= ?
                """,
                key.model(),
                key.version(),
                key.site(),
                key.reference(),
                from.atOffset(ZoneOffset.UTC));
    }

    void add(Watch.Key key, Score score) {
        sql.update(
                """
                insert into monitoring_score
                    (model, version, site, start, until, reference, rows, drift, data, psi, faults)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?::real[], ?::real[])
                """,
                key.model(),
                key.version(),
                key.site(),
                score.start().atOffset(ZoneOffset.UTC),
                score.until().atOffset(ZoneOffset.UTC),
                key.reference(),
                score.rows(),
                Score.letters(score.drift()),
                Score.letters(score.data()),
                array(score.psi()),
                array(score.faults()));
    }

    private static String array(float[] values) {
        var text = new StringBuilder("{");
        for (float value : values) {
            text.append(text.length() == 1 ? "" : ",").append(value);
        }
        return text.append('}').toString();
    }
}
