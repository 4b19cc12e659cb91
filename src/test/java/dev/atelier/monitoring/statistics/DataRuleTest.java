package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The rule for unusable and strange values")
class DataRuleTest {

    private static final Reference NUMBERS =
            Reference.numeric("x", new Random(1).doubles(2_000).toArray(), 20, 0);
    private static final Reference COLOURS =
            Reference.categorical("colour", Map.of("red", 1_000L, "blue", 1_000L), 0, 0);

    private static Counts numbers(int good, int missing, int nonFinite, int wrong, int above) {
        var tally = new Tally(NUMBERS.binning());
        var random = new Random(2);
        IntStream.range(0, good).forEach(_ -> tally.add(0.1 + 0.8 * random.nextDouble()));
        IntStream.range(0, missing).forEach(_ -> tally.addMissing());
        IntStream.range(0, nonFinite).forEach(_ -> tally.add(Double.NaN));
        IntStream.range(0, wrong).forEach(_ -> tally.add("text"));
        IntStream.range(0, above).forEach(_ -> tally.add(7.0));
        return tally.counts();
    }

    private static DataRule.Finding judge(Reference reference, Counts now, State... before) {
        return DataRule.judge(
                        List.of(new DriftRule.Case(reference, now, List.of(before))),
                        List.of(State.OK))
                .getFirst();
    }

    @Test
    void names_the_fault_that_grew_the_most() {
        assertThat(judge(NUMBERS, numbers(600, 300, 50, 0, 50)))
                .extracting(DataRule.Finding::state, DataRule.Finding::fault)
                .containsExactly(State.DRIFT, DataRule.Fault.MISSING);
        assertThat(judge(NUMBERS, numbers(700, 0, 300, 0, 0)).fault())
                .isEqualTo(DataRule.Fault.NON_FINITE);
        assertThat(judge(NUMBERS, numbers(700, 0, 0, 300, 0)).fault())
                .isEqualTo(DataRule.Fault.WRONG_TYPE);
        assertThat(judge(NUMBERS, numbers(700, 0, 0, 0, 300)).fault())
                .isEqualTo(DataRule.Fault.OUT_OF_RANGE);
    }

    @Test
    void takes_what_is_out_of_range_for_drift_where_there_is_drift() {
        var cases = List.of(new DriftRule.Case(NUMBERS, numbers(500, 200, 0, 0, 300), List.of()));

        assertThat(DataRule.judge(cases, List.of(State.OK)).getFirst().fault())
                .isEqualTo(DataRule.Fault.OUT_OF_RANGE);
        assertThat(DataRule.judge(cases, List.of(State.DRIFT)).getFirst().fault())
                .isEqualTo(DataRule.Fault.MISSING);
    }

    @Test
    void says_it_with_the_share_of_then_and_now() {
        var found = judge(NUMBERS, numbers(700, 300, 0, 0, 0));

        assertThat(found.share()).isEqualTo(0.3);
        assertThat(found.before()).isEqualTo(20.0 / 2_020);
        assertThat(found.growth()).isEqualTo(0.3 - 20.0 / 2_020);
        assertThat(found.why())
                .isEqualTo("30 % of 1,000 values are missing, 1.0 % in the reference.");
    }

    @Test
    void warns_of_some_and_alarms_when_it_stays() {
        var some = numbers(900, 100, 0, 0, 0);

        assertThat(judge(NUMBERS, some).state()).isEqualTo(State.WARN);
        assertThat(judge(NUMBERS, some, State.WARN).state()).isEqualTo(State.DRIFT);
        assertThat(judge(NUMBERS, some, State.OK, State.WARN).state()).isEqualTo(State.DRIFT);
        assertThat(judge(NUMBERS, some, State.OK, State.OK).state()).isEqualTo(State.WARN);
    }

    @Test
    void is_calm_about_little_and_about_less_than_before() {
        assertThat(judge(NUMBERS, numbers(970, 30, 0, 0, 0)).state()).isEqualTo(State.OK);
        assertThat(judge(NUMBERS, numbers(1_000, 0, 0, 0, 0)).growth()).isZero();
    }

    @Test
    void takes_new_categories_for_strange_where_further_ones_are_rare() {
        var tally = new Tally(COLOURS.binning());
        IntStream.range(0, 700).forEach(_ -> tally.add("red"));
        IntStream.range(0, 300).forEach(_ -> tally.add("green"));
        var keys =
                Reference.categorical(
                        "key",
                        IntStream.range(0, 2_000)
                                .boxed()
                                .collect(Collectors.toMap(i -> "k" + i, _ -> 1L)),
                        0,
                        0);
        var others = new Tally(keys.binning());
        IntStream.range(0, 1_000).forEach(i -> others.add("other" + i));

        assertThat(judge(COLOURS, tally.counts()))
                .extracting(DataRule.Finding::state, DataRule.Finding::fault)
                .containsExactly(State.DRIFT, DataRule.Fault.NEW);
        assertThat(judge(keys, others.counts()).state()).isEqualTo(State.OK);
    }

    @Test
    void does_not_judge_what_is_too_little() {
        assertThat(judge(NUMBERS, numbers(100, 199, 0, 0, 0)).state())
                .isEqualTo(State.INSUFFICIENT);
        assertThat(judge(NUMBERS, numbers(0, 0, 0, 0, 0)).state()).isEqualTo(State.NO_DATA);
        assertThat(judge(NUMBERS, numbers(0, 400, 0, 0, 0)).state()).isEqualTo(State.DRIFT);
    }

    @Test
    void adjusts_for_how_much_is_asked() {
        // One column in fifty that is bad is found all the same; calm ones stay calm.
        var cases =
                IntStream.range(0, 50)
                        .mapToObj(
                                i ->
                                        new DriftRule.Case(
                                                NUMBERS,
                                                i == 7
                                                        ? numbers(240, 60, 0, 0, 0)
                                                        : numbers(300, 3, 0, 0, 0),
                                                List.of()))
                        .toList();

        var found = DataRule.judge(cases, Collections.nCopies(50, State.OK));

        assertThat(found.get(7).state()).isEqualTo(State.WARN);
        assertThat(found.stream().filter(one -> one.state() == State.OK)).hasSize(49);
    }
}
