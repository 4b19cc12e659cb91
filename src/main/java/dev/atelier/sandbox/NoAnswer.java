package dev.atelier.sandbox;

/** The model, or the preparation of its input, answered with an error: a sentence for people. */
final class NoAnswer extends Exception {
    NoAnswer(String reason) {
        super(reason);
    }
}
