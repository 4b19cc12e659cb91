package dev.atelier.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoded answer to an inference request. */
public record InferResponse(
        String modelName,
        @Nullable String modelVersion,
        @Nullable String id,
        List<Tensor> outputs) {

    /** The output of this name, or null. */
    public @Nullable Tensor output(String name) {
        for (var output : outputs) {
            if (output.name().equals(name)) {
                return output;
            }
        }
        return null;
    }
}
