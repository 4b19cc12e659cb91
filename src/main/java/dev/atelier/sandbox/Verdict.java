package dev.atelier.sandbox;

import dev.atelier.inference.DataType;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Tensor;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A model's answer as people want it: the verdict first, every tensor after it. */
record Verdict(List<Part> parts, List<RawTensor> tensors) {

    /** Longer lists of classes are cut; the rest stands in the tensor. */
    private static final int MOST_BARS = 10;

    private static final int PREVIEW = 64;

    sealed interface Part {
        /** One line for lists of calls. */
        String summary();

        /** What a template switches on. */
        default String kind() {
            return getClass().getSimpleName().toLowerCase(Locale.ROOT);
        }

        // Templates know no casts: each kind of part is asked for by name.

        default @Nullable Chances chances() {
            return this instanceof Chances it ? it : null;
        }

        default @Nullable Value value() {
            return this instanceof Value it ? it : null;
        }

        default @Nullable Label label() {
            return this instanceof Label it ? it : null;
        }

        default @Nullable Similarity similarity() {
            return this instanceof Similarity it ? it : null;
        }

        default @Nullable Timeline timeline() {
            return this instanceof Timeline it ? it : null;
        }

        default @Nullable Reading reading() {
            return this instanceof Reading it ? it : null;
        }

        default @Nullable Boxes boxes() {
            return this instanceof Boxes it ? it : null;
        }
    }

    /**
     * Probabilities of classes.
     *
     * @param threshold where the positive class is called, as a share, or null
     */
    record Chances(
            String title,
            String verdict,
            double share,
            String sentence,
            List<Bar> bars,
            int more,
            @Nullable Double threshold)
            implements Part {
        @Override
        public String summary() {
            return verdict + ", " + percent(share);
        }

        public String shareText() {
            return percent(share);
        }

        public String thresholdWidth() {
            return width(threshold == null ? 0 : threshold);
        }

        /** The bars as a sentence. */
        public String spoken() {
            return String.join(
                    ", ", bars.stream().map(bar -> bar.label + " " + bar.percent()).toList());
        }
    }

    record Bar(String label, double share, boolean chosen, boolean marked) {
        public String percent() {
            return Verdict.percent(share);
        }

        /** Width for SVG, always with a point. */
        public String width() {
            return Verdict.width(share);
        }
    }

    record Value(String title, String text, @Nullable String unit, String sentence)
            implements Part {
        @Override
        public String summary() {
            return unit == null ? text : text + " " + unit;
        }
    }

    record Label(String title, String text) implements Part {
        @Override
        public String summary() {
            return text;
        }
    }

    /** How alike texts are: cosine of their embeddings. */
    record Similarity(double cosine, String verdict, int dimensions) implements Part {
        @Override
        public String summary() {
            return "similarity " + decimal(cosine, 2);
        }

        static Similarity of(double cosine, int dimensions) {
            var verdict =
                    cosine >= 0.8
                            ? "Very close"
                            : cosine >= 0.6 ? "Close" : cosine >= 0.35 ? "Related" : "Not alike";
            return new Similarity(cosine, verdict, dimensions);
        }

        public String figure() {
            return decimal(cosine, 3);
        }

