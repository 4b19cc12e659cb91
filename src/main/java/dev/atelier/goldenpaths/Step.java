package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/**
 * A step of a template: an action and what it is given. All texts may hold expressions.
 *
 * @param input an object; missing when there is none
 * @param condition {@code if}: run when it is truthy; missing for always
 * @param each a list or object; the step runs once for each of its values; missing for once
 * @param approval whose word it waits for, see {@link ApprovalRule}; false for nobody's
 */
record Step(
        String id,
        String name,
        String action,
        JsonNode input,
        JsonNode condition,
        JsonNode each,
        JsonNode approval) {

    private static final Pattern OUTCOME = Pattern.compile("\\b(always|failure)\\s*\\(");

    /** Whether it may run after another step failed: its condition asks about that. */
    boolean asksForOutcome() {
        return condition.isTextual() && OUTCOME.matcher(condition.textValue()).find();
    }
}
