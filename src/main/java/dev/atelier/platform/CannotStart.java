package dev.atelier.platform;

import org.jspecify.annotations.Nullable;

/** Why the portal cannot start, in words for whoever starts it: what is wrong and what to do. */
public final class CannotStart extends RuntimeException {

    public CannotStart(String message) {
        this(message, null);
    }

    public CannotStart(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
