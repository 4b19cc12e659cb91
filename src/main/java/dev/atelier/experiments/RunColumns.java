package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What runs have to show in columns: which keys there are, values by run, figures by group. */
@ApplicationScoped
class RunColumns {

    private final Sql sql;

    RunColumns(Sql sql) {
        this.sql = sql;
    }

    /**
     * Keys that runs of an experiment have, by kind; each is found by one look into an index,
     * however many runs have it.
     *
     * @param most of each kind
     */
    Map<Column.Kind, List<String>> keys(long experiment, int most) {
        var keys = new EnumMap<Column.Kind, List<String>>(Column.Kind.class);
        sql.list(
                """
                %s union all %s union all %s order by 1, 2
                """
                        .formatted(
                                keys("METRIC", "run_metric"),
                                keys("PARAM", "run_param"),
                                keys("TAG", "run_tag")),
                row ->
                        keys.computeIfAbsent(
                                        Column.Kind.valueOf(row.getString(1)),
                                        _ -> new ArrayList<>())
                                .add(row.getString(2)),
                experiment,
                experiment,
                most,
                experiment,
                experiment,
                most,
                experiment,
                experiment,
                most);
        return keys;
    }

    private static String keys(String kind, String table) {
        return """
        (with recursive found (key) as (
            (select key from %2$s where experiment = ? order by key limit 1)
            union all
            select (select t.key from %2$s t where t.experiment = ? and t.key > found.key
                    order by t.key limit 1)
            from found where found.key is not null)
         select '%1$s' as kind, key from found where key is not null limit ?)"""
                .formatted(kind, table);
    }

    /**
     * Runs by the value of a param or tag, the largest group first.
     *
     * @param value null for those without that key
     * @param figures of the latest values, by metric
     */
    record Group(@Nullable String value, long runs, Map<String, RunTable.Figure> figures) {}

    List<Group> groups(RunSearch search, Column by, List<Column> metrics, int most) {
        var table = by.kind() == Column.Kind.PARAM ? "run_param" : "run_tag";
        var grouped =
                new SqlText()
                        .add("with found as (")
                        .add(search.found())
                        .add(
                                "), grouped as (select f.id, g.value from found f left join "
                                        + table
                                        + " g on g.run = f.id and g.key = ?),"
                                        + " largest as (select value, count(*) as runs from grouped"
                                        + " group by value order by runs desc, value limit ?)",
                                by.key(),
                                most);
        var sizes =
                new SqlText()
                        .add(grouped)
                        .add(" select value, runs from largest order by 2 desc, 1");
        var measured =
                new SqlText()
                        .add(grouped)
                        .add(
                                """
                                 select l.value, m.key, avg(m.value), min(m.value), max(m.value)
                                from largest l join grouped g on g.value is not distinct from l.value
                                join run_metric m on m.run = g.id
                                where m.key = any(?) and m.value > '-Infinity' and m.value < 'Infinity'
                                group by 1, 2
                                """,
                                (Object) metrics.stream().map(Column::key).toArray(String[]::new));
        var figures = new HashMap<Optional<String>, Map<String, RunTable.Figure>>();
        sql.list(
                measured.text(),
                row ->
                        Optional.ofNullable(
                                figures.computeIfAbsent(
                                                Optional.ofNullable(row.getString(1)),
                                                _ -> new HashMap<>())
                                        .put(
                                                row.getString(2),
                                                new RunTable.Figure(
                                                        Figures.number(row.getDouble(3)),
                                                        Figures.number(row.getDouble(4)),
                                                        Figures.number(row.getDouble(5))))),
                measured.values());
        return sql.list(
                sizes.text(),
                row ->
                        new Group(
                                row.getString(1),
                                row.getLong(2),
                                figures.getOrDefault(
                                        Optional.ofNullable(row.getString(1)), Map.of())),
                sizes.values());
    }

    /** What some columns of params and metrics have for these runs, as texts. */
    Map<UUID, Map<Column, String>> cells(Collection<Run> runs, Collection<Column> columns) {
        var ids = runs.stream().map(Run::id).toArray(UUID[]::new);
        var cells = new HashMap<UUID, Map<Column, String>>();
        sql.list(
                """
                select run, 'METRIC', key, value::text from run_metric where run = any(?) and key = any(?)
                union all
                select run, 'PARAM', key, value from run_param where run = any(?) and key = any(?)
                """,
                row ->
                        Optional.ofNullable(
                                cells.computeIfAbsent(
                                                row.getObject(1, UUID.class), _ -> new HashMap<>())
                                        .put(
                                                new Column(
                                                        Column.Kind.valueOf(row.getString(2)),
                                                        row.getString(3)),
                                                row.getString(4))),
                ids,
                keysOf(columns, Column.Kind.METRIC),
                ids,
                keysOf(columns, Column.Kind.PARAM));
        return cells;
    }

    private static String[] keysOf(Collection<Column> columns, Column.Kind kind) {
        return columns.stream()
                .filter(column -> column.kind() == kind)
                .map(Column::key)
                .toArray(String[]::new);
    }
}
