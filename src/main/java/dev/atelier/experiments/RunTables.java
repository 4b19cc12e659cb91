package dev.atelier.experiments;

import dev.atelier.experiments.RunTable.Choice;
import dev.atelier.experiments.RunTable.Choices;
import dev.atelier.experiments.RunTable.Fault;
import dev.atelier.experiments.RunTable.Head;
import dev.atelier.experiments.RunTable.Link;
import dev.atelier.experiments.RunTable.Row;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes tables of runs. What it asks the database grows with the rows shown, not with the runs. */
@ApplicationScoped
class RunTables {

    /** The tag by which a run says in which one it is nested. */
    static final String PARENT_TAG = "mlflow.parentRunId";

    /** More runs than this are not counted one by one. */
    static final long COUNTED = 100_000;

    private static final int KEYS = 200;
    private static final int DEFAULT_METRICS = 4;
    private static final int DEFAULT_PARAMS = 4;
    private static final int CHILDREN = 10;
    private static final int DEEPEST = 3;
    private static final int GROUPS = 100;
    private static final int GROUP_METRICS = 8;

    private final Runs runs;

    RunTables(Runs runs) {
        this.runs = runs;
    }

    RunTable of(RunQuestion question) {
        RunSearch search;
        List<Clause> clauses;
        try {
            clauses = FilterParser.parse(question.filter());
            search = search(question);
        } catch (Invalid e) {
            return new RunTable(
                    question,
                    List.of(),
                    List.of(),
                    null,
                    choices(question, List.of()),
                    0,
                    fault(question.filter(), e),
                    "",
                    null);
        }
        var reading = Reading.of(clauses);
        return question.group() == null
                ? rows(question, search, reading)
                : groups(question, question.group(), search, reading);
    }

    private static RunSearch search(RunQuestion question) {
        var search =
                RunSearch.of(
                        List.of(question.experiment()),
                        question.view(),
                        question.wholeFilter(),
                        question.orderBy());
        return question.nested() ? search.outermost() : search;
    }

    private static Fault fault(String filter, Invalid e) {
        var place = e.fields().stream().findFirst();
        if (place.isEmpty()) {
            return new Fault(e.detail(), 0, filter, "", "");
        }
        int at = Math.min(filter.length(), FilterParser.place(place.get()));
        int end = Math.min(filter.length(), at + 1);
        while (end < filter.length() && !Character.isWhitespace(filter.charAt(end))) {
            end++;
        }
        return new Fault(
                place.get().reason(),
                at + 1,
                filter.substring(0, at),
                filter.substring(at, end),
                filter.substring(end));
    }

