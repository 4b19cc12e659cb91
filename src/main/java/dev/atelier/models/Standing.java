package dev.atelier.models;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a version stands before an alias.
 *
 * @param holder the version that the alias names now; null when it names none
 * @param request the one that waits; null when there is none
 */
public record Standing(
        ModelVersion version,
        String alias,
        @Nullable Integer holder,
        GateSets.GateSet set,
        List<Gate> gates,
        @Nullable PromotionRequest request) {

    public boolean holds() {
        return holder != null && holder == version.number();
    }

    public boolean guarded() {
        return set.guards(alias);
    }

    public boolean failed() {
        return gates.stream().anyMatch(gate -> gate.state() == Gate.State.FAILED);
    }

    /** Whether only another person's word is missing. */
    public boolean waits() {
        return !failed() && gates.stream().anyMatch(gate -> gate.state() == Gate.State.WAITING);
    }

    public long passed() {
        return gates.stream().filter(gate -> gate.state() == Gate.State.PASSED).count();
    }
}
