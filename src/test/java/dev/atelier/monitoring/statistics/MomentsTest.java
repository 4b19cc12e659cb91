package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("Moments")
class MomentsTest {

    private static final double LARGEST = Double.MAX_VALUE;

    @TestFactory
    Stream<DynamicTest> are_those_of_exact_fractions() {
        return Expected.each(Expected.of("moments"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("name").asText(),
                                        () -> {
                                            var values = Expected.numbers(one.get("values"));
                                            var moments = Moments.of(values);
                                            near(moments, one);
                                            assertThat(moments.n()).isEqualTo(values.length);
                                            assertThat(moments.min())
                                                    .isEqualTo(
                                                            Arrays.stream(values)
                                                                    .min()
                                                                    .orElseThrow());
                                            assertThat(moments.max())
                                                    .isEqualTo(
                                                            Arrays.stream(values)
                                                                    .max()
                                                                    .orElseThrow());
                                        }));
    }

    @TestFactory
    Stream<DynamicTest> of_parts_add_up_in_any_order() {
        return Expected.each(Expected.of("moments"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("name").asText(),
                                        () ->
                                                near(
                                                        parts(Expected.numbers(one.get("values"))),
                                                        one)));
    }

    private static Moments parts(double[] values) {
        var random = new Random(values.length);
        var parts = new ArrayList<Moments>();
        for (int from = 0; from < values.length; ) {
            int to = Math.min(values.length, from + random.nextInt(20));
            parts.add(Moments.of(Arrays.copyOfRange(values, from, to)));
            from = to;
        }
        Collections.shuffle(parts, random);
        while (parts.size() > 1) {
            parts.add(parts.removeFirst().plus(parts.removeFirst()));
        }
        return parts.getFirst();
    }

    private static void near(Moments found, JsonNode expected) {
        double m2 = expected.get("m2").doubleValue();
        double largest = Math.max(Math.abs(found.min()), Math.abs(found.max()));
        assertThat(found.mean())
                .isCloseTo(expected.get("mean").doubleValue(), within(1e-14 * largest));
        double lost = 1e-15 * largest * Math.sqrt(found.n()) * Math.sqrt(m2);
        assertThat(found.m2()).isCloseTo(m2, within(1e-12 * m2 + 10 * lost));
    }

    @Test
    void of_nothing_change_nothing() {
        var some = Moments.of(new double[] {1, 2, 4});
        assertThat(some.plus(Moments.NONE)).isEqualTo(some);
        assertThat(Moments.NONE.plus(some)).isEqualTo(some);
        assertThat(Moments.of(new double[0])).isEqualTo(Moments.NONE);
        assertThat(Moments.NONE.standardDeviation()).isZero();
    }

    @Test
    void keep_a_mean_where_differences_exceed_a_double() {
        var low = Moments.of(-LARGEST);
        var high = Moments.of(LARGEST);
        assertThat(low.plus(high).mean()).isZero();
        assertThat(low.plus(high).m2()).isInfinite();
        assertThat(low.plus(high).plus(high).mean()).isCloseTo(LARGEST / 3, within(1e294));
        assertThat(Moments.of(new double[] {-LARGEST, LARGEST, LARGEST}).mean())
                .isCloseTo(LARGEST / 3, within(1e294));
    }

    @Test
    void of_subnormal_numbers_are_theirs() {
        var moments = Moments.of(new double[] {Double.MIN_VALUE, Double.MIN_VALUE});
        assertThat(moments.mean()).isEqualTo(Double.MIN_VALUE);
        assertThat(moments.m2()).isZero();
    }

    @Test
    void weigh_counts_near_the_end_of_integers_in_doubles() {
        long many = 1L << 53;
        var all = new Moments(many, 1, many, 0, 2).plus(new Moments(many, 3, many, 2, 4));
        assertThat(all).isEqualTo(new Moments(2 * many, 2, 4.0 * many, 0, 4));
    }
}
