package dev.atelier.platform.problems;

/**
 * Thrown when the request contradicts what is there now. The message is shown to people: what
 * happened, what to do.
 */
public final class Conflict extends Problem {
    public Conflict(String message) {
        super(409, "Conflict", message);
    }
}