        public String width() {
            return Verdict.width(Math.max(0, cosine));
        }
    }

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
                                    .formatted(read, percent(sure / read)));
        }
    }

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
                                    output.regionThreshold() == null
                                            ? 0.5
                                            : output.regionThreshold(),
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
                                                    percent(box.score()),
                                                    plain(box.left()),
                                                    plain(box.top()),
                                                    plain(box.right() - box.left()),
                                                    plain(box.bottom() - box.top())))
                            .toList());
        }
    }

    /** In pixels of the frame. */
    record Found(String label, String score, String x, String y, String width, String height) {}

    /** A probability over time; the path runs over a 1000 × 1000 box. */
    record Timeline(
            String title,
            String path,
            double seconds,
            double mean,
            double over,
            double threshold,
            List<Span> spans)
            implements Part {
        static Timeline of(Output output, double[] curve, double window) {
            var threshold = output.threshold() == null ? 0.5 : output.threshold();
            var path = new StringBuilder();
            var spans = new ArrayList<Span>();
            var above = 0;
            var from = -1;
            for (int i = 0; i < curve.length; i++) {
                path.append(i == 0 ? "M" : "L")
                        .append(plain(1000.0 * i / Math.max(1, curve.length - 1)))
                        .append(' ')
                        .append(plain(1000 - 1000 * Math.clamp(curve[i], 0, 1)));
                if (curve[i] >= threshold) {
                    above++;
                    from = from < 0 ? i : from;
                } else if (from >= 0) {
                    spans.add(new Span(from * window, i * window));
                    from = -1;
                }
            }
            if (from >= 0) {
                spans.add(new Span(from * window, curve.length * window));
            }
            return new Timeline(
                    output.label(),
                    path.toString(),
                    curve.length * window,
                    Arrays.stream(curve).average().orElse(0),
                    (double) above / Math.max(1, curve.length),
                    threshold,
                    spans);
        }

        @Override
        public String summary() {
            return title.toLowerCase(Locale.ROOT) + " in " + percent(over) + " of the time";
        }

        public String overPercent() {
            return percent(over);
        }

        public String meanFigure() {
            return decimal(mean, 3);
        }

        public String length() {
            return decimal(seconds, 1);
        }

        public String limit() {
            return decimal(threshold, 2);
        }

        public String limitY() {
            return plain(1000 - 1000 * threshold);
        }
    }

    /** Seconds from the start. */
    record Span(double from, double to) {
        public String start() {
            return decimal(from, 2);
        }

        public String end() {
            return decimal(to, 2);
        }
    }

    /** Any tensor: what it is and how it begins. */
    record RawTensor(String name, String type, String shape, String statistics, String preview) {}

    static Verdict of(InferResponse response, List<Output> described) {
        var parts = new ArrayList<Part>();
        var raw = new ArrayList<RawTensor>();
        var hasChances = described.stream().anyMatch(o -> o.kind() == OutputKind.PROBABILITIES);
        for (var tensor : response.outputs()) {
            var output =
                    described.stream()
                            .filter(o -> o.name().equals(tensor.name()))
                            .findFirst()
                            .orElseGet(() -> derived(tensor));
            var part = part(tensor, output);
            if (part != null && !(part instanceof Label && hasChances)) {
                parts.add(part);
            }
            raw.add(raw(tensor));
        }
        parts.sort(Comparator.comparing(part -> part instanceof Chances ? 0 : 1));
        return new Verdict(List.copyOf(parts), List.copyOf(raw));
    }

    String summary() {
        return parts.isEmpty()
                ? tensors.stream()
                        .map(t -> t.name() + " " + t.shape())
                        .findFirst()
                        .orElse("no output")
                : parts.getFirst().summary();
    }

    private static @Nullable Part part(Tensor tensor, Output output) {
        if (tensor.datatype() == DataType.BYTES) {
            var texts = tensor.strings();
            return texts.size() == 1 ? new Label(output.label(), texts.getFirst()) : null;
        }
        if (tensor.elements() == 0 || tensor.elements() > 10_000_000) {
            return null;
        }
        var values = tensor.numbers();
        return switch (output.kind()) {
            case PROBABILITIES -> chances(output, values);
            case VALUE -> values.length == 1 ? value(output, values[0]) : null;
            case LABEL ->
                    values.length == 1 ? new Label(output.label(), label(output, values[0])) : null;
            // The page compares embeddings of two texts, draws timelines over several windows.
            case EMBEDDING, TIMELINE, TEXT, TENSOR -> null;
            case DETECTIONS ->
                    "heatmap".equals(output.format()) && tensor.shape().length == 4
                            ? Boxes.heatmap(output, tensor)
                            : null;
        };
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

    private static Chances chances(Output output, double[] values) {
        var given = shares(values, output.activation());
        var shares = given.length == 1 ? new double[] {1 - given[0], given[0]} : given;
        var labels = new ArrayList<String>();
        if (given.length == 1) {
            labels.add(
                    output.labels().size() == 2
                            ? output.labels().getFirst()
                            : "not " + output.label());
            labels.add(output.labels().isEmpty() ? output.label() : output.labels().getLast());
        } else {
            for (int i = 0; i < shares.length; i++) {
                labels.add(i < output.labels().size() ? output.labels().get(i) : "class " + i);
            }
        }
        var chosen = chosen(output, labels, shares);
        var order =
                IntStream.range(0, shares.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble(i -> -shares[i]))
                        .toList();
        var threshold = output.positive() == null ? null : output.threshold();
        var bars =
                order.stream()
                        .limit(MOST_BARS)
                        .map(
                                i ->
                                        new Bar(
                                                labels.get(i),
                                                shares[i],
                                                i == chosen,
                                                threshold != null
                                                        && labels.get(i).equals(output.positive())))
                        .toList();
        return new Chances(
                output.label(),
                labels.get(chosen),
                shares[chosen],
                sentence(output, labels, shares, chosen, order),
                bars,
                Math.max(0, shares.length - MOST_BARS),
                threshold);
    }

    /** The likeliest class; with a positive class and a threshold, that decides between the two. */
    private static int chosen(Output output, List<String> labels, double[] shares) {
        if (output.positive() != null && output.threshold() != null && shares.length == 2) {
            var positive = Math.max(0, labels.indexOf(output.positive()));
            return shares[positive] >= output.threshold() ? positive : 1 - positive;
        }
        var best = 0;
        for (int i = 1; i < shares.length; i++) {
            if (shares[i] > shares[best]) {
                best = i;
            }
        }
        return best;
    }

    private static String sentence(
            Output output, List<String> labels, double[] shares, int chosen, List<Integer> order) {
        if (output.positive() != null && output.threshold() != null) {
            return "It says “%s” from %s on."
                    .formatted(output.positive(), percent(output.threshold()));
        }
        if (order.size() > 1) {
            var next = order.get(0) == chosen ? order.get(1) : order.get(0);
            var gap = shares[chosen] - shares[next];
            return gap < 0.1
                    ? "A close call: “%s” is nearly as likely.".formatted(labels.get(next))
                    : "Next is “%s” with %s.".formatted(labels.get(next), percent(shares[next]));
        }
        return "";
    }

    private static double[] shares(double[] values, @Nullable String activation) {
        if ("softmax".equals(activation)) {
            var largest = Arrays.stream(values).max().orElse(0);
            var powers = Arrays.stream(values).map(v -> Math.exp(v - largest)).toArray();
            var sum = Arrays.stream(powers).sum();
            return Arrays.stream(powers).map(p -> p / sum).toArray();
        }
        if ("sigmoid".equals(activation)) {
            return Arrays.stream(values).map(v -> 1 / (1 + Math.exp(-v))).toArray();
        }
        return values;
    }

    private static Value value(Output output, double value) {
        var decimals =
                output.decimals() == null
                        ? significant(value)
                        : Math.clamp(output.decimals(), 0, 10);
        return new Value(
                output.label(),
                decimal(value, decimals),
                output.unit(),
                output.error() == null
                        ? ""
                        : "On data it had not seen it was off by %s%s on average."
                                .formatted(
                                        decimal(output.error(), decimals),
                                        output.unit() == null ? "" : " " + output.unit()));
    }

    private static String label(Output output, double value) {
        var index = (int) value;
        return index == value && index >= 0 && index < output.labels().size()
                ? output.labels().get(index)
                : Form.number(value);
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
                                        compact(finite.getMin()),
                                        compact(finite.getAverage()),
                                        compact(finite.getMax()),
                                        finite.getCount() < values.length
                                                ? ", %d not finite"
                                                        .formatted(
                                                                values.length - finite.getCount())
                                                : "");
        var preview = new StringBuilder();
        for (int i = 0; i < Math.min(PREVIEW, values.length); i++) {
            preview.append(i == 0 ? "" : ", ").append(compact(values[i]));
        }
        return new RawTensor(
                tensor.name(),
                tensor.datatype().name(),
                shape,
                statistics,
                values.length > PREVIEW ? preview + ", …" : preview.toString());
    }

    static String percent(double share) {
        var percent = share * 100;
        return !Double.isFinite(share)
                ? "not a number"
                : percent > 0 && percent < 1
                        ? "under 1 %"
                        : percent > 99 && percent < 100 ? "over 99 %" : Math.round(percent) + " %";
    }

    static String width(double share) {
        return plain(Double.isFinite(share) ? Math.clamp(share, 0, 1) * 100 : 0);
    }

    /** A number for SVG: a point, no grouping. */
    static String plain(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    static String decimal(double value, int decimals) {
        return Double.isFinite(value)
                ? String.format(Locale.ROOT, "%,." + decimals + "f", value).replace(',', '\u202f')
                : Double.toString(value);
    }

    private static int significant(double value) {
        var magnitude = value == 0 ? 0 : (int) Math.floor(Math.log10(Math.abs(value)));
        return Math.clamp(2 - magnitude, 0, 6);
    }

    /** At most four significant digits, no trailing zeros. */
    static String compact(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e6) {
            return Form.number(value);
        }
        var rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
        var exponent = rounded.precision() - rounded.scale();
        return exponent > 9 || exponent < -4 ? rounded.toString() : rounded.toPlainString();
    }
}
