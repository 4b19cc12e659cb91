package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.inference.Signature;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code MLmodel} file of MLflow states: flavours, and the signature as JSON in a YAML
 * string.
 */
record MlModel(
        List<String> flavors, List<String> inputs, List<String> outputs, List<String> faults) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static MlModel read(String text) {
        var faults = new ArrayList<String>();
        var flavors = new ArrayList<String>();
        var inputs = List.<String>of();
        var outputs = List.<String>of();
        try {
            var root = Yaml.read(text);
            root.path("flavors").fieldNames().forEachRemaining(flavors::add);
            inputs = names(root.path("signature").path("inputs"));
            outputs = names(root.path("signature").path("outputs"));
        } catch (JsonProcessingException e) {
            faults.add("MLmodel cannot be read: " + e.getOriginalMessage() + ".");
        }
        return new MlModel(flavors, inputs, outputs, faults);
    }

    private static List<String> names(JsonNode part) throws JsonProcessingException {
        if (!part.isTextual()) {
            return List.of();
        }
        var names = new ArrayList<String>();
        for (var spec : JSON.readTree(part.asText())) {
            if (spec.path("name").isTextual()) {
                names.add(spec.path("name").asText());
            }
        }
        return names;
    }

    /** Where it and the graph differ; the graph wins. Columns of one matrix are no difference. */
    List<String> contradictions(@Nullable Signature signature) {
        var found = new ArrayList<>(faults);
        if (signature != null && inputs.size() == signature.inputs().size()) {
            for (var name : inputs) {
                if (signature.inputs().stream().noneMatch(input -> input.name().equals(name))) {
                    found.add(
                            "MLmodel states an input \"%s\" that the graph does not have."
                                    .formatted(name));
                }
            }
        }
        return found;
    }
}
