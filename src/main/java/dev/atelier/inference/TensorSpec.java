package dev.atelier.inference;

import java.util.List;

/**
 * One input or output of a model.
 *
 * @param shape one entry a dimension, −1 where the size is free; empty for a scalar
 */
public record TensorSpec(String name, DataType datatype, List<Long> shape) {
    public TensorSpec {
        shape = List.copyOf(shape);
    }
}
