package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Things found in a picture, drawn over it.
 *
 * @param frame that the model saw
 * @param threshold least score of what is shown at first
 * @param found best first, also what lies below the threshold: people may lower it
 */
record Boxes(String title, Frame frame, double threshold, List<Found> found) implements Part {

    /** More are not kept: they lie over each other. */
    static final int MOST = 300;

    /** In pixels of the frame. */
    record Found(String label, double score, double x, double y, double width, double height) {
        public String percent() {
            return Figures.percent(score);
        }

        public String left() {
            return Figures.plain(x);
        }

        public String top() {
            return Figures.plain(y);
        }

        public String w() {
            return Figures.plain(width);
        }

        public String h() {
            return Figures.plain(height);
        }
    }

    @Override
    public String summary() {
        return above(threshold).size() + " found";
    }

    List<Found> above(double least) {
        return found.stream().filter(box -> box.score >= least).toList();
    }

    /**
     * @param tensor {@code [1, 1, height, width]}
     */
    static Boxes heatmap(Output output, Tensor tensor, @Nullable Frame seen) {
        var height = Math.toIntExact(tensor.shape()[2]);
        var width = Math.toIntExact(tensor.shape()[3]);
        var frame = seen == null ? Frame.filled(width, height) : seen;
        var right = (double) frame.width() / width;
        var down = (double) frame.height() / height;
        var label = output.labels().isEmpty() ? output.label() : output.labels().getFirst();
        var regions =
                new Heatmap(tensor.numbers(), width, height)
                        .boxes(
                                output.scoreThreshold() == null ? 0.3 : output.scoreThreshold(),
                                0,
                                output.expand() == null ? 0 : output.expand());
        return new Boxes(
                output.label(),
                frame,
                output.regionThreshold() == null ? 0.5 : output.regionThreshold(),
                regions.stream()
                        .limit(MOST)
                        .map(
                                box ->
                                        new Found(
                                                label,
                                                box.score(),
                                                box.left() * right,
                                                box.top() * down,
                                                (box.right() - box.left()) * right,
                                                (box.bottom() - box.top()) * down))
                        .toList());
    }
}
