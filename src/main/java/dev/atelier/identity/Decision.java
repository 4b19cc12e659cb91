package dev.atelier.identity;

import java.util.List;

/**
 * Whether somebody may do something, and why.
 *
 * @param because the chain from the person to the answer, each link a sentence
 */
public record Decision(boolean allowed, List<String> because) {

    static Decision yes(String... because) {
        return new Decision(true, List.of(because));
    }

    static Decision no(String... because) {
        return new Decision(false, List.of(because));
    }

    /** The last link: what decided. */
    public String reason() {
        return because.getLast();
    }
}
