package dev.atelier.platform.problems;

/** Thrown when a body or file exceeds its limit. The message names the limit and its setting. */
public final class TooLarge extends Problem {
    public TooLarge(String message) {
        super(413, "Too large", message);
    }
}
