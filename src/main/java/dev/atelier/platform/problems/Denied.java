package dev.atelier.platform.problems;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the caller may not do this. The message is shown to people: what happened, what to
 * do.
 */
public final class Denied extends Problem {
    private final @Nullable String ask;

    public Denied(String message) {
        this(message, null);
    }

    /**
     * @param ask see {@link Problem#ask}
     */
    public Denied(String message, @Nullable String ask) {
        super(403, "Not allowed", message);
        this.ask = ask;
    }

    @Override
    public @Nullable String ask() {
        return ask;
    }
}
