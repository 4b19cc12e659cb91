package dev.atelier.inference;

/** A request that the protocol or the model's signature does not allow. The message says why. */
public final class InvalidRequest extends RuntimeException {
    public InvalidRequest(String message) {
        // No stack trace: an answer to the caller, not a defect.
        super(message, null, false, false);
    }

    public String reason() {
        return String.valueOf(getMessage());
    }
}
