package dev.atelier.serving;

/** How a call ended, as counted; the order is that of the table's columns. */
public enum Outcome {
    OK(200),
    /** The caller's fault. */
    INVALID(400),
    /** Too many calls wait, or no place is free. */
    BUSY(429),
    /** The model failed at this input, or cannot be loaded. */
    FAILED(500),
    /** The model took longer than its limit. */
    TIMEOUT(504),
    /** The model ended its process. */
    CRASHED(502),
    /** Not run: on hold after crashes, or no sandbox for an untrusted model. */
    REFUSED(503);

    private final int status;

    Outcome(int status) {
        this.status = status;
    }

    int status() {
        return status;
    }

    static Outcome of(int status) {
        return switch (status) {
            case 502 -> CRASHED;
            case 504 -> TIMEOUT;
            case 429 -> BUSY;
            case 503 -> REFUSED;
            default -> status < 400 ? OK : status < 500 ? INVALID : FAILED;
        };
    }
}
