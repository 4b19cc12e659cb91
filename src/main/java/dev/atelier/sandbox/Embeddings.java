package dev.atelier.sandbox;

import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One vector for a text, from what a model gives for its tokens. */
final class Embeddings {

    private Embeddings() {}

    /**
     * @param inputs of the call, for the attention mask; {@code [1, tokens]}
     * @return {@code [dimensions]}
     */
    static double[] of(InferResponse answer, Output output, List<Tensor> inputs) {
        var tensor = answer.output(output.name());
        if (tensor == null) {
            throw new IllegalStateException("The model gave no output " + output.name());
        }
        var values = tensor.numbers();
        var dimensions = Math.toIntExact(tensor.shape()[tensor.shape().length - 1]);
        var tokens = values.length / dimensions;
        if (tokens == 1) {
            return values;
        }
        if ("cls".equals(output.pooling())) {
            return Arrays.copyOf(values, dimensions);
        }
        return mean(values, tokens, dimensions, mask(inputs));
    }

    private static double[] mean(
            double[] values, int tokens, int dimensions, double @Nullable [] mask) {
        var sum = new double[dimensions];
        var counted = 0.0;
        for (int token = 0; token < tokens; token++) {
            var weight = mask == null || token >= mask.length ? 1 : mask[token];
            counted += weight;
            for (int i = 0; i < dimensions; i++) {
                sum[i] += weight * values[token * dimensions + i];
            }
        }
        for (int i = 0; i < dimensions; i++) {
            sum[i] /= Math.max(1, counted);
        }
        return sum;
    }

    private static double @Nullable [] mask(List<Tensor> inputs) {
        return inputs.stream()
                .filter(t -> t.name().equals("attention_mask"))
                .findFirst()
                .map(Tensor::numbers)
                .orElse(null);
    }

    /** Cosine of the angle between two vectors; 0 when one of them is zero. */
    static double cosine(double[] a, double[] b) {
        var dot = 0.0;
        var aa = 0.0;
        var bb = 0.0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
            aa += a[i] * a[i];
            bb += b[i] * b[i];
        }
        return aa == 0 || bb == 0 ? 0 : dot / Math.sqrt(aa * bb);
    }
}
