package dev.atelier.platform.problems;

/**
 * Thrown when something the answer needs is away for now. The message is shown to people: what
 * happened, what to do.
 */
public final class Unavailable extends Problem {
    public Unavailable(String message) {
        super(503, "Unavailable", message);
    }
}
