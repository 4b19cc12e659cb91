package dev.atelier.platform.problems;

/** Thrown when a disk has no room for what came. The message names the place and the way out. */
public final class OutOfSpace extends Problem {
    public OutOfSpace(String message) {
        super(507, "Out of space", message);
    }
}
