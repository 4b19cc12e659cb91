package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Quality")
class QualityTest {

    private static final JsonNode CLASSES = Expected.of("classification");
    private static final JsonNode NUMBERS = Expected.of("regression");

    private static void near(double found, JsonNode expected) {
        double value = expected.doubleValue();
        assertThat(found).isCloseTo(value, within(1e-11 * (1 + Math.abs(value))));
    }

    private static void near(ConfusionMatrix.Scores found, JsonNode expected) {
        near(found.precision(), expected.get("precision"));
        near(found.recall(), expected.get("recall"));
        near(found.f1(), expected.get("f1"));
    }

    private static ConfusionMatrix matrix(int from, int to) {
        var counts = new HashMap<ConfusionMatrix.Outcome, Long>();
        for (int i = from; i < to; i++) {
            var actual = CLASSES.get("actual").get(i).asText();
            var predicted = CLASSES.get("predicted").get(i).asText();
            counts.merge(new ConfusionMatrix.Outcome(actual, predicted), 1L, Long::sum);
        }
        return ConfusionMatrix.of(counts);
    }

    @Test
    void of_classes_is_that_of_scikit_learn() {
        var matrix = matrix(0, 300);
        near(matrix.accuracy(), CLASSES.get("accuracy"));
        near(matrix.macro(), CLASSES.get("macro"));
        near(matrix.weighted(), CLASSES.get("weighted"));
        near(matrix.scores("dog"), CLASSES.get("dog"));
        assertThat(matrix.classes()).containsExactly("cat", "dog", "eel", "fox");
        assertThat(matrix.scores("fox").support()).isZero();
        assertThat(matrix.scores("fox").recall()).isNaN();
        assertThat(matrix.scores("hen").f1()).isNaN();
    }

    @Test
    void of_classes_adds_up_and_comes_back_from_its_bytes() {
        var parts = matrix(200, 300).plus(matrix(0, 50)).plus(matrix(50, 200));
        assertThat(parts).isEqualTo(matrix(0, 300));
        assertThat(ConfusionMatrix.of(parts.bytes())).isEqualTo(parts);
        assertThat(ConfusionMatrix.NONE.plus(parts)).isEqualTo(parts);
        assertThat(ConfusionMatrix.of(ConfusionMatrix.NONE.bytes()))
                .isEqualTo(ConfusionMatrix.NONE);
        assertThat(ConfusionMatrix.NONE.accuracy()).isNaN();
        assertThat(ConfusionMatrix.NONE.macro().f1()).isNaN();
    }

    private static ScoreHistogram histogram(int from, int to) {
        return ScoreHistogram.of(
                Arrays.copyOfRange(Expected.numbers(CLASSES.get("scores")), from, to),
                Arrays.copyOfRange(Expected.flags(CLASSES.get("positive")), from, to));
    }

    @Test
    void of_scores_is_that_of_scikit_learn() {
        var histogram = histogram(0, 500);
        near(histogram.logLoss(), CLASSES.get("logLoss"));
        near(histogram.brier(), CLASSES.get("brier"));
        near(histogram.expectedCalibrationError(), CLASSES.get("ece"));
        var bins = histogram.calibration();
        for (int i = 0; i < bins.size(); i++) {
            var expected = CLASSES.get("calibration").get(i);
            assertThat(bins.get(i).n()).isEqualTo(expected.get("n").longValue());
            near(bins.get(i).meanScore(), expected.get("meanScore"));
            near(bins.get(i).positiveShare(), expected.get("positiveShare"));
        }
        var scores = Expected.numbers(CLASSES.get("scores"));
        var positive = Expected.flags(CLASSES.get("positive"));
        near(AreaUnderCurve.ofRows(scores, positive).value(), CLASSES.get("areaUnderCurve"));
    }

    /**
     * The scores have two decimals: no bin holds two of them, so all that tie do so in the rows.
     */
    @Test
    void of_tied_scores_is_exact_from_bins() {
        near(histogram(0, 500).areaUnderCurve().value(), CLASSES.get("areaUnderCurve"));
    }

    @Test
    void of_scores_from_bins_is_within_its_stated_error() {
        var random = new Random(3);
        for (int run = 0; run < 20; run++) {
            var scores = random.doubles(2000).map(one -> Math.pow(one, 6)).toArray();
            var positive = new boolean[2000];
            for (int i = 0; i < positive.length; i++) {
                positive[i] = random.nextDouble() < 0.2 + 0.5 * scores[i];
            }
            double exact = AreaUnderCurve.ofRows(scores, positive).value();
            var binned = ScoreHistogram.of(scores, positive).areaUnderCurve();
            assertThat(binned.value()).isCloseTo(exact, within(binned.error()));
            assertThat(binned.error()).isBetween(1e-5, 0.1);
        }
    }

