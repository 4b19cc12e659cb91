package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("A distance")
class DistancesTest {

    @TestFactory
    Stream<DynamicTest> is_that_of_scipy_and_evidently() {
        return Expected.each(Expected.of("distances"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("name").asText(),
                                        () -> {
                                            var p = Expected.counts(one.get("reference"));
                                            var q = Expected.counts(one.get("now"));
                                            near(Distances.psi(p, q), one.get("psi").doubleValue());
                                            near(
                                                    Distances.jensenShannon(p, q),
                                                    one.get("jensenShannon").doubleValue());
                                            near(
                                                    Distances.hellinger(p, q),
                                                    one.get("hellinger").doubleValue());
                                            near(
                                                    Distances.lInfinity(p, q),
                                                    one.get("lInfinity").doubleValue());
                                        }));
    }

    private static void near(double found, double expected) {
        assertThat(found).isCloseTo(expected, within(1e-12 + 1e-12 * Math.abs(expected)));
    }

    private static Stream<ToDoubleBiFunction<long[], long[]>> all() {
        return Stream.of(
                Distances::psi,
                Distances::jensenShannon,
                Distances::hellinger,
                Distances::lInfinity);
    }

    @RepeatedTest(50)
    void is_symmetric_and_none_to_itself(RepetitionInfo run) {
        var random = new Random(run.getCurrentRepetition());
        int cells = 2 + random.nextInt(30);
        var p = random.longs(cells, 0, 50).toArray();
        var q = random.longs(cells, 0, 500).toArray();
        p[0] = 1;
        q[1] = 1;
        var tenfold = Arrays.stream(p).map(count -> 10 * count).toArray();
        all().forEach(
                        distance -> {
                            double apart = distance.applyAsDouble(p, q);
                            assertThat(apart).isPositive().isFinite();
                            assertThat(distance.applyAsDouble(q, p))
                                    .isCloseTo(apart, within(1e-12));
                            // The root of a rounding error.
                            assertThat(distance.applyAsDouble(p, tenfold))
                                    .isCloseTo(0, within(1e-7));
                        });
        assertThat(Distances.jensenShannon(p, q)).isLessThanOrEqualTo(1);
        assertThat(Distances.hellinger(p, q)).isLessThanOrEqualTo(1);
        assertThat(Distances.lInfinity(p, q)).isLessThanOrEqualTo(1);
    }

    @TestFactory
    Stream<DynamicTest> of_kolmogorov_and_smirnov_is_that_of_the_rows_within_its_bound() {
        return Expected.each(Expected.of("bins"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("name").asText(),
                                        () -> {
                                            var reference =
                                                    Reference.numeric(
                                                            "x",
                                                            Expected.numbers(one.get("reference")),
                                                            0,
                                                            0);
                                            var tally = new Tally(reference.binning());
                                            for (double value : Expected.numbers(one.get("now"))) {
                                                tally.add(value);
                                            }
                                            var found =
                                                    Comparison.of(reference, tally.counts())
                                                            .orElseThrow();
                                            double exact = one.get("ks").doubleValue();
                                            assertThat(found.ks()).isNotNull();
                                            assertThat(found.ks().distance())
                                                    .isBetween(
                                                            exact - found.ks().error(),
                                                            exact + 1e-15);
                                            assertThat(found.meanShift())
                                                    .isCloseTo(
                                                            one.get("meanShift").doubleValue(),
                                                            within(1e-12));
                                        }));
    }

    @RepeatedTest(20)
    void of_kolmogorov_and_smirnov_is_within_0002_at_ten_thousand_rows(RepetitionInfo run) {
        var random = new Random(run.getCurrentRepetition());
        var before = random.doubles(10_000).map(_ -> random.nextGaussian()).toArray();
        var since = random.doubles(10_000).map(_ -> 0.1 + random.nextGaussian()).toArray();
        var reference = Reference.numeric("x", before, 0, 0);
        var tally = new Tally(reference.binning());
        for (double value : since) {
            tally.add(value);
        }
        var found = Comparison.of(reference, tally.counts()).orElseThrow().ks();
        assertThat(found).isNotNull();
        double exact = kolmogorovSmirnov(before, since);
        assertThat(found.distance()).isBetween(exact - 0.002, exact + 1e-12);
    }

    private static double kolmogorovSmirnov(double[] some, double[] others) {
        Arrays.sort(some);
        Arrays.sort(others);
        int i = 0;
        int j = 0;
        double largest = 0;
        while (i < some.length && j < others.length) {
            if (some[i] <= others[j]) {
                i++;
            } else {
                j++;
            }
            largest =
                    Math.max(
                            largest,
                            Math.abs((double) i / some.length - (double) j / others.length));
        }
        return largest;
    }

    @Test
    void of_kolmogorov_and_smirnov_is_exact_where_each_number_has_a_cell() {
        var reference =
                new Reference(
                        "x",
                        new DistinctValues(new double[] {1, 2}),
                        new Counts(0, 0, 0, new long[] {0, 50, 0, 50, 0}, Moments.NONE));
        var now = new Counts(0, 0, 0, new long[] {0, 80, 0, 20, 0}, Moments.NONE);
        var found = Comparison.of(reference, now).orElseThrow().ks();
        assertThat(found).isNotNull();
        assertThat(found.distance()).isCloseTo(0.3, within(1e-15));
        assertThat(found.error()).isZero();
    }

    @Test
    void of_means_is_in_standard_deviations_of_the_reference() {
        var reference = Moments.of(new double[] {2, 4});
        assertThat(Distances.meanShift(reference, Moments.of(5))).isEqualTo(2);
        assertThat(Distances.meanShift(reference, Moments.of(2.5))).isEqualTo(-0.5);
        assertThat(Distances.meanShift(Moments.of(3), Moments.of(3))).isZero();
        assertThat(Distances.meanShift(Moments.of(3), Moments.of(2))).isNegative().isInfinite();
        var huge = Moments.of(new double[] {-1e308, 1e308});
        assertThat(Distances.meanShift(huge, Moments.of(1))).isZero();
    }
}
