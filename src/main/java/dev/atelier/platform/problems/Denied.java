package dev.atelier.platform.problems;

/**
 * Thrown when the caller may not do this. The message is shown to people: what happened, what to
 * do.
 */
public final class Denied extends Problem {
    public Denied(String message) {
        super(403, "Not allowed", message);
    }
}
