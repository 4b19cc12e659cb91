package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.monitoring.statistics.IsotonicCalibration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How likely a model's answers are right, learned from predictions whose truth is known. Stored as
 * JSON beside the reference.
 *
 * @param kind what it reads
 * @param output member of the answers that is the score; null of classes
 * @param classes that labels name
 * @param rows it was learned from
 * @param scores, probabilities points of the curve; see {@link IsotonicCalibration}
 * @param fault why there is none, as a sentence; null when there is one
 */
@SuppressWarnings("ArrayRecordComponent") // never handed out to be changed
@JsonInclude(JsonInclude.Include.NON_NULL)
record Calibration(
        Kind kind,
        @Nullable String output,
        Set<String> classes,
        long rows,
        double[] scores,
        double[] probabilities,
        @Nullable String fault) {

    /** What is calibrated. */
    enum Kind {
        /** A number from 0 to 1: how likely the label is 1. */
        SCORE,
        /** The probability of the class that is predicted: how likely it is right. */
        CLASS,
        /** Nothing can be. */
        NONE
    }

    /** With fewer, the curve says more of chance than of the model. */
    static final int LEAST_ROWS = 100;

    /** Of each of two classes. */
    static final int LEAST_OF_CLASS = 10;

    static final String NUMBERS =
            "The labels are numbers. Errors of such estimates cannot be told from the answers alone; see whether inputs and outputs have moved.";

    private static Calibration none(String fault) {
        return new Calibration(Kind.NONE, null, Set.of(), 0, new double[0], new double[0], fault);
    }

    /** One answer. */
    record Scored(double score, boolean predicted) {}

    /**
     * @param rows answers and what was true
     */
    static Calibration of(List<Labels.Labelled> rows) {
        if (rows.size() < LEAST_ROWS) {
            return none(
                    "There are %,d labelled rows; a calibration needs %,d."
                            .formatted(rows.size(), LEAST_ROWS));
        }
        var labels = new TreeSet<String>();
        rows.forEach(one -> labels.add(one.label()));
        if (rows.stream().anyMatch(one -> Answers.text(one.outputs()) != null)
                || rows.stream()
                        .anyMatch(one -> !Answers.probabilities(one.outputs(), labels).isEmpty())) {
            return ofClasses(rows, labels);
        }
        if (Answers.yesOrNo(labels)) {
            return ofScores(rows, labels);
        }
        boolean numbers = labels.stream().allMatch(one -> Cell.parse(one) instanceof Cell.Number);
        return none(
                numbers
                        ? NUMBERS
                        : "The answers are numbers and the labels are not: which number belongs to which label cannot be told.");
    }

    private static Calibration ofScores(List<Labels.Labelled> rows, Set<String> labels) {
        var outputs = numbers(rows);
        if (outputs.size() != 1) {
            return none(
                    outputs.isEmpty()
                            ? "No column of the reference is known to be the model's score. Name it by outputs."
                            : "Which of the numbers is the score cannot be told: %s."
                                    .formatted(String.join(", ", outputs)));
        }
        var output = outputs.iterator().next();
        var scores = new double[rows.size()];
        var positive = new boolean[rows.size()];
        int n = 0;
        int positives = 0;
        for (var one : rows) {
            var value = one.outputs().path(output);
            if (!value.isNumber()) {
                continue;
            }
            double score = value.doubleValue();
            if (!(score >= 0 && score <= 1)) {
                return none(
                        "The answer %s goes beyond 0 to 1, so it is no probability: %s."
                                .formatted(output, score));
            }
            scores[n] = score;
            positive[n] = Answers.YES.contains(one.label());
            positives += positive[n++] ? 1 : 0;
        }
        if (Math.min(positives, n - positives) < LEAST_OF_CLASS) {
            return none(
                    "Of %,d labelled rows, %,d are 1; a calibration needs %d of each class."
                            .formatted(n, positives, LEAST_OF_CLASS));
        }
        return made(Kind.SCORE, output, labels, n, scores, positive);
    }

    private static Calibration ofClasses(List<Labels.Labelled> rows, Set<String> labels) {
        var scores = new double[rows.size()];
        var right = new boolean[rows.size()];
        int n = 0;
        for (var one : rows) {
            var predicted = Answers.predicted(one.outputs(), labels);
            var probability = predicted == null ? null : predicted.probability();
            if (predicted != null && probability != null && probability >= 0 && probability <= 1) {
                scores[n] = probability;
                right[n++] = predicted.name().equals(one.label());
            }
        }
        if (n < LEAST_ROWS) {
            return none(
                    "The answers name classes without their probabilities, by the names of the labels.");
        }
        return made(Kind.CLASS, null, labels, n, scores, right);
    }

    private static Calibration made(
            Kind kind,
            @Nullable String output,
            Set<String> labels,
            int n,
            double[] scores,
            boolean[] positive) {
        var curve =
                IsotonicCalibration.ifBetter(Arrays.copyOf(scores, n), Arrays.copyOf(positive, n));
        return new Calibration(
                kind, output, labels, n, curve.scores(), curve.probabilities(), null);
    }

    private static Set<String> numbers(List<Labels.Labelled> rows) {
        var numbers = new TreeSet<String>();
        for (var one : rows) {
            one.outputs()
                    .properties()
                    .forEach(
                            member -> {
                                if (member.getValue().isNumber()) {
                                    numbers.add(member.getKey());
                                }
                            });
        }
        return numbers;
    }

    @JsonIgnore
    IsotonicCalibration curve() {
        return new IsotonicCalibration(scores, probabilities);
    }

    /**
     * What it reads of an answer of named classes: NaN where that is not there.
     *
     * @param outputs JSON object
     */
    Scored read(JsonNode outputs) {
        var predicted = Answers.predicted(outputs, classes);
        var probability = predicted == null ? null : predicted.probability();
        return new Scored(probability == null ? Double.NaN : probability, true);
    }

    /** A score that was read. */
    static Scored scored(double score) {
        return new Scored(score, score > Answers.HALF);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Calibration that
                && kind == that.kind
                && Objects.equals(output, that.output)
                && classes.equals(that.classes)
                && rows == that.rows
                && curve().equals(that.curve())
                && Objects.equals(fault, that.fault);
    }

    @Override
    public int hashCode() {
        return curve().hashCode();
    }
}
