package dev.atelier.sandbox;

import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.Tensor;
import dev.atelier.sandbox.Boxes.Found;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Boxes from the tensors of an object detector, as {@code docs/model-interface.md} describes them:
 * four numbers a box with scores and classes in outputs of their own ({@code boxes}), or everything
 * about a box in one row ({@code rows}).
 */
final class Detections {

    /** Kept although below the threshold, because people may lower it. */
    private static final double LEAST_SCORE = 0.05;

    /** Looked at for overlaps, best first. */
    private static final int MOST_CANDIDATES = 2_000;

    private static final Set<String> COLUMNS =
            Set.of("box", "score", "objectness", "scores", "class", "_");

    /** The tensors are not what the description says. */
    static final class Unreadable extends Exception {
        Unreadable(String reason) {
            super(reason);
        }
    }

    private record Candidate(int kind, double score, double[] corners) {}

    private Detections() {}

    static Boxes boxes(InferResponse response, Tensor tensor, Output output, @Nullable Frame seen)
            throws Unreadable {
        if (seen == null) {
            throw new Unreadable("is described as boxes, but the model takes no picture.");
        }
        var threshold = output.scoreThreshold() == null ? 0.5 : output.scoreThreshold();
        var least = Math.min(threshold, LEAST_SCORE);
        var candidates =
                switch (output.format() == null ? "boxes" : output.format()) {
                    case "boxes" -> companions(response, tensor, output, least);
                    case "rows" -> rows(tensor, output, least);
                    default ->
                            throw new Unreadable(
                                    "has the format \"%s\"; known are boxes, rows and heatmap."
                                            .formatted(output.format()));
                };
        candidates.sort(Comparator.comparingDouble(Candidate::score).reversed());
        var kept = apart(candidates, output.iouThreshold());
        var relative = "relative".equals(output.coordinates());
        var right = relative ? seen.width() : 1;
        var down = relative ? seen.height() : 1;
        var found = new ArrayList<Found>();
        for (var candidate : kept) {
            var c = candidate.corners;
            var left = Math.clamp(c[0] * right, 0, seen.width());
            var top = Math.clamp(c[1] * down, 0, seen.height());
            found.add(
                    new Found(
                            label(output, candidate.kind),
                            candidate.score,
                            left,
                            top,
                            Math.clamp(c[2] * right, 0, seen.width()) - left,
                            Math.clamp(c[3] * down, 0, seen.height()) - top));
        }
        return new Boxes(output.label(), seen, threshold, List.copyOf(found));
    }

    /** {@code tensor} is {@code [.., N, 4]}; scores {@code [.., N]} or {@code [.., N, classes]}. */
    private static List<Candidate> companions(
            InferResponse response, Tensor tensor, Output output, double least) throws Unreadable {
        var shape = tensor.shape();
        if (shape.length < 2 || shape[shape.length - 1] != 4) {
            throw new Unreadable(
                    "is described as boxes of four numbers, but has the shape %s."
                            .formatted(Arrays.toString(shape)));
        }
        var boxes = tensor.numbers();
        var count = boxes.length / 4;
        var scores = companion(response, output.scores(), "scores");
        var classes =
                output.classes() == null ? null : companion(response, output.classes(), "classes");
        if (count > 0 && scores.length % count != 0 || classes != null && classes.length != count) {
            throw new Unreadable(
                    "has %d boxes, which its scores or classes do not fit.".formatted(count));
        }
        var width = count == 0 ? 0 : scores.length / count;
        var candidates = new ArrayList<Candidate>();
        for (int i = 0; i < count; i++) {
            var chances = activated(Arrays.copyOfRange(scores, i * width, (i + 1) * width), output);
            var best = best(chances, output.background());
            var kind = classes != null ? (int) classes[i] : width == 1 ? 0 : best;
            add(
                    candidates,
                    kind,
                    chances[best],
                    Arrays.copyOfRange(boxes, i * 4, i * 4 + 4),
                    output,
                    least);
        }
        return candidates;
    }

    private static double[] companion(InferResponse response, @Nullable String name, String what)
            throws Unreadable {
        var tensor = name == null ? null : response.output(name);
        if (tensor == null) {
            throw new Unreadable(
                    name == null
                            ? "is described as boxes, but nothing says which output holds their scores."
                            : "needs the output \"%s\" for its %s, which did not come."
                                    .formatted(name, what));
        }
        return tensor.numbers();
    }