    @Test
    void of_scores_adds_up_in_any_order_and_comes_back_from_its_bytes() {
        var parts = new ArrayList<ScoreHistogram>();
        for (int from = 0; from < 500; from += 25) {
            parts.add(histogram(from, from + 25));
        }
        Collections.shuffle(parts, new Random(4));
        var all = parts.stream().reduce(ScoreHistogram.NONE, ScoreHistogram::plus);
        assertThat(all.positives()).containsExactly(histogram(0, 500).positives());
        assertThat(all.negatives()).containsExactly(histogram(0, 500).negatives());
        near(all.logLoss(), CLASSES.get("logLoss"));
        near(all.brier(), CLASSES.get("brier"));
        near(all.expectedCalibrationError(), CLASSES.get("ece"));
        assertThat(ScoreHistogram.of(all.bytes())).isEqualTo(all);
    }

    @Test
    void of_certain_scores_that_were_wrong_has_a_clipped_loss() {
        var wrong = ScoreHistogram.of(new double[] {0, 1}, new boolean[] {true, false});
        assertThat(wrong.logLoss()).isCloseTo(52 * Math.log(2), within(1e-9));
        assertThat(wrong.brier()).isEqualTo(1);
        assertThat(wrong.expectedCalibrationError()).isEqualTo(1);
        assertThat(wrong.areaUnderCurve().value()).isZero();
    }

    @Test
    void sets_scores_aside_that_are_no_probabilities() {
        var scores = new double[] {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY, 0.5};
        var histogram = ScoreHistogram.of(scores, new boolean[5]);
        assertThat(histogram.invalid()).isEqualTo(4);
        assertThat(histogram.n()).isEqualTo(1);
        assertThat(histogram.areaUnderCurve().value()).isNaN();
        assertThat(ScoreHistogram.NONE.logLoss()).isNaN();
        assertThat(ScoreHistogram.NONE.expectedCalibrationError()).isNaN();
    }

    @Test
    void puts_each_bound_of_a_bin_into_the_bin_below() {
        for (int i = 1; i < 1000; i++) {
            double bound = i / 1000.0;
            assertThat(ScoreHistogram.bin(bound)).isEqualTo(i - 1);
            assertThat(ScoreHistogram.bin(Math.nextUp(bound))).isEqualTo(i);
        }
        assertThat(ScoreHistogram.bin(0)).isZero();
        assertThat(ScoreHistogram.bin(1)).isEqualTo(999);
    }

    @Test
    void of_scores_weighs_counts_near_the_end_of_integers_in_doubles() {
        long many = 1L << 53;
        var area = AreaUnderCurve.ofBins(new long[] {many, 0, many}, new long[] {many, many, 0});
        assertThat(area).isEqualTo(new AreaUnderCurve(0.625, 0.125));
    }

    private static RegressionErrors errors(int from, int to) {
        return RegressionErrors.of(
                Arrays.copyOfRange(Expected.numbers(NUMBERS.get("predicted")), from, to),
                Arrays.copyOfRange(Expected.numbers(NUMBERS.get("actual")), from, to));
    }

    private static void expected(RegressionErrors errors) {
        near(errors.mae(), NUMBERS.get("mae"));
        near(errors.rmse(), NUMBERS.get("rmse"));
        near(errors.mape(), NUMBERS.get("mape"));
        near(errors.r2(), NUMBERS.get("r2"));
        assertThat(errors.zeros()).isEqualTo(2);
    }

    @Test
    void of_numbers_is_that_of_scikit_learn_also_from_parts() {
        expected(errors(0, 250));
        var parts = errors(100, 250).plus(errors(3, 100)).plus(errors(0, 3));
        expected(parts);
        assertThat(RegressionErrors.of(parts.bytes())).isEqualTo(parts);
    }

    @Test
    void of_numbers_says_what_it_cannot() {
        assertThat(RegressionErrors.NONE.mae()).isNaN();
        assertThat(RegressionErrors.NONE.rmse()).isNaN();
        assertThat(RegressionErrors.NONE.mape()).isNaN();
        assertThat(RegressionErrors.NONE.r2()).isNaN();
        var constant = RegressionErrors.of(new double[] {1, 2}, new double[] {0, 0});
        assertThat(constant.r2()).isNaN();
        assertThat(constant.mape()).isNaN();
        assertThat(constant.zeros()).isEqualTo(2);
        var odd =
                RegressionErrors.of(
                        new double[] {Double.NaN, 1e308, 1, 3},
                        new double[] {1, -1e308, Double.NEGATIVE_INFINITY, Double.MIN_VALUE});
        assertThat(odd.invalid()).isEqualTo(3);
        assertThat(odd.zeros()).isEqualTo(1);
        assertThat(odd.mae()).isEqualTo(3);
    }

    @Test
    void is_not_read_from_bytes_that_are_none() {
        var whole =
                Map.of(
                        "matrix", matrix(0, 300).bytes(),
                        "histogram", histogram(0, 500).bytes(),
                        "errors", errors(0, 250).bytes());
        for (int less = 1; less < 20; less++) {
            var matrix = cut(whole.get("matrix"), less);
            var histogram = cut(whole.get("histogram"), less);
            var errors = cut(whole.get("errors"), less);
            assertThatThrownBy(() -> ConfusionMatrix.of(matrix))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> ScoreHistogram.of(histogram))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RegressionErrors.of(errors))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static byte[] cut(byte[] bytes, int less) {
        return Arrays.copyOf(bytes, bytes.length - less);
    }
}
