package dev.atelier.models;

import dev.atelier.inference.DataType;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The signature of a graph in the words of the inference protocol. */
final class Signatures {

    private Signatures() {}

    /** Tensors that ONNX Runtime's Java API can make; it can read the others. */
    private static final Set<DataType> FED =
            EnumSet.complementOf(EnumSet.of(DataType.UINT16, DataType.UINT32, DataType.UINT64));

    /** Why a graph cannot be served, or null when it can. */
    static @Nullable String fault(OnnxGraph graph) {
        for (var value :
                Stream.concat(graph.inputs().stream(), graph.outputs().stream()).toList()) {
            if (value.kind().equals("tensor")) {
                var wire = type(value).wire();
                if (wire == null) {
                    return "\"%s\" has the type %s, which cannot be sent over the inference protocol."
                            .formatted(value.name(), value.type());
                }
                if (graph.inputs().contains(value) && !FED.contains(wire)) {
                    return """
                    Input "%s" takes %s, which ONNX Runtime for Java cannot be given. Let the graph take \
                    %s and cast it to %s inside."""
                            .formatted(
                                    value.name(),
                                    value.type(),
                                    wire == DataType.UINT16 ? "int32" : "int64",
                                    value.type());
                }
                continue;
            }
            var what =
                    "\"%s\" is a %s; only tensors can be served."
                            .formatted(
                                    value.name(),
                                    value.type().isEmpty() ? value.kind() : value.type());
            return graph.operators().containsKey("ai.onnx.ml:ZipMap")
                    ? what + " Export without ZipMap, with skl2onnx: options={'zipmap': False}."
                    : what + " Export the graph so that it gives tensors.";
        }
        return null;
    }

    static Signature of(OnnxGraph graph) {
        return new Signature(
                graph.inputs().stream().map(Signatures::spec).toList(),
                graph.outputs().stream().map(Signatures::spec).toList());
    }

    private static TensorSpec spec(OnnxGraph.Value value) {
        var type = type(value).wire();
        if (type == null) {
            throw new IllegalArgumentException(value.name() + " has no type on the wire");
        }
        var shape = value.shape() == null ? List.<String>of() : value.shape();
        return new TensorSpec(value.name(), type, shape.stream().map(Signatures::size).toList());
    }

    private static long size(String dimension) {
        return dimension.matches("[0-9]{1,18}") ? Long.parseLong(dimension) : -1L;
    }

    private static ElementType type(OnnxGraph.Value value) {
        return ElementType.valueOf(value.type().toUpperCase(Locale.ROOT));
    }
}
