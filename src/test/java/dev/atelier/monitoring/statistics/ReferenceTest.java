package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("A reference")
class ReferenceTest {

    private static Reference numeric(double... values) {
        return Reference.numeric("x", values, 0, 0);
    }

    private static Tally counting(Binning binning, double... values) {
        var tally = new Tally(binning);
        Arrays.stream(values).forEach(tally::add);
        return tally;
    }

    @TestFactory
    Stream<DynamicTest> has_quantiles_for_bins_and_counts_by_them() {
        return Expected.each(Expected.of("bins"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("name").asText(),
                                        () -> {
                                            var reference =
                                                    numeric(Expected.numbers(one.get("reference")));
                                            assertThat(
                                                            ((QuantileBins) reference.binning())
                                                                    .bounds())
                                                    .containsExactly(
                                                            Expected.numbers(one.get("bounds")));
                                            assertThat(reference.counts().cells())
                                                    .containsExactly(
                                                            Expected.counts(
                                                                    one.get("referenceCells")));
                                            var now =
                                                    counting(
                                                            reference.binning(),
                                                            Expected.numbers(one.get("now")));
                                            assertThat(now.counts().cells())
                                                    .containsExactly(
                                                            Expected.counts(one.get("nowCells")));
                                        }));
    }

    @Test
    void counts_below_and_above_its_range_apart() {
        var reference = numeric(1, 2, 3, 4, 5);
        var cells = counting(reference.binning(), 0.5, 1, 5, 5.5, 6).counts().cells();
        assertThat(reference.binning().outOfRange(cells)).isEqualTo(3);
        assertThat(reference.counts().cells()).containsExactly(0, 1, 1, 1, 1, 1, 0);
    }

    @Test
    void of_few_numbers_that_recur_has_a_cell_for_each_and_for_each_gap() {
        var values = new double[3000];
        Arrays.setAll(values, i -> i % 3);
        var reference = numeric(values);
        assertThat(reference.binning()).isEqualTo(new DistinctValues(new double[] {0, 1, 2}));
        assertThat(reference.counts().cells()).containsExactly(0, 1000, 0, 1000, 0, 1000, 0);
        var cells = counting(reference.binning(), -1, 0, 0.5, 1, 1.5, 1.7, 2, 3).counts().cells();
        assertThat(cells).containsExactly(1, 1, 1, 1, 2, 1, 1);
        assertThat(reference.binning().outOfRange(cells)).isEqualTo(2);
        assertThat(reference.binning().unseen(cells)).isEqualTo(3);
    }

    @Test
    void takes_few_numbers_that_came_once_for_a_continuous_column() {
        assertThat(numeric(0.1, 0.7, 0.3).binning()).isInstanceOf(QuantileBins.class);
    }

    @Test
    void of_a_constant_has_one_cell_and_what_leaves_it() {
        var values = new double[500];
        Arrays.fill(values, 7);
        for (var reference : new Reference[] {numeric(values), numeric(7)}) {
            assertThat(reference.binning().cells()).isEqualTo(3);
            var cells = counting(reference.binning(), 7, 7, 6, 8, 9).counts().cells();
            assertThat(cells).containsExactly(1, 2, 2);
        }
    }

    @Test
    void of_nothing_takes_every_number_for_unseen() {
        var reference = Reference.numeric("x", new double[] {Double.NaN}, 5, 2);
        assertThat(reference.counts()).isEqualTo(new Counts(5, 1, 2, new long[1], Moments.NONE));
        var cells = counting(reference.binning(), 3).counts().cells();
        assertThat(reference.binning().unseen(cells)).isEqualTo(1);
        assertThat(reference.binning().outOfRange(cells)).isZero();
    }

    @Test
    void takes_minus_zero_for_zero() {
        var reference = numeric(-1, -0.0, 0.0, 1);
        assertThat(((QuantileBins) reference.binning()).bounds()).containsExactly(-1, 0, 1);
        assertThat(counting(reference.binning(), -0.0, 0.0).counts().cells())
                .containsExactly(0, 0, 2, 0, 0);
    }

    @Test
    void takes_extreme_numbers_and_sets_aside_what_is_none() {
        var reference =
                numeric(-1e308, Double.NaN, Double.MIN_VALUE, 1e308, Double.NEGATIVE_INFINITY);
        assertThat(reference.counts().nonFinite()).isEqualTo(2);
        assertThat(reference.counts().usable()).isEqualTo(3);
        var now = counting(reference.binning(), Double.MAX_VALUE, -Double.MAX_VALUE, Double.NaN, 0);
        assertThat(now.counts().cells()).containsExactly(1, 0, 1, 0, 1);
        assertThat(now.counts().nonFinite()).isEqualTo(1);
    }

    @Test
    void of_categories_counts_others_and_new_ones() {
        var values = new HashMap<String, Long>();
        for (int i = 0; i < 150; i++) {
            values.put("c" + i, 1000L - i);
        }
        var reference = Reference.categorical("city", values, 4, 0);
        var tally = new Tally(reference.binning());
        for (var value : new String[] {"c0", "c0", "c99", "c100", "c149", "new", ""}) {
            tally.add(value);
        }
        tally.addMissing();
        tally.addWrongType();
        tally.add(3.5);
        var now = tally.counts();
        assertThat(now.cells()).hasSize(102);
        assertThat(now.cells()[0]).isEqualTo(2);
        assertThat(now.cells()[99]).isEqualTo(1);
        assertThat(now.cells()[100]).isEqualTo(2);
        assertThat(reference.binning().unseen(now.cells())).isEqualTo(2);
        assertThat(now.missing()).isEqualTo(1);
        assertThat(now.wrongType()).isEqualTo(2);
        assertThat(reference.counts().usable())
                .isEqualTo(values.values().stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void of_very_many_categories_does_not_tell_new_ones_apart() {
        var values = new HashMap<String, Long>();
        for (int i = 0; i < 20_000; i++) {
            values.put("key " + i, 1L);
        }
        var binning = Reference.categorical("key", values, 0, 0).binning();
        var tally = new Tally(binning);
        tally.add("another");
        assertThat(binning.unseen(tally.counts().cells())).isZero();
        assertThat(tally.counts().usable()).isEqualTo(1);
        assertThat(((Categories) binning).others()).isEmpty();
    }

    @Test
    void holds_text_in_a_numeric_column_for_the_wrong_type() {
        var tally = new Tally(numeric(1, 2).binning());
        tally.add("1.5");
        assertThat(tally.counts().wrongType()).isEqualTo(1);
        assertThat(tally.counts().usable()).isZero();
    }

    @Test
    void does_not_take_new_categories_for_news_where_they_are_the_rule() {
        var often = Reference.categorical("x", Map.of("a", 600L, "b", 400L), 0, 0);
        assertThat(((Categories) often.binning()).closed()).isTrue();
        var once = Reference.categorical("x", Map.of("a", 600L, "b", 1L, "c", 1L), 0, 0);
        assertThat(((Categories) once.binning()).closed()).isFalse();
    }
}
