package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.monitoring.statistics.ConfusionMatrix;
import dev.atelier.monitoring.statistics.RegressionErrors;
import dev.atelier.monitoring.statistics.ScoreHistogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How good predictions were, by their labels. What the model answers says which figures there are:
 * a text is a class; numbers that bear the names of labels are probabilities of classes; a number
 * from 0 to 1 with labels that are 0 or 1 is a score, above a half of which it predicts 1; other
 * numbers are estimates.
 *
 * @param predictions that could have a label
 * @param coverage share of them that have one
 * @param changed labels that said something else before
 * @param figures by name, in the order in which they are shown; undefined ones are not there
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Quality(
        String kind,
        long predictions,
        long labelled,
        @Nullable Double coverage,
        long changed,
        @Nullable String note,
        Map<String, Double> figures) {

    /** More classes than anybody tells apart on a page. */
    private static final int MOST_CLASSES = 200;

    private static final int BOTH = 2;

    Quality {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /** Flat, beside the other members. */
    @JsonAnyGetter
    @Override
    public Map<String, Double> figures() {
        return figures;
    }

    /** Figures that are gathered; what is undefined is left out. */
    private static final class Figures {
        private final Map<String, Double> named = new LinkedHashMap<>();

        Figures with(String name, double value) {
            if (Double.isFinite(value)) {
                named.put(name, value);
            }
            return this;
        }
    }

    /**
     * @param predictions that could have a label
     */
    static Quality of(long predictions, List<Labels.Labelled> labelled) {
        if (labelled.isEmpty()) {
            return new Quality(
                    "unknown",
                    predictions,
                    0,
                    predictions == 0 ? null : 0.0,
                    0,
                    predictions == 0
                            ? "No prediction of this time has an identifier, so none can be labelled."
                            : "No label has come for the predictions of this time.",
                    Map.of());
        }
        return new Making(predictions, labelled).quality();
    }

    /** Scores of predictions and whether it was so; null where they are no scores. */
    static @Nullable ScoreHistogram histogram(List<Labels.Labelled> labelled) {
        if (labelled.isEmpty() || !Answers.yesOrNo(labels(labelled))) {
            return null;
        }
        var scores = new double[labelled.size()];
        var positive = new boolean[labelled.size()];
        int n = 0;
        for (var one : labelled) {
            var score = Answers.text(one.outputs()) == null ? Answers.number(one.outputs()) : null;
            if (score == null) {
                continue;
            }
            if (!(score >= 0 && score <= 1)) {
                return null;
            }
            scores[n] = score;
            positive[n++] = Answers.YES.contains(one.label());
        }
        return n == 0
                ? null
                : ScoreHistogram.of(Arrays.copyOf(scores, n), Arrays.copyOf(positive, n));
    }

    private static Set<String> labels(List<Labels.Labelled> labelled) {
        var labels = new TreeSet<String>();
        labelled.forEach(one -> labels.add(one.label()));
        return labels;
    }

    /** One being made. */
    private static final class Making {

        private final long predictions;
        private final List<Labels.Labelled> labelled;
        private final Set<String> labels;
        private final List<String> notes = new ArrayList<>();

        Making(long predictions, List<Labels.Labelled> labelled) {
            this.predictions = predictions;
            this.labelled = labelled;
            labels = labels(labelled);
        }

        Quality quality() {
            long silent =
                    labelled.stream()
                            .filter(
                                    one ->
                                            Answers.text(one.outputs()) == null
                                                    && Answers.number(one.outputs()) == null)
                            .count();
            if (silent > 0) {
                notes.add(
                        "%,d labelled predictions have no answer and are left out."
                                .formatted(silent));
            }
            if (labels.size() <= MOST_CLASSES) {
                var said = classes();
                if (said != null) {
                    return ofClasses(said);
                }
                var histogram = histogram(labelled);
                if (histogram != null) {
                    return ofScores(histogram);
                }
            }
            return ofNumbers();
        }

        private Quality made(String kind, Map<String, Double> figures) {
            long changed = labelled.stream().filter(one -> one.changes() > 0).count();
            if (changed > 0) {
                notes.add(
                        "%,d labels said something else before; the newest hold."
                                .formatted(changed));
            }
            return new Quality(
                    kind,
                    predictions,
                    labelled.size(),
                    predictions == 0 ? null : (double) labelled.size() / predictions,
                    changed,
                    notes.isEmpty() ? null : String.join(" ", notes),
                    figures);
        }

        /** A prediction of a class. */
        private record Said(String predicted, String actual, @Nullable Double ofActual) {}

        /** Where all answers are classes or probabilities of them; else null. */
        private @Nullable List<Said> classes() {
            var said = new ArrayList<Said>();
            for (var one : labelled) {
                var predicted = Answers.predicted(one.outputs(), labels);
                if (predicted != null) {
                    var ofActual = Answers.probabilities(one.outputs(), labels).get(one.label());
                    said.add(new Said(predicted.name(), one.label(), ofActual));
                } else if (Answers.number(one.outputs()) != null) {
                    return null;
                }
            }
            return said.isEmpty() ? null : said;
        }

        private Quality ofClasses(List<Said> said) {
            var counts = new HashMap<ConfusionMatrix.Outcome, Long>();
            for (var one : said) {
                counts.merge(
                        new ConfusionMatrix.Outcome(one.actual(), one.predicted()), 1L, Long::sum);
            }
            var matrix = ConfusionMatrix.of(counts);
            var positive =
                    labels.size() == BOTH
                            ? labels.stream().filter(Answers.YES::contains).findFirst().orElse(null)
                            : null;
            var scores = positive == null ? matrix.macro() : matrix.scores(positive);
            if (positive == null) {
                notes.add("Precision, recall and F1 are means over the classes.");
            }
            return made(
                    "classification",
                    new Figures()
                            .with("accuracy", matrix.accuracy())
                            .with("precision", scores.precision())
                            .with("recall", scores.recall())
                            .with("f1", scores.f1())
                            .with("logLoss", logLoss(said))
                            .named);
        }

        /** NaN where one has no probability. */
        private static double logLoss(List<Said> said) {
            double sum = 0;
            for (var one : said) {
                if (one.ofActual() == null) {
                    return Double.NaN;
                }
                sum -= Math.log(Math.clamp(one.ofActual(), Math.ulp(1.0), 1 - Math.ulp(1.0)));
            }
            return sum / said.size();
        }

        private Quality ofScores(ScoreHistogram histogram) {
            var counts = new HashMap<ConfusionMatrix.Outcome, Long>();
            for (var one : labelled) {
                var score = Answers.number(one.outputs());
                if (score != null) {
                    counts.merge(
                            new ConfusionMatrix.Outcome(
                                    Answers.YES.contains(one.label()) ? "1" : "0",
                                    score > Answers.HALF ? "1" : "0"),
                            1L,
                            Long::sum);
                }
            }
            var matrix = ConfusionMatrix.of(counts);
            var ones = matrix.scores("1");
            if (Double.isNaN(histogram.areaUnderCurve().value())) {
                notes.add("All labels are of one class: recall or AUROC cannot be told.");
            }
            return made(
                    "score",
                    new Figures()
                            .with("accuracy", matrix.accuracy())
                            .with("precision", ones.precision())
                            .with("recall", ones.recall())
                            .with("f1", ones.f1())
                            .with("auroc", histogram.areaUnderCurve().value())
                            .with("logLoss", histogram.logLoss())
                            .with("brier", histogram.brier())
                            .with("calibrationError", histogram.expectedCalibrationError())
                            .named);
        }

        private Quality ofNumbers() {
            var predicted = new double[labelled.size()];
            var actual = new double[labelled.size()];
            for (int i = 0; i < predicted.length; i++) {
                var said = Answers.number(labelled.get(i).outputs());
                var was = Cell.parse(labelled.get(i).label());
                predicted[i] = said == null ? Double.NaN : said;
                actual[i] = was instanceof Cell.Number(var value) ? value : Double.NaN;
            }
            var errors = RegressionErrors.of(predicted, actual);
            if (errors.n() == 0) {
                notes.clear();
                notes.add(
                        "The labels do not fit what the model answers: neither are both numbers, nor are its answers among the labels.");
                return made("unknown", Map.of());
            }
            if (errors.invalid() > 0) {
                notes.add(
                        "%,d pairs are no finite numbers and are left out."
                                .formatted(errors.invalid()));
            }
            return made(
                    "regression",
                    new Figures()
                            .with("mae", errors.mae())
                            .with("rmse", errors.rmse())
                            .with("mape", errors.mape())
                            .with("r2", errors.r2())
                            .with("bias", errors.error().mean())
                            .named);
        }
    }
}
