package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("An estimate without labels")
class CbpeTest {

    private static final JsonNode EXPECTED = Expected.of("estimation");

    private static final Map<String, Function<Cbpe, Estimate>> FIGURES =
            Map.of(
                    "accuracy", Cbpe::accuracy,
                    "precision", Cbpe::precision,
                    "recall", Cbpe::recall,
                    "specificity", Cbpe::specificity,
                    "f1", Cbpe::f1,
                    "areaUnderCurve", Cbpe::areaUnderCurve);

    private static Cbpe cbpe(int from, int to) {
        return Cbpe.of(
                IsotonicCalibration.IDENTITY,
                Arrays.copyOfRange(Expected.numbers(EXPECTED.get("scores")), from, to),
                Arrays.copyOfRange(Expected.flags(EXPECTED.get("predicted")), from, to));
    }

    @TestFactory
    Stream<DynamicTest> has_the_value_of_nannyml_and_the_spread_of_simulated_labels() {
        return FIGURES.entrySet().stream()
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.getKey(),
                                        () -> {
                                            var found = one.getValue().apply(cbpe(0, 400));
                                            var expected =
                                                    EXPECTED.get("figures").get(one.getKey());
                                            boolean rounded = one.getKey().equals("areaUnderCurve");
                                            assertThat(found.value())
                                                    .isCloseTo(
                                                            expected.get("value").doubleValue(),
                                                            within(rounded ? 1e-3 : 1e-12));
                                            double spread =
                                                    expected.get("standardError").doubleValue();
                                            assertThat(found.standardError())
                                                    .isCloseTo(spread, within(0.03 * spread));
                                        }));
    }

    @Test
    void adds_up_and_comes_back_from_its_bytes() {
        var whole = cbpe(0, 400);
        var parts = cbpe(300, 400).plus(cbpe(0, 10)).plus(cbpe(10, 300)).plus(Cbpe.NONE);
        assertThat(parts.grid()).containsExactly(whole.grid());
        for (var figure : FIGURES.values()) {
            assertThat(figure.apply(parts).value())
                    .isCloseTo(figure.apply(whole).value(), within(1e-12));
            assertThat(figure.apply(parts).standardError())
                    .isCloseTo(figure.apply(whole).standardError(), within(1e-12));
        }
        assertThat(Cbpe.of(parts.bytes())).isEqualTo(parts);
        var bytes = parts.bytes();
        assertThatThrownBy(() -> Cbpe.of(Arrays.copyOf(bytes, bytes.length - 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void has_a_band_that_the_figures_of_labels_lie_in() {
        var random = new Random(8);
        int outside = 0;
        for (int run = 0; run < 500; run++) {
            var scores = random.doubles(300).toArray();
            var predicted = new boolean[300];
            int right = 0;
            for (int i = 0; i < 300; i++) {
                predicted[i] = scores[i] > 0.5;
                right += random.nextDouble() < scores[i] == predicted[i] ? 1 : 0;
            }
            var accuracy = Cbpe.of(IsotonicCalibration.IDENTITY, scores, predicted).accuracy();
            double realised = right / 300.0;
            outside += realised < accuracy.low() || realised > accuracy.high() ? 1 : 0;
        }
        // 0.27 % of 500 are 1.35.
        assertThat(outside).isLessThan(8);
    }

    @Test
    void of_certain_rows_has_no_spread_and_keeps_its_band_within_0_and_1() {
        var sure =
                Cbpe.of(
                        IsotonicCalibration.IDENTITY,
                        new double[] {0, 1, 1},
                        new boolean[] {false, true, true});
        for (var figure : FIGURES.values()) {
            assertThat(figure.apply(sure)).isEqualTo(new Estimate(1, 0));
        }
        assertThat(new Estimate(0.99, 0.1).high()).isEqualTo(1);
        assertThat(new Estimate(0.01, 0.1).low()).isZero();
    }

    @Test
    void of_nothing_or_of_scores_that_are_none_is_undefined() {
        var scores = new double[] {Double.NaN, -1, 2};
        var none = Cbpe.of(IsotonicCalibration.IDENTITY, scores, new boolean[3]);
        assertThat(none.invalid()).isEqualTo(3);
        for (var figure : FIGURES.values()) {
            assertThat(figure.apply(none).value()).isNaN();
        }
    }

    @Test
    void of_many_classes_is_the_share_of_what_is_likely_right() {
        var hits =
                Stream.of(0.9, 0.6, 0.3)
                        .map(ExpectedHits::of)
                        .reduce(ExpectedHits.NONE, ExpectedHits::plus);
        assertThat(hits.share().value()).isCloseTo(0.6, within(1e-15));
        assertThat(hits.share().standardError())
                .isCloseTo(Math.sqrt(0.09 + 0.24 + 0.21) / 3, within(1e-15));
    }

    @Test
    void is_calibrated_as_scikit_learn_does() {
        var expected = EXPECTED.get("isotonic");
        var curve =
                IsotonicCalibration.fit(
                        Expected.numbers(expected.get("scores")),
                        Expected.flags(expected.get("positive")));
        var found =
                Arrays.stream(Expected.numbers(expected.get("asked")))
                        .map(curve::probability)
                        .toArray();
        assertThat(found)
                .containsExactly(Expected.numbers(expected.get("probabilities")), within(1e-9));
    }

    @Test
    void is_calibrated_only_where_that_helps() {
        var random = new Random(2);
        var scores = random.doubles(4000).toArray();
        var honest = new boolean[scores.length];
        var boastful = new boolean[scores.length];
        for (int i = 0; i < scores.length; i++) {
            honest[i] = random.nextDouble() < scores[i];
            boastful[i] = random.nextDouble() < scores[i] * scores[i];
        }
        var curve = IsotonicCalibration.ifBetter(scores, boastful);
        assertThat(curve.probability(0.5)).isCloseTo(0.25, within(0.06));
        assertThat(IsotonicCalibration.ifBetter(scores, new boolean[scores.length]))
                .isEqualTo(IsotonicCalibration.IDENTITY);
        assertThat(IsotonicCalibration.ifBetter(new double[0], new boolean[0]))
                .isEqualTo(IsotonicCalibration.IDENTITY);
        var kept = IsotonicCalibration.ifBetter(scores, honest);
        assertThat(kept.probability(0.5)).isCloseTo(0.5, within(0.06));
        assertThatThrownBy(() -> IsotonicCalibration.fit(new double[0], new boolean[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
