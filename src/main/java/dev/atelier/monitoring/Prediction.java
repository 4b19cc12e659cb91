package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row that a model was asked and answered.
 *
 * @param id that labels name it by; null when it cannot be labelled
 * @param segment of the traffic; empty where it names none
 * @param inputs JSON object
 * @param outputs JSON object
 */
record Prediction(
        @Nullable String id, Instant at, String segment, JsonNode inputs, JsonNode outputs) {

    Prediction(@Nullable String id, Instant at, JsonNode inputs, JsonNode outputs) {
        this(id, at, "", inputs, outputs);
    }

    /** Begins the column of an output that bears the name of an input. */
    static final String OUTPUT = "output:";

    /** All of it by the names of columns. */
    Map<String, Cell> cells() {
        var cells = new HashMap<String, Cell>();
        inputs.properties().forEach(one -> cells.put(one.getKey(), Cell.of(one.getValue())));
        outputs.properties()
                .forEach(
                        one ->
                                cells.put(
                                        inputs.has(one.getKey())
                                                ? OUTPUT + one.getKey()
                                                : one.getKey(),
                                        Cell.of(one.getValue())));
        return cells;
    }
}
