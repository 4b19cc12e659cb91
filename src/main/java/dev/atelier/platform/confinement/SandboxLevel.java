package dev.atelier.platform.confinement;

/**
 * How well children of the portal are shut in, best first. Found by a self-test, not by what is
 * installed.
 */
public enum SandboxLevel {
    BUBBLEWRAP(
            "B",
            "Models and templates run in namespaces of their own (bubblewrap) under a seccomp"
                    + " filter: no network, no files but their own, no other processes."),
    LANDLOCK(
            "C",
            "Models and templates are held by landlock and seccomp: no network, no files but their"
                    + " own. They share the machine's process table but can signal nothing."),
    LIMITS(
            "D",
            "No sandbox works here: children have memory and file limits only. Only trusted models"
                    + " run, unless atelier.serving.untrusted-unconfined is set.");

    private final String letter;
    private final String explanation;

    SandboxLevel(String letter, String explanation) {
        this.letter = letter;
        this.explanation = explanation;
    }

    public String letter() {
        return letter;
    }

    public String explanation() {
        return explanation;
    }

    /** Whether a hostile model or template can do no harm beyond its own process. */
    public boolean confines() {
        return this != LIMITS;
    }
}