    private RunTable rows(RunQuestion question, RunSearch search, String reading) {
        var found =
                runs.search(search.select(Runs.columns(), question.rows() + 1L, question.after()));
        var more = found.size() > question.rows();
        var shown = found.subList(0, Math.min(found.size(), question.rows()));
        var nested = new ArrayList<Nested>();
        if (question.nested()) {
            nest(question.experiment(), shown, nested);
        } else {
            shown.forEach(run -> nested.add(new Nested(run, 0, null, false)));
        }
        var full = runs.full(nested.stream().map(Nested::run).toList());
        var columns = question.columns().isEmpty() ? defaults(full, question) : question.columns();
        var parents = question.nested() ? Map.<UUID, Run>of() : parents(full);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < full.size(); i++) {
            var one = nested.get(i);
            var data = full.get(i);
            var parent =
                    Ids.of(data.tags().getOrDefault(PARENT_TAG, ""))
                            .map(parents::get)
                            .map(run -> new Link(RunPages.address(run), run.name()))
                            .orElse(null);
            rows.add(
                    new Row(
                            data.run(),
                            columns.stream().map(column -> column.cell(data)).toList(),
                            one.depth,
                            parent,
                            one.last && one.parent != null
                                    ? within(question, one.parent).address()
                                    : null));
        }
        return new RunTable(
                question,
                heads(question, columns),
                rows,
                null,
                choices(question, columns),
                question.after() == 0 && !more && !question.nested()
                        ? shown.size()
                        : runs.count(allOf(question).count(COUNTED + 1)),
                null,
                reading,
                more ? question.from(question.after() + question.rows()).address() : null);
    }

    /** Of all that match, nested ones too: that is what the heading counts. */
    private static RunSearch allOf(RunQuestion question) {
        return RunSearch.of(
                List.of(question.experiment()), question.view(), question.wholeFilter(), List.of());
    }

    private static RunQuestion within(RunQuestion question, Run parent) {
        return question.also("tags.`%s` = '%s'".formatted(PARENT_TAG, parent.hex()));
    }

    /**
     * A run with its place.
     *
     * @param last whether there are more beside it, which are not shown
     */
    private record Nested(Run run, int depth, @Nullable Run parent, boolean last) {}

    /** Each run, and below it the first of those that say that they are in it. */
    private void nest(long experiment, List<Run> outermost, List<Nested> into) {
        var children = new HashMap<UUID, List<Run>>();
        var seen = new HashSet<UUID>();
        var above = outermost;
        for (int depth = 0; depth < DEEPEST && !above.isEmpty(); depth++) {
            above.forEach(run -> seen.add(run.id()));
            var found = runs.children(experiment, above, CHILDREN + 1);
            // Tags can say anything, a circle too.
            found.values().forEach(list -> list.removeIf(run -> seen.contains(run.id())));
            children.putAll(found);
            above = found.values().stream().flatMap(List::stream).toList();
        }
        outermost.forEach(run -> place(run, 0, null, false, children, into));
    }

    private static void place(
            Run run,
            int depth,
            @Nullable Run parent,
            boolean last,
            Map<UUID, List<Run>> children,
            List<Nested> into) {
        into.add(new Nested(run, depth, parent, last));
        var own = children.getOrDefault(run.id(), List.of());
        for (int i = 0; i < Math.min(own.size(), CHILDREN); i++) {
            place(
                    own.get(i),
                    depth + 1,
                    run,
                    i == CHILDREN - 1 && own.size() > CHILDREN,
                    children,
                    into);
        }
    }

    private Map<UUID, Run> parents(List<Runs.Full> full) {
        var ids =
                full.stream()
                        .flatMap(one -> Ids.of(one.tags().getOrDefault(PARENT_TAG, "")).stream())
                        .collect(Collectors.toSet());
        return ids.isEmpty()
                ? Map.of()
                : runs.of(ids).stream().collect(Collectors.toMap(Run::id, run -> run));
    }

    /** What tells these runs apart: measured by most of them, and params that differ. */
    private static List<Column> defaults(List<Runs.Full> full, RunQuestion question) {
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

    private static List<Head> heads(RunQuestion question, List<Column> columns) {
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

    private List<Choices> choices(RunQuestion question, List<Column> shown) {
        var keys = runs.keys(question.experiment(), KEYS + 1);
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

    // Groups -------------------------------------------------------------------------------------

    private RunTable groups(RunQuestion question, Column by, RunSearch search, String reading) {
        var metrics = metrics(question);
        var found = runs.groups(search, by, metrics, GROUPS + 1);
        var rows =
                found.stream()
                        .limit(GROUPS)
                        .map(
                                group ->
                                        new RunTable.Group(
                                                group.value(),
                                                group.runs(),
                                                metrics.stream()
                                                        .map(
                                                                metric ->
                                                                        group.figures()
                                                                                .getOrDefault(
                                                                                        metric
                                                                                                .key(),
                                                                                        new RunTable
                                                                                                .Figure(
                                                                                                "",
                                                                                                "",
                                                                                                "")))
                                                        .toList(),
                                                address(question, by, group.value())))
                        .toList();
        return new RunTable(
                question,
                List.of(),
                List.of(),
                new RunTable.Groups(by, metrics, rows, found.size() > GROUPS),
                choices(question, question.columns()),
                runs.count(search.count(COUNTED + 1)),
                null,
                reading,
                null);
    }

    private List<Column> metrics(RunQuestion question) {
        var chosen =
                question.columns().stream()
                        .filter(column -> column.kind() == Column.Kind.METRIC)
                        .limit(GROUP_METRICS)
                        .toList();
        return !chosen.isEmpty()
                ? chosen
                : runs
                        .keys(question.experiment(), KEYS)
                        .getOrDefault(Column.Kind.METRIC, List.of())
                        .stream()
                        .filter(key -> !MetricKeys.system(key))
                        .limit(DEFAULT_METRICS)
                        .map(key -> new Column(Column.Kind.METRIC, key))
                        .toList();
    }

    private static String address(RunQuestion question, Column by, @Nullable String value) {
        if (value == null) {
            return question.also(by.quoted() + " IS NULL").address();
        }
        return question.also(by.quoted() + " = " + RunQuestion.quote(value)).address();
    }
}
