package dev.atelier.inference;

import java.util.List;

/** Names, types and shapes of what a model takes and gives, in the order of its graph. */
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
