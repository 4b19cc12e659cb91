package dev.atelier.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decoded inference request.
 *
 * @param id given by the caller and given back
 * @param outputs the wanted ones, or null for all
 * @param binaryOutput whether outputs are binary unless they say otherwise
 */
public record InferRequest(
        @Nullable String id,
        List<Tensor> inputs,
        @Nullable List<Output> outputs,
        boolean binaryOutput) {

    /**
     * A wanted output.
     *
     * @param binary null where the request as a whole decides
     */
    public record Output(String name, @Nullable Boolean binary) {}

    public InferRequest(List<Tensor> inputs) {
        this(null, inputs, null, true);
    }

    boolean wantsBinary(String output) {
        if (outputs != null) {
            for (var wanted : outputs) {
                if (wanted.name().equals(output) && wanted.binary() != null) {
                    return wanted.binary();
                }
            }
        }
        return binaryOutput;
    }
}
