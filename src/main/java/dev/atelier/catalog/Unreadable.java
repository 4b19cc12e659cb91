package dev.atelier.catalog;

/** A source, or a file that a document names, gives no text; the fault says why and what to do. */
final class Unreadable extends Exception {

    private static final long serialVersionUID = 1;

    final transient Fault fault;

    /** Whether there is nothing at the place, so that an optional location is simply empty. */
    final boolean missing;

    private Unreadable(String reason, String remedy, boolean missing) {
        super(reason, null, false, false);
        this.fault = Fault.error("target", reason, remedy);
        this.missing = missing;
    }

    static Unreadable because(String reason, String remedy) {
        return new Unreadable(reason, remedy, false);
    }

    static Unreadable missing(String reason, String remedy) {
        return new Unreadable(reason, remedy, true);
    }
}
