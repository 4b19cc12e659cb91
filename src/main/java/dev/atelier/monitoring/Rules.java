package dev.atelier.monitoring;

import dev.atelier.platform.problems.Invalid;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What opens and closes incidents of a model.
 *
 * @param off kinds that open none
 * @param ignored columns that are not looked at
 * @param columns so many must be bad in one window
 * @param inARow bad windows that open one
 * @param quiet windows without trouble that close one
 */
public record Rules(
        Set<IncidentKind> off, Set<String> ignored, int columns, int inARow, int quiet) {

    /** For a model of which nobody said anything else. */
    public static final Rules USUAL = new Rules(Set.of(), Set.of(), 1, 1, 3);

    private static final int MOST_COLUMNS = 100;
    private static final int MOST_WINDOWS = 50;
    private static final int MOST_IGNORED = 200;

    public Rules {
        off = Set.copyOf(off);
        ignored = Set.copyOf(ignored);
    }

    /**
     * @throws Invalid when they can never do anything, or are too much
     */
    Rules checked() {
        var faults = new ArrayList<Invalid.Field>();
        within(faults, "columns", columns, MOST_COLUMNS);
        within(faults, "inARow", inARow, MOST_WINDOWS);
        within(faults, "quiet", quiet, MOST_WINDOWS);
        if (ignored.size() > MOST_IGNORED
                || ignored.stream().anyMatch(one -> one.length() > Columns.LONGEST_NAME)) {
            faults.add(new Invalid.Field("ignored", "are too many or too long"));
        }
        if (!faults.isEmpty()) {
            throw new Invalid("These rules cannot be.", faults);
        }
        return this;
    }

    private static void within(List<Invalid.Field> faults, String field, int value, int most) {
        if (value < 1 || value > most) {
            faults.add(new Invalid.Field(field, "is a number from 1 to " + most));
        }
    }
}
