package dev.atelier.monitoring.statistics;

/** What the test of one column in one window came to. */
public enum State {
    /** One side has no value that could be used. */
    NO_DATA,
    /** Too few values to tell a change from chance. */
    INSUFFICIENT,
    /** No change that is both large and certain enough. */
    OK,
    /** Such a change. */
    WARN,
    /** A very large one, or one that stays. */
    DRIFT;

    /** Whether there is a change that is both large and certain enough. */
    public boolean changed() {
        return this == WARN || this == DRIFT;
    }
}
