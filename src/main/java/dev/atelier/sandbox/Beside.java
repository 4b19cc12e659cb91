package dev.atelier.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Two versions' answers to the same call, line by line.
 *
 * @param finding whether they agree, in one sentence
 */
record Beside(String finding, int first, int second, List<Row> rows) {

    record Row(String name, String first, String second, String change) {}

    /** Empty where one of them gave no answer. */
    static Optional<Beside> of(Calls.Call first, Calls.Call second) {
        var one = first.verdict();
        var other = second.verdict();
        if (one == null || other == null || one.parts().isEmpty() || other.parts().isEmpty()) {
            return Optional.empty();
        }
        var rows = new ArrayList<Row>();
        String finding;
        if (one.parts().getFirst() instanceof Chances a
                && other.parts().getFirst() instanceof Chances b) {
            chances(a, b, rows);
            finding =
                    a.verdict().equals(b.verdict())
                            ? "Both say “%s”.".formatted(a.verdict())
                            : "They disagree: v%d says “%s”, v%d says “%s”."
                                    .formatted(
                                            first.version(),
                                            a.verdict(),
                                            second.version(),
                                            b.verdict());
        } else {
            finding =
                    first.summary().equals(second.summary())
                            ? "Both say the same."
                            : "They differ.";
            rows.add(new Row("Answer", first.summary(), second.summary(), ""));
        }
        rows.add(
                new Row(
                        "Time",
                        TryView.millis(first.took().total()),
                        TryView.millis(second.took().total()),
                        ""));
        return Optional.of(new Beside(finding, first.version(), second.version(), rows));
    }

    private static void chances(Chances a, Chances b, List<Row> rows) {
        for (var bar : a.bars()) {
            b.bars().stream()
                    .filter(other -> other.label().equals(bar.label()))
                    .findFirst()
                    .ifPresent(
                            other ->
                                    rows.add(
                                            new Row(
                                                    bar.label(),
                                                    bar.percent(),
                                                    other.percent(),
                                                    points(other.share() - bar.share()))));
        }
    }

    private static String points(double change) {
        var text = Figures.decimal(Math.abs(change) * 100, 1);
        return text.equals("0.0") ? "0" : (change < 0 ? "−" : "+") + text;
    }
}
