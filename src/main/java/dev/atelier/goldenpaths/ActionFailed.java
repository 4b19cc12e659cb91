package dev.atelier.goldenpaths;

/** A step that cannot be done, with a sentence that says why and what to do. */
public final class ActionFailed extends Exception {
    private static final long serialVersionUID = 1;

    public ActionFailed(String reason) {
        super(reason);
    }

    public String reason() {
        return String.valueOf(getMessage());
    }
}
