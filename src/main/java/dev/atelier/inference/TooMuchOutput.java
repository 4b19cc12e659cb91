package dev.atelier.inference;

/** An answer that would be larger than its limit. */
public final class TooMuchOutput extends RuntimeException {
    public TooMuchOutput(long limit) {
        super("The answer is larger than the limit of " + limit + " bytes.", null, false, false);
    }
}
