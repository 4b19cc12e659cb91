package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

@DisplayName("A window")
class WindowTest {

    private static final int HOURS = 24;
    private static final int SITES = 10;

    private static final Profile PROFILE =
            new Profile(
                    List.of(
                            Reference.numeric("amount", normal(new Random(1), 5000, 0), 3, 0),
                            Reference.categorical(
                                    "city",
                                    Map.of("Oslo", 900L, "Riga", 600L, "Turku", 2L),
                                    0,
                                    0)));

    private static double[] normal(Random random, int count, double mean) {
        return random.doubles(count).map(_ -> mean + random.nextGaussian()).toArray();
    }

    private static Window counted(Random random, double[] amounts) {
        var amount = new Tally(PROFILE.columns().get(0).binning());
        var city = new Tally(PROFILE.columns().get(1).binning());
        for (double value : amounts) {
            amount.add(value);
            city.add(List.of("Oslo", "Riga", "Turku", "Lund").get(random.nextInt(4)));
        }
        city.addMissing();
        return new Window(PROFILE.hash(), amounts.length, List.of(amount.counts(), city.counts()));
    }

    @RepeatedTest(20)
    void is_the_same_from_parts_in_any_order(RepetitionInfo run) {
        var random = new Random(run.getCurrentRepetition());
        var parts = new ArrayList<Window>();
        var all = new ArrayList<Double>();
        for (int i = 0; i < HOURS * SITES; i++) {
            var amounts = normal(random, random.nextInt(80), 0.3);
            Arrays.stream(amounts).forEach(all::add);
            parts.add(counted(random, amounts));
        }
        Collections.shuffle(parts, random);
        var oneByOne = parts.stream().reduce(Window.none(PROFILE), Window::plus);
        Collections.shuffle(parts, random);
        while (parts.size() > 1) {
            parts.add(parts.removeFirst().plus(parts.removeFirst()));
        }
        var pairwise = parts.getFirst();
        var rows = all.stream().mapToDouble(Double::doubleValue).toArray();

        assertThat(oneByOne.rows()).isEqualTo(pairwise.rows()).isEqualTo(rows.length);
        for (int i = 0; i < 2; i++) {
            assertThat(oneByOne.columns().get(i).cells())
                    .containsExactly(pairwise.columns().get(i).cells());
        }
        var reference = PROFILE.columns().getFirst();
        var raw = new Tally(reference.binning());
        Arrays.stream(rows).forEach(raw::add);
        var fromRows = Comparison.of(reference, raw.counts()).orElseThrow();
        var fromWindows = Comparison.of(reference, pairwise.columns().getFirst()).orElseThrow();
        assertThat(fromWindows.psi()).isEqualTo(fromRows.psi());
        assertThat(fromWindows.ks()).isEqualTo(fromRows.ks());
        assertThat(fromWindows.meanShift()).isCloseTo(fromRows.meanShift(), within(1e-12));
        assertThat(oneByOne.columns().getFirst().moments().m2())
                .isCloseTo(Moments.of(rows).m2(), within(1e-8));
    }

    @Test
    void adds_only_to_one_of_the_same_reference() {
        var mine = Window.none(PROFILE);
        var other = Window.none(new Profile(PROFILE.columns().subList(0, 1)));
        assertThatThrownBy(() -> mine.plus(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(other.profile());
        var cells = Counts.none(PROFILE.columns().get(0).binning());
        assertThatThrownBy(() -> cells.plus(Counts.none(PROFILE.columns().get(1).binning())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void comes_back_from_its_bytes() {
        var window = counted(new Random(5), normal(new Random(5), 1000, 0));
        assertThat(Window.of(window.bytes())).isEqualTo(window);
        assertThat(Window.of(Window.none(PROFILE).bytes())).isEqualTo(Window.none(PROFILE));
    }

    @Test
    void holds_the_largest_counts_and_infinite_squares() {
        var cells = new long[] {Long.MAX_VALUE, 0, 0, 0, 1L << 53, 127, 128};
        var moments = new Moments(7, -0.0, Double.POSITIVE_INFINITY, -1e308, 1e308);
        var window =
                new Window(
                        PROFILE.hash(),
                        Long.MAX_VALUE,
                        List.of(new Counts(1, 2, 3, cells, moments)));
        assertThat(Window.of(window.bytes())).isEqualTo(window);
    }

    @Test
    void takes_about_two_hundred_bytes_a_column() {
        var columns = new ArrayList<Reference>();
        var counts = new ArrayList<Counts>();
        for (int i = 0; i < 50; i++) {
            var reference =
                    Reference.numeric("c%02d".formatted(i), normal(new Random(i), 5000, 0), 0, 0);
            columns.add(reference);
            var tally = new Tally(reference.binning());
            Arrays.stream(normal(new Random(-i), 4000, 0)).forEach(tally::add);
            counts.add(tally.counts());
        }
        var profile = new Profile(columns);
        var bytes = new Window(profile.hash(), 4000, counts).bytes();
        assertThat(bytes.length / 50).isLessThan(200);
    }

    @Test
    void is_not_read_from_bytes_that_are_none() {
        var bytes = counted(new Random(5), normal(new Random(5), 300, 0)).bytes();
        for (int length = 0; length < bytes.length; length++) {
            var cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> Window.of(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Window.of(Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(IllegalArgumentException.class);
        var later = bytes.clone();
        later[0] = 2;
        assertThatThrownBy(() -> Window.of(later))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("format 2");
    }

    @Test
    void of_hostile_bytes_is_refused_or_read_and_costs_little() {
        var bytes = counted(new Random(5), normal(new Random(5), 300, 0)).bytes();
        var random = new Random(9);
        int read = 0;
        for (int i = 0; i < 5000; i++) {
            var changed = bytes.clone();
            for (int j = 0; j < 3; j++) {
                changed[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                read += Window.of(changed).columns().size();
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
        assertThat(read).isPositive();
    }
}
