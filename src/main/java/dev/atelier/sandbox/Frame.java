package dev.atelier.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.inference.Tensor;

/**
 * The frame a model sees, and where in it the picture lies: what a box or a patch is drawn in.
 *
 * @param width of the frame in the tensor's pixels
 * @param left of the picture in the frame; negative where it was cropped
 * @param innerWidth of the whole picture in the frame's pixels
 */
record Frame(
        int width, int height, double left, double top, double innerWidth, double innerHeight) {

    /**
     * @param info what the runner says about how it fitted the picture
     */
    static Frame of(Tensor tensor, boolean channelsLast, JsonNode info) {
        var shape = tensor.shape();
        var height = Math.toIntExact(shape[channelsLast ? 1 : 2]);
        var width = Math.toIntExact(shape[channelsLast ? 2 : 3]);
        return new Frame(
                width,
                height,
                info.path("left").asDouble(),
                info.path("top").asDouble(),
                info.path("innerWidth").asDouble(width),
                info.path("innerHeight").asDouble(height));
    }

    /** A frame that the picture fills. */
    static Frame filled(int width, int height) {
        return new Frame(width, height, 0, 0, width, height);
    }

    // Numbers for SVG, always with a point.

    public String x() {
        return Figures.plain(left);
    }

    public String y() {
        return Figures.plain(top);
    }

    public String w() {
        return Figures.plain(innerWidth);
    }

    public String h() {
        return Figures.plain(innerHeight);
    }
}
