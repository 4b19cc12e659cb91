package dev.atelier.platform.doctor;

/**
 * One thing that was seen.
 *
 * @param what is the case, with its numbers
 * @param remedy what to do; empty where nothing is to be done
 */
public record Finding(Level level, String what, String remedy) {

    public enum Level {
        /** Looked at and right. */
        OK,
        /** Worth knowing. */
        NOTE,
        /** Works, but will not do for long, or is less safe than it could be. */
        WARNING,
        /** Something is lost, refused or about to be. */
        PROBLEM
    }

    public static Finding ok(String what) {
        return new Finding(Level.OK, what, "");
    }

    public static Finding note(String what) {
        return new Finding(Level.NOTE, what, "");
    }

    public static Finding warning(String what, String remedy) {
        return new Finding(Level.WARNING, what, remedy);
    }

    public static Finding problem(String what, String remedy) {
        return new Finding(Level.PROBLEM, what, remedy);
    }
}
