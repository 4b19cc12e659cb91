package dev.atelier.sandbox;

import dev.atelier.inference.DataType;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A model's answer as people want it: the verdict first, every tensor after it.
 *
 * @param notes why an output is not shown as its description wants it
 */
record Verdict(List<Part> parts, List<RawTensor> tensors, List<String> notes) {

    private static final int PREVIEW = 64;

    Verdict {
        notes = notes == null ? List.of() : notes;
    }

    Verdict(List<Part> parts, List<RawTensor> tensors) {
        this(parts, tensors, List.of());
    }

    /** Any tensor: what it is and how it begins. */
    record RawTensor(String name, String type, String shape, String statistics, String preview) {}

    /**
     * @param frame of the picture that was sent, for boxes; null where there was none
     */
    static Verdict of(InferResponse response, List<Output> described, @Nullable Frame frame) {
        var parts = new ArrayList<Part>();
        var raw = new ArrayList<RawTensor>();
        var notes = new ArrayList<String>();
        var companions = described.stream().flatMap(o -> o.companions().stream()).toList();
        var hasChances = described.stream().anyMatch(o -> o.kind() == OutputKind.PROBABILITIES);
        for (var tensor : response.outputs()) {
            var output = output(tensor, described);
            try {
                var part = part(response, tensor, output, frame);
                if (part != null
                        && !(part instanceof Label && hasChances)
                        && !companions.contains(tensor.name())) {
                    parts.add(part);
                }
            } catch (Detections.Unreadable e) {
                notes.add("“%s” %s".formatted(tensor.name(), e.getMessage()));
            }
            raw.add(raw(tensor));
        }
        parts.sort(Comparator.comparing(part -> part instanceof Chances ? 0 : 1));
        return new Verdict(List.copyOf(parts), List.copyOf(raw), List.copyOf(notes));
    }

    String summary() {
        return parts.isEmpty()
                ? tensors.stream()
                        .map(t -> t.name() + " " + t.shape())
                        .findFirst()
                        .orElse("no output")
                : parts.getFirst().summary();
    }

    private static @Nullable Part part(
            InferResponse response, Tensor tensor, Output output, @Nullable Frame frame)
            throws Detections.Unreadable {
        if (tensor.datatype() == DataType.BYTES) {
            var texts = tensor.strings();
            return texts.size() == 1 ? new Label(output.label(), texts.getFirst()) : null;
        }
        if (tensor.elements() == 0 || tensor.elements() > 10_000_000) {
            return null;
        }
        var values = tensor.numbers();
        return switch (output.kind()) {
            case PROBABILITIES -> Chances.of(output, values);
            case VALUE -> values.length == 1 ? Value.of(output, values[0]) : null;
            case LABEL ->
                    values.length == 1
                            ? new Label(output.label(), Label.text(output, values[0]))
                            : null;
            // The page compares embeddings of two texts, draws timelines over several windows.
            case EMBEDDING, TIMELINE, TEXT, TENSOR -> null;
            case DETECTIONS ->
                    "heatmap".equals(output.format())
                            ? tensor.shape().length == 4
                                    ? Boxes.heatmap(output, tensor, frame)
                                    : null
                            : Detections.boxes(response, tensor, output, frame);
        };
    }

    /** How a tensor is told: as somebody described it, else as it looks. */
    static Output output(Tensor tensor, List<Output> described) {
        return described.stream()
                .filter(o -> o.name().equals(tensor.name()))
                .findFirst()
                .orElseGet(() -> derived(tensor));
    }

    /** The kind of an output that nobody described. */
    private static Output derived(Tensor tensor) {
        var name = tensor.name().toLowerCase(Locale.ROOT);
        var one = tensor.elements() == 1;
        var floating = Form.isFloating(tensor.datatype());
        var kind =
                floating && name.contains("prob") && tensor.elements() <= 1_000
                        ? OutputKind.PROBABILITIES
                        : one && floating
                                ? OutputKind.VALUE
                                : one ? OutputKind.LABEL : OutputKind.TENSOR;
        return Output.plain(tensor.name(), kind);
    }

    static RawTensor raw(Tensor tensor) {
        var shape = Arrays.toString(tensor.shape());
        if (tensor.datatype() == DataType.BYTES) {
            var texts = tensor.strings();
            return new RawTensor(
                    tensor.name(),
                    tensor.datatype().name(),
                    shape,
                    texts.size() + (texts.size() == 1 ? " text" : " texts"),
                    String.join(", ", texts.subList(0, Math.min(PREVIEW, texts.size()))));
        }
        if (tensor.elements() > 10_000_000) {
            return new RawTensor(
                    tensor.name(), tensor.datatype().name(), shape, "too large to show", "");
        }
        var values = tensor.numbers();
        var finite = Arrays.stream(values).filter(Double::isFinite).summaryStatistics();
        var statistics =
                finite.getCount() == 0
                        ? "no finite value"
                        : "min %s, mean %s, max %s%s"
                                .formatted(
                                        Figures.compact(finite.getMin()),
                                        Figures.compact(finite.getAverage()),
                                        Figures.compact(finite.getMax()),
                                        finite.getCount() < values.length
                                                ? ", %d not finite"
                                                        .formatted(
                                                                values.length - finite.getCount())
                                                : "");
        var preview = new StringBuilder();
        for (int i = 0; i < Math.min(PREVIEW, values.length); i++) {
            preview.append(i == 0 ? "" : ", ").append(Figures.compact(values[i]));
        }
        return new RawTensor(
                tensor.name(),
                tensor.datatype().name(),
                shape,
                statistics,
                values.length > PREVIEW ? preview + ", …" : preview.toString());
    }
}
