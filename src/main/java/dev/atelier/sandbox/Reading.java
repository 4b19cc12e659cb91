package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.Tensor;
import java.util.List;

/** Characters read from a picture. */
record Reading(String title, String text, String sentence) implements Part {
    @Override
    public String summary() {
        return text;
    }

    /**
     * @param tensor {@code [1, steps, symbols]}
     */
    static Reading ctc(Output output, Tensor tensor, List<String> alphabet) {
        var values = tensor.numbers();
        var symbols = Math.toIntExact(tensor.shape()[2]);
        var steps = Math.toIntExact(tensor.shape()[1]);
        var blank = output.blank() == null ? 0 : output.blank();
        var text = new StringBuilder();
        var sure = 0.0;
        var read = 0;
        var before = -1;
        for (int step = 0; step < steps; step++) {
            var best = 0;
            for (int i = 1; i < symbols; i++) {
                if (values[step * symbols + i] > values[step * symbols + best]) {
                    best = i;
                }
            }
            if (best != blank && best != before) {
                text.append(best < alphabet.size() ? alphabet.get(best) : "\ufffd");
                sure += values[step * symbols + best];
                read++;
            }
            before = best;
        }
        return new Reading(
                output.label(),
                text.isEmpty() ? "(nothing read)" : text.toString(),
                read == 0
                        ? ""
                        : "%d characters, %s sure on average."
                                .formatted(read, Figures.percent(sure / read)));
    }
}
