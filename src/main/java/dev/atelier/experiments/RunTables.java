package dev.atelier.experiments;

import dev.atelier.experiments.RunTable.Fault;
import dev.atelier.experiments.RunTable.Link;
import dev.atelier.experiments.RunTable.Row;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes tables of runs. What it asks the database grows with the rows shown, not with the runs. */
@ApplicationScoped
class RunTables {

    /** The tag by which a run says in which one it is nested. */
    static final String PARENT_TAG = "mlflow.parentRunId";

    /** More runs than this are not counted one by one. */
    static final long COUNTED = 100_000;

    private static final int CHILDREN = 10;
    private static final int DEEPEST = 3;
    private static final int GROUPS = 100;
    private static final int GROUP_METRICS = 8;

    private final Runs runs;
    private final FullRuns fullRuns;
    private final RunColumns runColumns;
    private final ColumnChoices columnChoices;
    private final DataSets dataSets;

    RunTables(
            Runs runs,
            FullRuns fullRuns,
            RunColumns runColumns,
            ColumnChoices columnChoices,
            DataSets dataSets) {
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.runColumns = runColumns;
        this.columnChoices = columnChoices;
        this.dataSets = dataSets;
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
                    columnChoices.of(question, List.of()),
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

    private RunSearch search(RunQuestion question) {
        var search =
                RunSearch.of(
                        List.of(question.experiment()),
                        question.view(),
                        question.wholeFilter(),
                        question.orderBy(),
                        dataSets.hidden());
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
        var found = runs.search(search, question.rows() + 1L, question.after());
        var more = found.size() > question.rows();
        var shown = found.subList(0, Math.min(found.size(), question.rows()));
        var nested = new ArrayList<Nested>();
        if (question.nested()) {
            nest(question.experiment(), shown, nested);
        } else {
            shown.forEach(run -> nested.add(new Nested(run, 0, null, false)));
        }
        var full = fullRuns.of(nested.stream().map(Nested::run).toList());
        var columns =
                question.columns().isEmpty()
                        ? ColumnChoices.defaults(full, question)
                        : question.columns();
        var parents = question.nested() ? Map.<UUID, Run>of() : parents(full);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < full.size(); i++) {
            var one = nested.get(i);
            var data = full.get(i);
            var parent =
                    Ids.of(data.tags().getOrDefault(PARENT_TAG, ""))
                            .map(parents::get)
                            .map(run -> new Link(run.address(), run.name()))
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
                ColumnChoices.heads(question, columns),
                rows,
                null,
                columnChoices.of(question, columns),
                question.after() == 0 && !more && !question.nested()
                        ? shown.size()
                        : runs.count(allOf(question).count(COUNTED + 1)),
                null,
                reading,
                more ? question.from(question.after() + question.rows()).address() : null);
    }

    /** Of all that match, nested ones too: that is what the heading counts. */
    private RunSearch allOf(RunQuestion question) {
        return RunSearch.of(
                List.of(question.experiment()),
                question.view(),
                question.wholeFilter(),
                List.of(),
                dataSets.hidden());
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

    private Map<UUID, Run> parents(List<FullRun> full) {
        var ids =
                full.stream()
                        .flatMap(one -> Ids.of(one.tags().getOrDefault(PARENT_TAG, "")).stream())
                        .collect(Collectors.toSet());
        return ids.isEmpty()
                ? Map.of()
                : runs.of(ids).stream().collect(Collectors.toMap(Run::id, run -> run));
    }

    // Groups -------------------------------------------------------------------------------------

    private RunTable groups(RunQuestion question, Column by, RunSearch search, String reading) {
        var metrics = metrics(question);
        var found = runColumns.groups(search, by, metrics, GROUPS + 1);
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
                columnChoices.of(question, question.columns()),
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
                : runColumns
                        .keys(question.experiment(), ColumnChoices.KEYS)
                        .getOrDefault(Column.Kind.METRIC, List.of())
                        .stream()
                        .filter(key -> !MetricKeys.system(key))
                        .limit(ColumnChoices.DEFAULT_METRICS)
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
