package dev.atelier.platform.problems;

import org.jspecify.annotations.Nullable;

/** A failure that the caller can understand; anything else is a defect and answers 500. */
public abstract sealed class Problem extends RuntimeException
        permits NotFound,
                Conflict,
                Denied,
                Invalid,
                TooLarge,
                TooMany,
                SignInNeeded,
                OutOfSpace,
                Unavailable {
    private final int status;
    private final String title;

    Problem(int status, String title, String message) {
        // No stack trace: a problem is an answer, not a defect, and hostile callers make many.
        super(message, null, false, false);
        this.status = status;
        this.title = title;
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** Address in the portal where one can ask for what was refused; null where nobody gives it. */
    public @Nullable String ask() {
        return null;
    }

    public String detail() {
        return String.valueOf(getMessage());
    }
}
