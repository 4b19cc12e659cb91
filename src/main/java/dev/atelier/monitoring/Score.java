package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.State;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What one window of a site came to: an hour, or as many as it took to have rows enough. Lists are
 * in the order of the reference's columns.
 *
 * @param until where its last hour ends
 * @param data states by the rule for unusable and strange values
 * @param psi NaN where there was nothing to compare
 * @param faults by how much the share of the worst fault has grown, 0 to 1
 */
record Score(
        String site,
        long reference,
        Instant start,
        Instant until,
        long rows,
        List<State> drift,
        List<State> data,
        float[] psi,
        float[] faults) {

    private static final String LETTERS = "NIOWD";

    /** A letter for each: N no data, I insufficient, O ok, W warning, D drift. */
    static String letters(List<State> states) {
        return states.stream()
                .map(state -> LETTERS.substring(state.ordinal(), state.ordinal() + 1))
                .collect(Collectors.joining());
    }

    static List<State> states(String letters) {
        return letters.chars().mapToObj(one -> State.values()[LETTERS.indexOf(one)]).toList();
    }

    /** Whether any column had values enough. */
    boolean judged() {
        return drift.stream().anyMatch(one -> one.ordinal() >= State.OK.ordinal())
                || data.stream().anyMatch(one -> one.ordinal() >= State.OK.ordinal());
    }
}
