package dev.atelier.githosts;

/** A host that did not do what was asked, with a sentence that says why and what to do. */
public final class HostFailed extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean taken;

    HostFailed(String reason) {
        this(reason, false);
    }

    /**
     * @param taken whether what was to be made is there already
     */
    HostFailed(String reason, boolean taken) {
        super(reason);
        this.taken = taken;
    }

    public boolean taken() {
        return taken;
    }

    public String reason() {
        return String.valueOf(getMessage());
    }
}
