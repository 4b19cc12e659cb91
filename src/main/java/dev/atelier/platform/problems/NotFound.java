package dev.atelier.platform.problems;

/**
 * Thrown when what was asked for does not exist, or may not be known to exist. The message is shown
 * to people: what happened, what to do.
 */
public final class NotFound extends Problem {
    public NotFound(String message) {
        super(404, "Not found", message);
    }
}
