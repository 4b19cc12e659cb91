package dev.atelier.transfer;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The reports of imports, line by line. */
@ApplicationScoped
class ImportLines {

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

    /** More lines would be read by nobody. */
    static final int MOST_PARTS = 100_000;

    private static final String LINES =
            """
            select seq, kind, thing, part, name, outcome, reason, target, points, files, bytes
            from data_import_line
            """;

    private final Sql sql;

    ImportLines(Sql sql) {
        this.sql = sql;
    }

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
    List<Line> list(DataImport one, String outcome, String kind, long after, int most) {
        return sql.list(
                LINES
                        + """
                        where import = ? and (? = '' or outcome = ?) and (? = '' or kind = ?)
                          and seq > ? order by seq limit ?
                        """,
                ImportLines::line,
                one.id(),
                outcome,
                outcome,
                kind,
                kind,
                after,
                most);
    }

    <E extends Exception> void each(DataImport one, Visitor<E> visitor) throws E {
        sql.<E>each(
                LINES + "where import = ? order by seq", row -> visitor.see(line(row)), one.id());
    }

    @FunctionalInterface
    interface Visitor<E extends Exception> {
        void see(Line line) throws E;
    }
}
