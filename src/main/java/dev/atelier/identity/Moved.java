package dev.atelier.identity;

import java.util.Locale;

/**
 * A thing has another name from now on, or is gone. Fired inside the transaction that changes it:
 * whoever keeps something by the thing's name or reference changes that in the same transaction.
 *
 * @param kind of the thing, say {@code model}
 * @param from its name until now, in its own case
 * @param to its name from now on; while it is deleted and can be restored, one that nothing else
 *     can have. The same as {@code from} when it is gone for good
 */
public record Moved(String kind, String from, String to, Cause cause) {

    /** Why. */
    public enum Cause {
        RENAMED,
        /** It can be restored. */
        DELETED,
        RESTORED,
        /** For good. */
        PURGED
    }

    public boolean gone() {
        return cause == Cause.PURGED;
    }

    /** Its reference until now. */
    public String fromRef() {
        return ref(from);
    }

    /** Its reference from now on. */
    public String toRef() {
        return ref(to);
    }

    private String ref(String name) {
        return kind + ":default/" + name.toLowerCase(Locale.ROOT);
    }
}
