package dev.atelier.platform.problems;

import java.time.Duration;

/** Thrown when somebody asks too often: 429 with {@code Retry-After}. */
public final class TooMany extends Problem {
    private final Duration wait;

    public TooMany(String message, Duration wait) {
        super(429, "Too many requests", message);
        this.wait = wait;
    }

    /** How long to wait before the next try. */
    public Duration retryAfter() {
        return wait;
    }
}
