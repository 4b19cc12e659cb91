package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A guide among rising numbers")
class GuideTest {

    private final Random random = new Random(11);

    /** Numbers between, on and beside those of the array. */
    private static void check(double... rising) {
        var guide = new Guide(rising);
        var asked =
                DoubleStream.concat(
                                Arrays.stream(rising)
                                        .flatMap(
                                                one ->
                                                        DoubleStream.of(
                                                                one,
                                                                Math.nextUp(one),
                                                                Math.nextDown(one),
                                                                one / 3,
                                                                one * 3)),
                                DoubleStream.of(
                                        0,
                                        -0.0,
                                        Double.MAX_VALUE,
                                        -Double.MAX_VALUE,
                                        Double.MIN_VALUE,
                                        1e-300))
                        .filter(Double::isFinite)
                        .toArray();
        for (double value : asked) {
            int first = 0;
            while (first < rising.length && rising[first] < value) {
                first++;
            }
            assertThat(guide.firstFrom(value))
                    .as("%s in %s", value, Arrays.toString(rising))
                    .isEqualTo(first);
            assertThat(NumericBinning.firstFrom(rising, value)).isEqualTo(first);
        }
    }

    @Test
    void finds_what_counting_from_the_first_finds() {
        List<DoubleSupplier> kinds =
                List.of(
                        random::nextGaussian,
                        () -> Math.exp(3 * random.nextGaussian()),
                        () -> random.nextInt(40),
                        () -> Math.pow(10, random.nextInt(-300, 300)) * random.nextGaussian(),
                        () -> 1e15 + random.nextInt(100));
        for (var kind : kinds) {
            for (int size : new int[] {1, 2, 7, 50, 100}) {
                check(DoubleStream.generate(kind).limit(size).sorted().distinct().toArray());
            }
        }
    }

    @Test
    void takes_any_numbers() {
        check();
        check(0);
        check(-0.0, Double.MIN_VALUE);
        check(-Double.MAX_VALUE, 0, Double.MAX_VALUE);
        check(-Double.MAX_VALUE, Double.MAX_VALUE);
        check(1, Math.nextUp(1.0));
        // Rounding made one of two.
        check(0.1f, 0.1f, 0.2f);
    }
}
