package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs as a page shows them.
 *
 * @param all how many runs match, {@link RunTables#COUNTED} and one when more
 * @param fault why nothing could be looked for
 * @param reading the filter in plain words
 * @param more address of the rows that follow, null at the end
 */
record RunTable(
        RunQuestion question,
        List<Head> heads,
        List<Row> rows,
        @Nullable Groups groups,
        List<Choices> choices,
        long all,
        @Nullable Fault fault,
        String reading,
        @Nullable String more) {

    /**
     * The heading of a column.
     *
     * @param sorted {@code ascending} or {@code descending}, empty when it is not sorted by
     */
    record Head(Column column, String address, String sorted) {}

    /**
     * A run.
     *
     * @param depth how deep it is nested in the runs above it
     * @param parent the run it is in, where that does not stand above it
     * @param more address of the others that are in the same run, when this is the last shown
     */
    record Row(
            Run run,
            List<Column.Cell> cells,
            int depth,
            @Nullable Link parent,
            @Nullable String more) {

        public String address() {
            return run.address();
        }
    }

    record Link(String address, String text) {}

    /** Runs by the value of one param or tag. */
    record Groups(Column by, List<Column> metrics, List<Group> rows, boolean more) {}

    /**
     * @param value null for runs without that key
     * @param address of its runs
     */
    record Group(@Nullable String value, long runs, List<Figure> figures, String address) {}

    /** What the latest values of a metric are in a group; empty texts when no run has it. */
    record Figure(String mean, String least, String greatest) {}

    /** Columns of one kind that may be chosen. */
    record Choices(String title, List<Choice> choices, int chosen, boolean more) {}

    record Choice(Column column, boolean chosen) {}

    /**
     * What is wrong with a filter, with the text before, at and behind the place.
     *
     * @param at the character, from 1 on; 0 when it is about the whole
     */
    record Fault(String reason, int at, String before, String there, String behind) {}

    public String heading() {
        if (groups != null) {
            return groups.rows.size() == 1
                    ? "One group"
                    : (groups.more ? "The first " : "") + groups.rows.size() + " groups";
        }
        return count(all) + (all == 1 ? " run" : " runs");
    }

    public String allCount() {
        return count(all);
    }

    static String count(long runs) {
        return runs > RunTables.COUNTED
                ? "over " + Figures.count(RunTables.COUNTED)
                : Figures.count(runs);
    }

    public int columnCount() {
        return heads.size() + 2;
    }

    public int chosen() {
        return heads.size();
    }
}
