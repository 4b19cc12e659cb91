package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.monitoring.statistics.ConfusionMatrix;
import dev.atelier.monitoring.statistics.RegressionErrors;
import dev.atelier.monitoring.statistics.ScoreHistogram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How good predictions were, by their labels. What the model answers says which figures there are:
 * a text is a class; numbers that bear the names of labels are probabilities of classes; a number
 * from 0 to 1 with labels that are 0 or 1 is a score, above a half of which it predicts 1; other
 * numbers are estimates.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Quality(
        String kind,
        long predictions,
        long labelled,
        @Nullable Double coverage,
        @Nullable String note,
        @Nullable Double accuracy,
        @Nullable Double precision,
        @Nullable Double recall,
        @Nullable Double f1,
        @Nullable Double auroc,
        @Nullable Double logLoss,
        @Nullable Double brier,
        @Nullable Double calibrationError,
        @Nullable Double mae,
        @Nullable Double rmse,
        @Nullable Double mape,
        @Nullable Double r2,
        @Nullable Double bias) {

    /** More classes than anybody tells apart on a page. */
    private static final int MOST_CLASSES = 200;

    private static final Set<String> YES = Set.of("1", "1.0", "true");
    private static final Set<String> NO = Set.of("0", "0.0", "false");

    private static Quality none(String kind, long predictions, long labelled, String note) {
        return new Quality(
                kind,
                predictions,
                labelled,
                share(labelled, predictions),
                note,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    private static @Nullable Double share(long part, long whole) {
        return whole == 0 ? null : (double) part / whole;
    }

    /**
     * @param predictions that could have a label
     */
    static Quality of(long predictions, List<Labels.Labelled> labelled) {
        if (labelled.isEmpty()) {
            return none(
                    "unknown",
                    predictions,
                    0,
                    predictions == 0
                            ? "No prediction of this time has an identifier, so none can be labelled."
                            : "No label has come for the predictions of this time.");
        }
        var labels = new TreeSet<String>();
        labelled.forEach(one -> labels.add(one.label()));
        if (labels.size() <= MOST_CLASSES) {
            var classes = classes(labelled, labels);
            if (classes != null) {
                return classes(predictions, classes, labels);
            }
            if (labels.stream().allMatch(one -> YES.contains(one) || NO.contains(one))) {
                var scores = scores(predictions, labelled);
                if (scores != null) {
                    return scores;
                }
            }
        }
        return estimates(predictions, labelled);
    }

    /** A prediction of a class. */
    private record Said(String predicted, String actual, @Nullable Double ofActual) {}

    /** What was predicted, where all answers are classes or probabilities of them; else null. */
    private static @Nullable List<Said> classes(
            List<Labels.Labelled> labelled, Set<String> labels) {
        var said = new ArrayList<Said>();
        for (var one : labelled) {
            var text = text(one.outputs());
            var probabilities = probabilities(one.outputs(), labels);
            if (text == null && probabilities.isEmpty()) {
                return null;
            }
            var predicted =
                    text != null
                            ? text
                            : probabilities.entrySet().stream()
                                    .max(Map.Entry.comparingByValue())
                                    .orElseThrow()
                                    .getKey();
            said.add(new Said(predicted, one.label(), probabilities.get(one.label())));
        }
        return said;
    }

    private static @Nullable String text(JsonNode outputs) {
        for (var one : outputs.properties()) {
            if (one.getValue().isTextual() || one.getValue().isBoolean()) {
                return one.getValue().asText();
            }
        }
        return null;
    }

    /** Numbers that are named as labels, if at least two are. */
    private static Map<String, Double> probabilities(JsonNode outputs, Set<String> labels) {
        var found = new HashMap<String, Double>();
        outputs.properties()
                .forEach(
                        one -> {
                            if (one.getValue().isNumber() && labels.contains(one.getKey())) {
                                found.put(one.getKey(), one.getValue().doubleValue());
                            }
                        });
        return found.size() < 2 ? Map.of() : found;
    }

    private static Quality classes(long predictions, List<Said> said, Set<String> labels) {
        var counts = new HashMap<ConfusionMatrix.Outcome, Long>();
        for (var one : said) {
            counts.merge(new ConfusionMatrix.Outcome(one.actual(), one.predicted()), 1L, Long::sum);
        }
        var matrix = ConfusionMatrix.of(counts);
        var positive =
                labels.size() == 2
                        ? labels.stream().filter(YES::contains).findFirst().orElse(null)
                        : null;
        var scores = positive == null ? matrix.macro() : matrix.scores(positive);
        Double logLoss = null;
        if (said.stream().allMatch(one -> one.ofActual() != null)) {
            double sum = 0;
            for (var one : said) {
                sum -=
                        Math.log(
                                Math.clamp(
                                        Objects.requireNonNull(one.ofActual()),
                                        Math.ulp(1.0),
                                        1 - Math.ulp(1.0)));
            }
            logLoss = sum / said.size();
        }
        return new Quality(
                "classification",
                predictions,
                said.size(),
                share(said.size(), predictions),
                positive == null ? "Precision, recall and F1 are means over the classes." : null,
                finite(matrix.accuracy()),
                finite(scores.precision()),
                finite(scores.recall()),
                finite(scores.f1()),
                null,
                logLoss,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    /** Of numbers that are shares; null when one is not. */
    private static @Nullable Quality scores(long predictions, List<Labels.Labelled> labelled) {
        var scores = new double[labelled.size()];
        var positive = new boolean[labelled.size()];
        var counts = new HashMap<ConfusionMatrix.Outcome, Long>();
        for (int i = 0; i < scores.length; i++) {
            var score = number(labelled.get(i).outputs());
            if (score == null || !(score >= 0 && score <= 1)) {
                return null;
            }
            scores[i] = score;
            positive[i] = YES.contains(labelled.get(i).label());
            counts.merge(
                    new ConfusionMatrix.Outcome(positive[i] ? "1" : "0", score > 0.5 ? "1" : "0"),
                    1L,
                    Long::sum);
        }
        var matrix = ConfusionMatrix.of(counts);
        var histogram = ScoreHistogram.of(scores, positive);
        var ones = matrix.scores("1");
        return new Quality(
                "score",
                predictions,
                scores.length,
                share(scores.length, predictions),
                null,
                finite(matrix.accuracy()),
                finite(ones.precision()),
                finite(ones.recall()),
                finite(ones.f1()),
                finite(histogram.areaUnderCurve().value()),
                finite(histogram.logLoss()),
                finite(histogram.brier()),
                finite(histogram.expectedCalibrationError()),
                null,
                null,
                null,
                null,
                null);
    }

    private static @Nullable Double number(JsonNode outputs) {
        for (var one : outputs.properties()) {
            if (one.getValue().isNumber()) {
                return one.getValue().doubleValue();
            }
        }
        return null;
    }

    private static Quality estimates(long predictions, List<Labels.Labelled> labelled) {
        var predicted = new double[labelled.size()];
        var actual = new double[labelled.size()];
        for (int i = 0; i < predicted.length; i++) {
            var said = number(labelled.get(i).outputs());
            var was = Cell.parse(labelled.get(i).label());
            predicted[i] = said == null ? Double.NaN : said;
            actual[i] = was instanceof Cell.Number(var value) ? value : Double.NaN;
        }
        var errors = RegressionErrors.of(predicted, actual);
        if (errors.n() == 0) {
            return none(
                    "unknown",
                    predictions,
                    labelled.size(),
                    "The labels do not fit what the model answers: neither are both numbers, nor are its answers among the labels.");
        }
        return new Quality(
                "regression",
                predictions,
                labelled.size(),
                share(labelled.size(), predictions),
                errors.invalid() == 0
                        ? null
                        : "%,d pairs are no finite numbers and are left out."
                                .formatted(errors.invalid()),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                finite(errors.mae()),
                finite(errors.rmse()),
                finite(errors.mape()),
                finite(errors.r2()),
                finite(errors.error().mean()));
    }

    private static @Nullable Double finite(double figure) {
        return Double.isFinite(figure) ? figure : null;
    }
}
