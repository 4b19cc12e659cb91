package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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

    /** Longer lists of classes are cut; the rest stands in the tensor. */
    private static final int MOST_BARS = 10;

    @Override
    public String summary() {
        return verdict + ", " + Figures.percent(share);
    }

    public String shareText() {
        return Figures.percent(share);
    }

    public String thresholdWidth() {
        return Figures.width(threshold == null ? 0 : threshold);
    }

    /** The bars as a sentence. */
    public String spoken() {
        return String.join(
                ", ", bars.stream().map(bar -> bar.label + " " + bar.percent()).toList());
    }

    record Bar(String label, double share, boolean chosen, boolean marked) {
        public String percent() {
            return Figures.percent(share);
        }

        /** Width for SVG, always with a point. */
        public String width() {
            return Figures.width(share);
        }
    }

    static Chances of(Output output, double[] values) {
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
                    .formatted(output.positive(), Figures.percent(output.threshold()));
        }
        if (order.size() > 1) {
            var next = order.get(0) == chosen ? order.get(1) : order.get(0);
            var gap = shares[chosen] - shares[next];
            return gap < 0.1
                    ? "A close call: “%s” is nearly as likely.".formatted(labels.get(next))
                    : "Next is “%s” with %s."
                            .formatted(labels.get(next), Figures.percent(shares[next]));
        }
        return "";
    }

    static double[] shares(double[] values, @Nullable String activation) {
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
}
