package dev.atelier.experiments;

import dev.atelier.experiments.RunTable.Choice;
import dev.atelier.experiments.RunTable.Choices;
import dev.atelier.experiments.RunTable.Head;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Which columns a table of runs has, and which it could have. */
@ApplicationScoped
class ColumnChoices {

    static final int DEFAULT_METRICS = 4;

    private static final int DEFAULT_PARAMS = 4;
    static final int KEYS = 200;

    private final RunColumns runColumns;

    ColumnChoices(RunColumns runColumns) {
        this.runColumns = runColumns;
    }

    /** What tells these runs apart: measured by most of them, and params that differ. */
    static List<Column> defaults(List<FullRun> full, RunQuestion question) {
        var columns = new LinkedHashSet<Column>();
        columns.add(Column.STATUS);
        columns.add(Column.STARTED);
        columns.add(Column.DURATION);
        columns.add(Column.USER);
        var measured = new TreeMap<String, Integer>();
        var values = new TreeMap<String, HashSet<String>>();
        var having = new HashMap<String, Integer>();
        for (var one : full) {
            for (var point : one.metrics()) {
                if (!MetricKeys.system(point.key())) {
                    measured.merge(point.key(), 1, Integer::sum);
                }
            }
            one.params()
                    .forEach(
                            (key, value) -> {
                                values.computeIfAbsent(key, _ -> new HashSet<>()).add(value);
                                having.merge(key, 1, Integer::sum);
                            });
        }
        measured.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(DEFAULT_METRICS)
                .forEach(key -> columns.add(new Column(Column.Kind.METRIC, key.getKey())));
        values.entrySet().stream()
                .sorted(
                        Comparator.<Map.Entry<String, HashSet<String>>>comparingInt(
                                        key -> key.getValue().size() > 1 ? 0 : 1)
                                .thenComparing(
                                        key -> -Objects.requireNonNull(having.get(key.getKey()))))
                .limit(DEFAULT_PARAMS)
                .forEach(key -> columns.add(new Column(Column.Kind.PARAM, key.getKey())));
        if (question.sort() != null) {
            columns.add(question.sort());
        }
        return List.copyOf(columns);
    }

    static List<Head> heads(RunQuestion question, List<Column> columns) {
        return columns.stream()
                .map(
                        column ->
                                new Head(
                                        column,
                                        question.sortedBy(column).address(),
                                        sorted(question, column)))
                .toList();
    }

    private static String sorted(RunQuestion question, Column column) {
        if (question.sort() == null && column.equals(Column.STARTED)) {
            return "descending";
        }
        return column.equals(question.sort())
                ? question.descending() ? "descending" : "ascending"
                : "";
    }

    /** What else a person may choose. */
    List<Choices> of(RunQuestion question, List<Column> shown) {
        var keys = runColumns.keys(question.experiment(), KEYS + 1);
        return Stream.of(Column.Kind.values())
                .map(
                        kind -> {
                            var all = new LinkedHashSet<Column>();
                            shown.stream().filter(c -> in(kind, c)).forEach(all::add);
                            if (kind == Column.Kind.ATTRIBUTE) {
                                all.clear();
                                all.addAll(Column.OF_EVERY_RUN);
                            }
                            var there = keys.getOrDefault(kind, List.of());
                            there.stream()
                                    .limit(KEYS)
                                    .map(key -> new Column(kind, key))
                                    .filter(c -> in(kind, c) && !internal(c))
                                    .forEach(all::add);
                            var choices =
                                    all.stream()
                                            .map(c -> new Choice(c, shown.contains(c)))
                                            .toList();
                            return new Choices(
                                    title(kind),
                                    choices,
                                    (int) choices.stream().filter(Choice::chosen).count(),
                                    there.size() > KEYS);
                        })
                .filter(choices -> !choices.choices().isEmpty())
                .toList();
    }

    private static boolean in(Column.Kind kind, Column column) {
        return Column.OF_EVERY_RUN.contains(column)
                ? kind == Column.Kind.ATTRIBUTE
                : column.kind() == kind;
    }

    /** What clients write for themselves. */
    private static boolean internal(Column column) {
        return column.kind() == Column.Kind.TAG && column.key().startsWith("mlflow.");
    }

    private static String title(Column.Kind kind) {
        return switch (kind) {
            case ATTRIBUTE -> "Run";
            case METRIC -> "Metrics";
            case PARAM -> "Parameters";
            case TAG -> "Tags";
        };
    }
}
