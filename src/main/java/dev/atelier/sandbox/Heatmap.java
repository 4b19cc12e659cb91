package dev.atelier.sandbox;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Boxes from a map of probabilities, as text detectors give them ({@code heatmap} in
 * docs/model-interface.md; the shrunken-core idea is that of Liao et al. 2020, "Real-time Scene
 * Text Detection with Differentiable Binarization").
 */
final class Heatmap {

    /** Thinner regions are specks. */
    private static final int THINNEST = 3;

    /** In pixels of the map. */
    record Box(double score, double left, double top, double right, double bottom) {}

    private final double[] heat;
    private final int width;
    private final int height;

    /**
     * @param heat {@code [height, width]}, row by row
     */
    Heatmap(double[] heat, int width, int height) {
        this.heat = heat;
        this.width = width;
        this.height = height;
    }

    /**
     * @param pixel least probability of a pixel in a region
     * @param region least mean probability of a region
     * @param expand the box grows on each side by this times area over perimeter
     * @return best first
     */
    List<Box> boxes(double pixel, double region, double expand) {
        var seen = new boolean[heat.length];
        var stack = new int[heat.length];
        var boxes = new ArrayList<Box>();
        for (int start = 0; start < heat.length; start++) {
            if (seen[start] || heat[start] < pixel) {
                continue;
            }
            int depth = 0;
            int left = width;
            int right = -1;
            int top = height;
            int bottom = -1;
            int count = 0;
            var sum = 0.0;
            stack[depth++] = start;
            seen[start] = true;
            while (depth > 0) {
                var at = stack[--depth];
                var x = at % width;
                var y = at / width;
                left = Math.min(left, x);
                right = Math.max(right, x);
                top = Math.min(top, y);
                bottom = Math.max(bottom, y);
                sum += heat[at];
                count++;
                for (int dy = -1; dy <= 1; dy++) {
                    for (int dx = -1; dx <= 1; dx++) {
                        var nx = x + dx;
                        var ny = y + dy;
                        if (nx < 0 || ny < 0 || nx >= width || ny >= height) {
                            continue;
                        }
                        var next = ny * width + nx;
                        if (!seen[next] && heat[next] >= pixel) {
                            seen[next] = true;
                            stack[depth++] = next;
                        }
                    }
                }
            }
            var w = right + 1 - left;
            var h = bottom + 1 - top;
            if (Math.min(w, h) >= THINNEST && sum / count >= region) {
                var grow = expand * w * h / (2.0 * (w + h));
                boxes.add(
                        new Box(
                                sum / count,
                                Math.max(0, left - grow),
                                Math.max(0, top - grow),
                                Math.min(width, right + 1 + grow),
                                Math.min(height, bottom + 1 + grow)));
            }
        }
        boxes.sort(Comparator.comparingDouble(Box::score).reversed());
        return boxes;
    }
}
