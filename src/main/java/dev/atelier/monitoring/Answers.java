package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How answers of models are read: a text is a class; numbers that bear the names of labels are
 * probabilities of classes; a number is a score or an estimate.
 */
final class Answers {

    /** Labels that mean yes; any of {@link #NO} is its opposite. */
    static final Set<String> YES = Set.of("1", "1.0", "true");

    static final Set<String> NO = Set.of("0", "0.0", "false");

    /** A score above it predicts yes. */
    static final double HALF = 0.5;

    private Answers() {}

    static boolean yesOrNo(Set<String> labels) {
        return labels.stream().allMatch(one -> YES.contains(one) || NO.contains(one));
    }

    static @Nullable String text(JsonNode outputs) {
        for (var one : outputs.properties()) {
            if (one.getValue().isTextual() || one.getValue().isBoolean()) {
                return one.getValue().asText();
            }
        }
        return null;
    }

    static @Nullable Double number(JsonNode outputs) {
        for (var one : outputs.properties()) {
            if (one.getValue().isNumber()) {
                return one.getValue().doubleValue();
            }
        }
        return null;
    }

    /** Numbers that are named as labels, if at least two are. */
    static Map<String, Double> probabilities(JsonNode outputs, Set<String> labels) {
        var found = new HashMap<String, Double>();
        outputs.properties()
                .forEach(
                        one -> {
                            if (one.getValue().isNumber() && labels.contains(one.getKey())) {
                                found.put(one.getKey(), one.getValue().doubleValue());
                            }
                        });
        return found.size() < 2 ? Map.of() : found;
    }

    /**
     * A class that was predicted.
     *
     * @param probability that the model gave it; null where it gave none
     */
    record Predicted(String name, @Nullable Double probability) {}

    /** The class of an answer, or the likeliest of named probabilities; null where it has none. */
    static @Nullable Predicted predicted(JsonNode outputs, Set<String> labels) {
        var probabilities = probabilities(outputs, labels);
        var text = text(outputs);
        if (text != null) {
            return new Predicted(text, probabilities.get(text));
        }
        return probabilities.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(one -> new Predicted(one.getKey(), one.getValue()))
                .orElse(null);
    }
}
