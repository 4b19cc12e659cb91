package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.Tensor;
import java.util.List;

/**
 * Things found in a picture, drawn over it.
 *
 * @param width of the frame that the model saw; the picture is fitted into it
 */
record Boxes(String title, int width, int height, List<Found> found) implements Part {
    @Override
    public String summary() {
        return found.size() + " found";
    }

    public String verdict() {
        return found.isEmpty()
                ? "Nothing found"
                : found.size() == 1 ? "1 found" : found.size() + " found";
    }

    /**
     * @param tensor {@code [1, 1, height, width]}
     */
    static Boxes heatmap(Output output, Tensor tensor) {
        var height = Math.toIntExact(tensor.shape()[2]);
        var width = Math.toIntExact(tensor.shape()[3]);
        var label = output.labels().isEmpty() ? output.label() : output.labels().getFirst();
        var boxes =
                new Heatmap(tensor.numbers(), width, height)
                        .boxes(
                                output.scoreThreshold() == null ? 0.3 : output.scoreThreshold(),
                                output.regionThreshold() == null ? 0.5 : output.regionThreshold(),
                                output.expand() == null ? 0 : output.expand());
        return new Boxes(
                output.label(),
                width,
                height,
                boxes.stream()
                        .map(
                                box ->
                                        new Found(
                                                label,
                                                Figures.percent(box.score()),
                                                Figures.plain(box.left()),
                                                Figures.plain(box.top()),
                                                Figures.plain(box.right() - box.left()),
                                                Figures.plain(box.bottom() - box.top())))
                        .toList());
    }

    /** In pixels of the frame. */
    record Found(String label, String score, String x, String y, String width, String height) {}
}
