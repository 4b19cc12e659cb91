package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.platform.problems.Invalid;
import java.util.LinkedHashMap;
import java.util.Map;

/** Rows that a reference is made of, by their columns. */
final class Columns {

    /** More inputs and outputs than any model of a table has. */
    static final int MOST = 2_000;

    static final int LONGEST_NAME = 200;

    private final Map<String, Column> columns = new LinkedHashMap<>();
    private long rows;

    /**
     * @param cells by column; those that it lacks are missing
     * @throws Invalid when there are too many columns, or one has no name
     */
    void add(Map<String, Cell> cells) {
        for (var cell : cells.entrySet()) {
            var column = columns.get(cell.getKey());
            if (column == null) {
                column = begun(cell.getKey());
            }
            column.add(cell.getValue());
        }
        rows++;
        if (cells.size() < columns.size()) {
            columns.forEach(
                    (name, column) -> {
                        if (!cells.containsKey(name)) {
                            column.addMissing(1);
                        }
                    });
        }
    }

    private Column begun(String name) {
        if (columns.size() == MOST) {
            throw new Invalid("There are more than %,d columns.".formatted(MOST));
        }
        if (name.isBlank() || name.length() > LONGEST_NAME) {
            throw new Invalid(
                    "The name of a column has 1 to %d characters.".formatted(LONGEST_NAME));
        }
        var column = new Column();
        column.addMissing(rows);
        columns.put(name, column);
        return column;
    }

    long rows() {
        return rows;
    }

    Profile profile() {
        return new Profile(
                columns.entrySet().stream()
                        .map(one -> one.getValue().reference(one.getKey()))
                        .toList());
    }
}
