package dev.atelier.models;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a reader without weights learns from an ONNX file.
 *
 * @param opsets version by operator domain; {@code ai.onnx} is the default domain
 * @param operators how often each operator occurs, as {@code domain:Name}; the default domain has
 *     no prefix; subgraphs and functions included
 * @param parameters elements of all initializers and constants
 * @param weightBytes bytes of the same, inside the file or beside it
 * @param external other files the weights lie in
 * @param functions names of functions that the model brings along, as {@code domain:Name}
 * @param subgraphs graphs inside nodes: branches and loop bodies
 */
public record OnnxGraph(
        long irVersion,
        String producer,
        String name,
        Map<String, Long> opsets,
        List<Value> inputs,
        List<Value> outputs,
        Map<String, Integer> operators,
        long parameters,
        long weightBytes,
        List<External> external,
        List<String> functions,
        int subgraphs,
        Map<String, String> metadata) {

    /**
     * A graph input or output.
     *
     * @param kind {@code tensor}, or {@code sequence}, {@code map}, {@code optional}, {@code sparse
     *     tensor}: those cannot be served
     * @param type ONNX element type, say {@code float}; for other kinds a description
     * @param shape sizes, names of free sizes, or {@code ?}; null when the rank is not known
     */
    public record Value(String name, String kind, String type, @Nullable List<String> shape) {}

    /** Weights in another file. */
    public record External(String location, long offset, long length) {}

    /** Nodes, those of subgraphs and functions included. */
    public int nodes() {
        return operators.values().stream().mapToInt(Integer::intValue).sum();
    }
}
