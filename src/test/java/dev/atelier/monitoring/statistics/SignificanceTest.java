package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("Significance")
class SignificanceTest {

    private static void near(double found, JsonNode expected) {
        double value = expected.doubleValue();
        assertThat(found).isCloseTo(value, within(1e-8 * Math.abs(value) + 1e-15));
    }

    @TestFactory
    Stream<DynamicTest> by_chi_square_is_that_of_scipy_after_pooling() {
        return Expected.each(Expected.of("chiSquares"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("name").asText(),
                                        () -> {
                                            var reference = Expected.counts(one.get("reference"));
                                            var now = Expected.counts(one.get("now"));
                                            var found = ChiSquare.of(reference, now);
                                            near(found.statistic(), one.get("statistic"));
                                            near(found.pValue(), one.get("pValue"));
                                            assertThat(found.degrees())
                                                    .isEqualTo(one.get("degrees").intValue());
                                            near(
                                                    ChiSquare.of(now, reference).statistic(),
                                                    one.get("statistic"));
                                        }));
    }

    @Test
    void by_chi_square_of_one_cell_or_of_few_rows_tells_nothing() {
        var nothing = new ChiSquare(0, 0, 1);
        assertThat(ChiSquare.of(new long[] {40}, new long[] {3})).isEqualTo(nothing);
        assertThat(ChiSquare.of(new long[] {3, 2}, new long[] {0, 4})).isEqualTo(nothing);
        assertThat(ChiSquare.of(new long[] {0, 90}, new long[] {0, 4000})).isEqualTo(nothing);
    }

    @TestFactory
    Stream<DynamicTest> of_a_kolmogorov_smirnov_distance_is_kolmogorovs_limit() {
        return Expected.each(Expected.of("significance").get("kolmogorov"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("lambda").asText(),
                                        () -> {
                                            double lambda = one.get("lambda").doubleValue();
                                            near(KolmogorovSmirnov.survival(lambda), one.get("p"));
                                            // n0 = n = 200: the root is ten.
                                            near(
                                                    KolmogorovSmirnov.pValue(lambda / 10, 200, 200),
                                                    one.get("p"));
                                        }));
    }

    @Test
    void of_no_distance_is_none() {
        assertThat(KolmogorovSmirnov.pValue(0, 5, 7)).isEqualTo(1);
        assertThat(KolmogorovSmirnov.pValue(1, 1L << 53, 1L << 53)).isZero();
    }

    @TestFactory
    Stream<DynamicTest> of_a_stability_index_is_that_of_its_noise() {
        return Expected.each(Expected.of("significance").get("psi"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.toString(),
                                        () -> {
                                            int groups = one.get("groups").intValue();
                                            long n0 = one.get("n0").longValue();
                                            long n = one.get("n").longValue();
                                            near(
                                                    Significance.psiPValue(
                                                            one.get("psi").doubleValue(),
                                                            groups,
                                                            n0,
                                                            n),
                                                    one.get("p"));
                                            near(
                                                    Significance.psiQuantile(0.001, groups, n0, n),
                                                    one.get("quantile"));
                                        }));
    }

    @Test
    void of_a_stability_index_of_one_group_is_none() {
        assertThat(Significance.psiPValue(0, 1, 10, 10)).isEqualTo(1);
        assertThat(Significance.psiQuantile(0.001, 1, 10, 10)).isZero();
    }

    @TestFactory
    Stream<DynamicTest> of_two_shares_is_that_of_their_table() {
        return Expected.each(Expected.of("significance").get("proportions"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.toString(),
                                        () ->
                                                near(
                                                        Significance.proportionsPValue(
                                                                one.get("first").longValue(),
                                                                one.get("of").longValue(),
                                                                one.get("second").longValue(),
                                                                one.get("ofSecond").longValue()),
                                                        one.get("p"))));
    }

    @Test
    void of_many_questions_is_adjusted_as_scipy_does() {
        var expected = Expected.of("significance").get("benjaminiHochberg");
        var adjusted = Significance.benjaminiHochberg(Expected.numbers(expected.get("pValues")));
        assertThat(adjusted)
                .containsExactly(Expected.numbers(expected.get("adjusted")), within(1e-12));
        assertThat(Significance.benjaminiHochberg(new double[0])).isEmpty();
    }
}
