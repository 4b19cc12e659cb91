package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.inference.DataType;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What whoever made a model states about its inputs, outputs and parameters, in the words of
 * MLflow. Nothing of it is checked against a graph.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StatedSignature(List<Part> inputs, List<Part> outputs, List<Parameter> params) {

    /**
     * One column or tensor.
     *
     * @param name null where it has none, as the only tensor of a model
     * @param type say {@code double}, {@code string}, {@code float32}, {@code array(string)}
     * @param shape of a tensor, −1 where free; null for a column
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Part(
            @Nullable String name, String type, @Nullable List<Long> shape, boolean required) {

        public Part {
            shape = shape == null ? null : List.copyOf(shape);
        }

        /** The type on the wire, or nothing for lists and objects. */
        Optional<DataType> datatype() {
            return Optional.ofNullable(
                    switch (type) {
                        case "double", "float64" -> DataType.FP64;
                        case "float", "float32" -> DataType.FP32;
                        case "float16" -> DataType.FP16;
                        case "long", "int64" -> DataType.INT64;
                        case "integer", "int32" -> DataType.INT32;
                        case "int16" -> DataType.INT16;
                        case "int8" -> DataType.INT8;
                        case "uint64" -> DataType.UINT64;
                        case "uint32" -> DataType.UINT32;
                        case "uint16" -> DataType.UINT16;
                        case "uint8" -> DataType.UINT8;
                        case "boolean", "bool" -> DataType.BOOL;
                        case "string", "str", "object", "datetime", "binary" -> DataType.BYTES;
                        default -> null;
                    });
        }

        /** As a table shows it, say {@code float32 [-1, 4]}. */
        public String exact() {
            return type + (shape == null ? "" : " " + shape) + (required ? "" : ", optional");
        }
    }

    /** A parameter of the call, with the value it has when it is left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Parameter(String name, String type, @Nullable JsonNode preset) {}

    public StatedSignature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        params = List.copyOf(params);
    }

    /** Whether the inputs are the columns of a table. */
    boolean tabular() {
        return !inputs.isEmpty()
                && inputs.stream().allMatch(part -> part.shape() == null && part.name() != null);
    }

    /**
     * The same in the words of the inference protocol, a column as a tensor of one value a row; or
     * nothing where a part is a list or an object.
     */
    Optional<Signature> signature() {
        var in = specs(inputs, "input");
        var out = specs(outputs, "output");
        return in.isEmpty() || out.isEmpty() || in.get().isEmpty()
                ? Optional.empty()
                : Optional.of(new Signature(in.get(), out.get()));
    }

    private static Optional<List<TensorSpec>> specs(List<Part> parts, String unnamed) {
        var specs = new ArrayList<TensorSpec>();
        for (int i = 0; i < parts.size(); i++) {
            var part = parts.get(i);
            var type = part.datatype();
            if (type.isEmpty()) {
                return Optional.empty();
            }
            var name = part.name() != null ? part.name() : unnamed + (i == 0 ? "" : "-" + i);
            specs.add(
                    new TensorSpec(
                            name, type.get(), part.shape() == null ? List.of(-1L) : part.shape()));
        }
        return Optional.of(specs);
    }
}
