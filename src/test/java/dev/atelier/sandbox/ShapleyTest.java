package dev.atelier.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A Shapley explanation")
class ShapleyTest {

    private static final Shapley.Limits GENEROUS = new Shapley.Limits(2_000_000, Long.MAX_VALUE);

    @Test
    void of_a_linear_model_is_weight_times_distance_from_the_mean() {
        double[] weights = {2, -3, 0.5, 0};
        var background = rows(50, 4, 1);

        var why = explain(row -> dot(weights, row), background, asked(1, 2, 3, 4), GENEROUS);

        assertThat(why.exact()).isTrue();
        for (int field = 0; field < 4; field++) {
            var expected = weights[field] * (field + 1 - mean(background, field));
            assertThat(why.contributions()[field]).isCloseTo(expected, within(1e-12));
        }
    }

    @Test
    void shares_an_interaction_equally() {
        var background = new Object[][] {asked(0, 0, 0)};

        var why = explain(row -> row[0] * row[1], background, asked(2, 3, 7), GENEROUS);

        assertThat(why.contributions()).containsExactly(new double[] {3, 3, 0}, within(1e-12));
        assertThat(why.base()).isZero();
        assertThat(why.value()).isEqualTo(6);
    }

    @Test
    void adds_up_to_the_answer_whether_exact_or_sampled() {
        ToDoubleFunction<double[]> model =
                row -> Math.tanh(Arrays.stream(row).sum()) + row[0] * row[row.length - 1];

        assertThat(explain(model, rows(20, 8, 2), values(8), GENEROUS).additivityGap())
                .isLessThan(1e-9);
        assertThat(explain(model, rows(20, 25, 2), values(25), GENEROUS).additivityGap())
                .isLessThan(1e-9);
    }

    @Test
    void that_is_sampled_lies_within_its_error_of_the_exact_one() {
        // 12 fields of which the last two mean nothing: the exact values come from the first ten.
        ToDoubleFunction<double[]> model =
                row -> Math.sin(row[0] + row[1]) * row[2] + row[3] * row[4] + row[9];
        var background = rows(30, 12, 3);
        var exact = explain(model, cut(background, 10), values(10), GENEROUS);

        var sampled = explain(model, background, values(12), GENEROUS);

        assertThat(exact.exact()).isTrue();
        assertThat(sampled.exact()).isFalse();
        for (int field = 0; field < 10; field++) {
            assertThat(sampled.contributions()[field])
                    .isCloseTo(
                            exact.contributions()[field],
                            within(5 * sampled.errors()[field] + 1e-9));
        }
        assertThat(sampled.contributions()[11]).isCloseTo(0, within(1e-12));
    }

    @Test
    void stops_at_its_row_limit_and_still_adds_up() {
        var limits = new Shapley.Limits(5_000, Long.MAX_VALUE);

        var why = explain(row -> Math.exp(row[0] * row[5]), rows(50, 30, 4), values(30), limits);

        assertThat(why.rows()).isLessThanOrEqualTo(5_000);
        assertThat(why.additivityGap()).isLessThan(1e-9);
    }

    @Test
    void is_the_same_for_the_same_seed() {
        ToDoubleFunction<double[]> model = row -> row[0] * row[7] - row[3] * row[12];

        var first = explain(model, rows(10, 15, 5), values(15), GENEROUS);
        var second = explain(model, rows(10, 15, 5), values(15), GENEROUS);

        assertThat(first.contributions()).containsExactly(second.contributions());
    }

    private static Shapley.Explanation explain(
            ToDoubleFunction<double[]> model,
            Object[][] background,
            Object[] asked,
            Shapley.Limits limits) {
        return Shapley.explain(
                rows -> Arrays.stream(rows).map(ShapleyTest::numbers).mapToDouble(model).toArray(),
                background,
                asked,
                42,
                limits,
                () -> 0);
    }

    private static double[] numbers(Object[] row) {
        return Arrays.stream(row).mapToDouble(v -> (Double) v).toArray();
    }

    private static double dot(double[] weights, double[] row) {
        var sum = 0.0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * row[i];
        }
        return sum;
    }

    private static double mean(Object[][] rows, int field) {
        return Arrays.stream(rows).mapToDouble(row -> (Double) row[field]).average().orElseThrow();
    }

    private static Object[] asked(double... values) {
        return Arrays.stream(values).boxed().toArray();
    }

    private static Object[] values(int fields) {
        var values = new double[fields];
        Arrays.setAll(values, i -> Math.cos(i) + 0.5);
        return asked(values);
    }

    private static Object[][] rows(int count, int fields, long seed) {
        var random = new Random(seed);
        var rows = new Object[count][];
        for (int row = 0; row < count; row++) {
            rows[row] = asked(random.doubles(fields, -1, 1).toArray());
        }
        return rows;
    }

    private static Object[][] cut(Object[][] rows, int fields) {
        return Arrays.stream(rows).map(row -> Arrays.copyOf(row, fields)).toArray(Object[][]::new);
    }
}
