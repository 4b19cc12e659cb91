package dev.atelier.platform.problems;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when what was asked for does not exist, or may not be known to exist. The message is shown
 * to people: what happened, what to do.
 */
public final class NotFound extends Problem {
    private final @Nullable String ask;

    public NotFound(String message) {
        this(message, null);
    }

    /**
     * @param ask see {@link Problem#ask}
     */
    public NotFound(String message, @Nullable String ask) {
        super(404, "Not found", message);
        this.ask = ask;
    }

    @Override
    public @Nullable String ask() {
        return ask;
    }
}