    /** {@code [.., N, columns]}, or {@code [.., columns, N]} when transposed. */
    private static List<Candidate> rows(Tensor tensor, Output output, double least)
            throws Unreadable {
        var shape = tensor.shape();
        if (shape.length < 2) {
            throw new Unreadable("is described as rows, but has one dimension.");
        }
        var last = Math.toIntExact(shape[shape.length - 1]);
        var before = Math.toIntExact(shape[shape.length - 2]);
        var values = tensor.numbers();
        var width = output.transposed() ? before : last;
        var count = width == 0 ? 0 : values.length / width;
        var columns = output.columns();
        var fixed =
                columns.stream()
                        .mapToInt(c -> c.equals("box") ? 4 : c.equals("scores") ? 0 : 1)
                        .sum();
        if (!COLUMNS.containsAll(columns) || !columns.contains("box") || fixed > width) {
            throw new Unreadable(
                    "has rows of %d numbers, which the columns %s do not fit."
                            .formatted(width, columns));
        }
        var candidates = new ArrayList<Candidate>();
        var row = new double[width];
        for (int i = 0; i < count; i++) {
            for (int column = 0; column < width; column++) {
                row[column] = values[output.transposed() ? column * count + i : i * width + column];
            }
            read(row, width - fixed, output, candidates, least);
        }
        return candidates;
    }

    private static void read(
            double[] row, int classes, Output output, List<Candidate> to, double least) {
        var at = 0;
        var kind = 0;
        var score = 1.0;
        var box = new double[4];
        for (var column : output.columns()) {
            switch (column) {
                case "box" -> {
                    box = Arrays.copyOfRange(row, at, at + 4);
                    at += 4;
                }
                case "class" -> kind = (int) row[at++];
                case "score", "objectness" ->
                        score *= activated(new double[] {row[at++]}, output)[0];
                case "scores" -> {
                    var chances = activated(Arrays.copyOfRange(row, at, at + classes), output);
                    if (chances.length > 0) {
                        kind = best(chances, output.background());
                        score *= chances[kind];
                    }
                    at += classes;
                }
                default -> at++;
            }
        }
        add(to, kind, score, box, output, least);
    }

    private static void add(
            List<Candidate> to, int kind, double score, double[] box, Output output, double least) {
        if (!(score >= least) || !Arrays.stream(box).allMatch(Double::isFinite)) {
            return;
        }
        var a = box[0];
        var b = box[1];
        var c = box[2];
        var d = box[3];
        to.add(
                new Candidate(
                        kind,
                        Math.min(score, 1),
                        switch (output.box() == null ? "xyxy" : output.box()) {
                            case "yxyx" -> new double[] {b, a, d, c};
                            case "xywh" -> new double[] {a, b, a + c, b + d};
                            case "cxcywh" ->
                                    new double[] {a - c / 2, b - d / 2, a + c / 2, b + d / 2};
                            default -> new double[] {a, b, c, d};
                        }));
    }

    private static double[] activated(double[] values, Output output) {
        return Chances.shares(
                values,
                values.length == 1 && "softmax".equals(output.activation())
                        ? null
                        : output.activation());
    }

    /** The likeliest class that is not "nothing"; a negative number counts from the end. */
    private static int best(double[] chances, @Nullable Integer background) {
        var nothing =
                background == null ? -1 : background < 0 ? chances.length + background : background;
        var best = nothing == 0 && chances.length > 1 ? 1 : 0;
        for (int i = 0; i < chances.length; i++) {
            if (i != nothing && chances[i] > chances[best]) {
                best = i;
            }
        }
        return best;
    }

    /**
     * Without those that overlap a better one of their class by more than a share (greedy
     * non-maximum suppression); all of the best where no share is given.
     */
    private static List<Candidate> apart(List<Candidate> sorted, @Nullable Double overlap) {
        if (overlap == null) {
            return sorted.subList(0, Math.min(Boxes.MOST, sorted.size()));
        }
        var kept = new ArrayList<Candidate>();
        for (var candidate : sorted.subList(0, Math.min(MOST_CANDIDATES, sorted.size()))) {
            if (kept.size() == Boxes.MOST) {
                break;
            }
            if (kept.stream()
                    .noneMatch(
                            k ->
                                    k.kind == candidate.kind
                                            && iou(k.corners, candidate.corners) > overlap)) {
                kept.add(candidate);
            }
        }
        return kept;
    }

    /** Shared area over covered area. */
    private static double iou(double[] a, double[] b) {
        var width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
        var height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        var shared = width * height;
        return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
    }

    private static String label(Output output, int kind) {
        return kind >= 0 && kind < output.labels().size()
                ? output.labels().get(kind)
                : output.labels().isEmpty() ? output.label() : "class " + kind;
    }
}
