package dev.atelier.models;

import dev.atelier.inference.DataType;
import dev.atelier.inference.Signature;
import dev.atelier.platform.web.Figures;
import java.util.ArrayList;
import java.util.List;

/**
 * Inputs and outputs in plain words.
 *
 * @param exact type and shape as the protocol states them, say {@code FP32 [batch, 30]}
 * @param words say {@code 30 decimal numbers for each row, any number of rows}
 */
public record TensorWords(String name, String exact, String words) {

    static List<TensorWords> inputs(ModelVersion version) {
        var signature = version.signature();
        var graph = version.graph();
        return signature == null || graph == null || version.unservable() != null
                ? List.of()
                : of(signature, graph.inputs(), true);
    }

    static List<TensorWords> outputs(ModelVersion version) {
        var signature = version.signature();
        var graph = version.graph();
        return signature == null || graph == null || version.unservable() != null
                ? List.of()
                : of(signature, graph.outputs(), false);
    }

    private static List<TensorWords> of(
            Signature signature, List<OnnxGraph.Value> values, boolean inputs) {
        var specs = inputs ? signature.inputs() : signature.outputs();
        var all = new ArrayList<TensorWords>();
        for (int i = 0; i < specs.size(); i++) {
            var spec = specs.get(i);
            var names = values.get(i).shape();
            all.add(
                    new TensorWords(
                            spec.name(),
                            spec.datatype()
                                    + " ["
                                    + (names == null ? "any shape" : String.join(", ", names))
                                    + "]",
                            words(spec.datatype(), spec.shape())));
        }
        return all;
    }

    private static String words(DataType type, List<Long> shape) {
        if (shape.isEmpty()) {
            return "A single " + one(type);
        }
        if (shape.getFirst() >= 0) {
            return sized(type, shape);
        }
        var rest = shape.subList(1, shape.size());
        var each =
                rest.isEmpty() || rest.equals(List.of(1L)) ? "One " + one(type) : sized(type, rest);
        return each + " for each row, any number of rows";
    }

    private static String sized(DataType type, List<Long> shape) {
        if (shape.equals(List.of(1L))) {
            return "One " + one(type);
        }
        var sizes =
                shape.stream()
                        .map(size -> size < 0 ? "any number" : Figures.count(size))
                        .reduce((a, b) -> a + " × " + b)
                        .orElse("");
        return (sizes.startsWith("any") ? "A" + sizes.substring(1) : sizes)
                + (sizes.endsWith("number") ? " of " : " ")
                + one(type)
                + "s";
    }

    private static String one(DataType type) {
        return switch (type) {
            case BOOL -> "yes or no";
            case BYTES -> "text";
            case FP16, BF16, FP32, FP64 -> "decimal number";
            case UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 -> "whole number";
        };
    }
}
