package dev.atelier.experiments;

import jakarta.ws.rs.core.MultivaluedMap;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the address of a table of runs asks for, and the addresses of tables that differ from it.
 *
 * @param filter in MLflow's grammar, as it was typed
 * @param state a status that all runs shall have, in lower case; empty for any
 * @param columns chosen ones; empty when the page may choose
 * @param sort null for the newest first
 * @param rows how many to show
 * @param after how many were shown before
 */
record RunQuestion(
        long experiment,
        String filter,
        String state,
        List<Column> columns,
        @Nullable Column sort,
        boolean descending,
        @Nullable Column group,
        boolean deleted,
        int rows,
        long after) {

    static final int ROWS = 50;
    static final List<Integer> SIZES = List.of(50, 200, 1000);

    private static final int MOST_COLUMNS = 40;

    static RunQuestion of(long experiment, MultivaluedMap<String, String> query) {
        var columns = new LinkedHashSet<Column>();
        query.getOrDefault("col", List.of()).stream()
                .limit(MOST_COLUMNS)
                .flatMap(text -> Column.of(text).stream())
                .forEach(columns::add);
        var sort = first(query, "sort");
        var way = sort.startsWith("-");
        var by = Column.of(way ? sort.substring(1) : sort);
        return new RunQuestion(
                experiment,
                first(query, "filter").strip(),
                status(first(query, "state")),
                List.copyOf(columns),
                by.orElse(null),
                by.isPresent() && way,
                Column.of(first(query, "group")).filter(Column::groups).orElse(null),
                first(query, "view").equals("deleted"),
                rows(first(query, "rows")),
                Math.max(0, number(first(query, "after"))));
    }

    private static String first(MultivaluedMap<String, String> query, String name) {
        return Optional.ofNullable(query.getFirst(name)).orElse("");
    }

    private static String status(String text) {
        return Run.Status.of(text.toUpperCase(Locale.ROOT))
                .map(status -> status.name().toLowerCase(Locale.ROOT))
                .orElse("");
    }

    private static int rows(String text) {
        var wanted = number(text);
        return SIZES.contains((int) wanted) ? (int) wanted : ROWS;
    }

    private static long number(String text) {
        return text.matches("[0-9]{1,9}") ? Long.parseLong(text) : 0;
    }

    /** Whether it leaves runs out. */
    public boolean filtered() {
        return !filter.isEmpty() || !state.isEmpty();
    }

    /** The newest first and nothing left out: then nested runs stand below the run they are in. */
    public boolean nested() {
        return !filtered() && sort == null && group == null && !deleted;
    }

    /** The filter with the state in it, for the search. */
    String wholeFilter() {
        var condition =
                state.isEmpty()
                        ? ""
                        : "attributes.status = '%s'".formatted(state.toUpperCase(Locale.ROOT));
        return filter.isEmpty() || condition.isEmpty()
                ? filter + condition
                : filter + " AND " + condition;
    }

    List<String> orderBy() {
        return sort == null ? List.of() : List.of(sort.quoted() + (descending ? " DESC" : " ASC"));
    }

    RunSearch.View view() {
        return deleted ? RunSearch.View.DELETED_ONLY : RunSearch.View.ACTIVE_ONLY;
    }

    // Addresses ----------------------------------------------------------------------------------

    public String address() {
        return address("");
    }

    private String address(String below) {
        var query = new ArrayList<String>();
        add(query, "filter", filter);
        add(query, "state", state);
        columns.forEach(column -> add(query, "col", column.text()));
        if (sort != null) {
            add(query, "sort", sortText());
        }
        if (group != null) {
            add(query, "group", group.text());
        }
        add(query, "view", deleted ? "deleted" : "");
        add(query, "rows", rows == ROWS ? "" : Integer.toString(rows));
        add(query, "after", after == 0 ? "" : Long.toString(after));
        return "/experiments/"
                + experiment
                + below
                + (query.isEmpty() ? "" : "?" + String.join("&", query));
    }

    private static void add(List<String> query, String name, String value) {
        if (!value.isEmpty()) {
            query.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }

    public String sortText() {
        return sort == null ? "" : (descending ? "-" : "") + sort.text();
    }

    public String csv() {
        return from(0).grouped(null).address("/runs.csv");
    }

    /** Its first rows. */
    public RunQuestion start() {
        return from(0);
    }

    public RunQuestion from(long offset) {
        return new RunQuestion(
                experiment, filter, state, columns, sort, descending, group, deleted, rows, offset);
    }

    public RunQuestion grouped(@Nullable Column by) {
        return new RunQuestion(
                experiment, filter, state, columns, sort, descending, by, deleted, rows, 0);
    }

    public RunQuestion sorted(@Nullable Column by, boolean downwards) {
        return new RunQuestion(
                experiment, filter, state, columns, by, downwards, group, deleted, rows, 0);
    }

    /** Where the heading of a column leads: numbers begin with the greatest. */
    public RunQuestion sortedBy(Column column) {
        if (column.equals(sort)) {
            return sorted(column, !descending);
        }
        return sorted(column, column.kind() == Column.Kind.METRIC);
    }

    /** Only runs that meet one condition more. */
    public RunQuestion also(String condition) {
        return new RunQuestion(
                experiment,
                filter.isEmpty() ? condition : filter + " AND " + condition,
                state,
                columns,
                sort,
                descending,
                null,
                deleted,
                rows,
                0);
    }

    public RunQuestion shown(boolean deletedOnes) {
        return new RunQuestion(
                experiment, filter, state, columns, sort, descending, null, deletedOnes, rows, 0);
    }

    public RunQuestion unfiltered() {
        return new RunQuestion(
                experiment, "", "", columns, sort, descending, group, deleted, rows, 0);
    }

    /** With the columns that the page chooses. */
    public RunQuestion plain() {
        return new RunQuestion(
                experiment,
                filter,
                state,
                List.of(),
                sort,
                descending,
                group,
                deleted,
                rows,
                after);
    }

    /** A text of the grammar. */
    static String quote(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
