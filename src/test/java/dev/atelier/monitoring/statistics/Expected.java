package dev.atelier.monitoring.statistics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What SciPy, scikit-learn and published formulas come to; statistics/make.py says how it was made.
 */
final class Expected {

    private static final JsonNode ALL = read();

    private Expected() {}

    private static JsonNode read() {
        try (var in = Expected.class.getResourceAsStream("/statistics/expected.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode of(String name) {
        return ALL.required(name);
    }

    static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    static double[] numbers(JsonNode list) {
        return each(list).mapToDouble(JsonNode::doubleValue).toArray();
    }

    static long[] counts(JsonNode list) {
        return each(list).mapToLong(JsonNode::longValue).toArray();
    }

    static boolean[] flags(JsonNode list) {
        var flags = new boolean[list.size()];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = list.get(i).booleanValue();
        }
        return flags;
    }
}
