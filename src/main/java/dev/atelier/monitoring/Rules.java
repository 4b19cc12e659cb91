package dev.atelier.monitoring;

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

    public Rules {
        off = Set.copyOf(off);
        ignored = Set.copyOf(ignored);
    }
}
