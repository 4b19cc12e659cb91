package dev.atelier.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Judging hours")
class JudgementTest {

    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    private final Random random = new Random(3);
    private final Profile profile = profile(5_000);
    private final List<Score> scores = new ArrayList<>();

    private Profile profile(int rows) {
        var numbers = random.doubles(rows, -1, 1).toArray();
        return new Profile(List.of(Reference.numeric("x", numbers, 0, 0)));
    }

    private Window window(int rows, double shift) {
        var tallies = new Tallies(profile);
        for (int i = 0; i < rows; i++) {
            tallies.add(Map.of("x", new Cell.Number(random.nextDouble(-1, 1) + shift)));
        }
        return tallies.window();
    }

    private Judgement judgement(Instant complete) {
        return new Judgement("hub", 1, profile.columns(), List.of(), complete, scores::add);
    }

    private static Instant hour(int number) {
        return BEGIN.plus(Duration.ofHours(number));
    }

    @Test
    void takes_an_hour_with_rows_enough_by_itself() {
        var judgement = judgement(hour(9));
        judgement.add(hour(0), window(300, 0));
        judgement.add(hour(1), window(5_000, 0));

        assertThat(judgement.end()).isNull();

        assertThat(scores)
                .extracting(Score::start, Score::until, Score::rows)
                .containsExactly(tuple(hour(0), hour(1), 300L), tuple(hour(1), hour(2), 5_000L));
    }

    @Test
    void puts_hours_together_until_there_are_rows_enough() {
        var judgement = judgement(hour(20));
        for (int i = 0; i < 8; i += 2) {
            judgement.add(hour(i), window(100, 0));
        }

        var again = judgement.end();

        assertThat(scores).extracting(Score::rows).containsExactly(300L);
        assertThat(scores.getFirst().until()).isEqualTo(hour(5));
        assertThat(again).as("the last hundred wait for more").isEqualTo(hour(6 + 24));
        assertThat(judgement.start()).isEqualTo(hour(6));
    }

    @Test
    void says_after_a_day_that_there_were_too_few() {
        var judgement = judgement(hour(60));
        judgement.add(hour(0), window(100, 0));
        judgement.add(hour(30), window(100, 0));

        @Nullable Instant again = judgement.end();

        assertThat(again).isNull();
        assertThat(scores).hasSize(2);
        assertThat(scores).allMatch(one -> one.drift().equals(List.of(State.INSUFFICIENT)));
        assertThat(scores).noneMatch(Score::judged);
    }

    @Test
    void looks_again_at_an_hour_that_runs() {
        var judgement = judgement(hour(0).plusSeconds(600));
        judgement.add(hour(0), window(400, 3));

        assertThat(judgement.end()).isEqualTo(hour(1));
        assertThat(scores.getFirst().drift()).containsExactly(State.DRIFT);
    }

    @Test
    void does_not_wait_for_a_column_that_mostly_lacks_its_values() {
        var tallies = new Tallies(profile);
        for (int i = 0; i < 400; i++) {
            tallies.add(
                    i % 4 == 0 ? Map.of("x", new Cell.Number(random.nextDouble(-1, 1))) : Map.of());
        }
        var judgement = judgement(hour(9));
        judgement.add(hour(0), tallies.window());

        assertThat(judgement.end()).isNull();

        assertThat(scores.getFirst().drift()).containsExactly(State.INSUFFICIENT);
        assertThat(scores.getFirst().data()).containsExactly(State.DRIFT);
        assertThat(scores.getFirst().faults()[0]).isBetween(0.7f, 0.8f);
    }

    @Test
    void is_the_same_from_any_beginning_of_a_window() {
        var hours = new ArrayList<Window>();
        for (int i = 0; i < 40; i++) {
            hours.add(window(80 + random.nextInt(200), i > 20 ? 0.4 : 0));
        }
        var whole = judgement(hour(100));
        for (int i = 0; i < 40; i++) {
            whole.add(hour(i), hours.get(i));
        }
        whole.end();
        var all = List.copyOf(scores);
        scores.clear();
        int from = all.size() / 2;
        var rest =
                new Judgement(
                        "hub",
                        1,
                        profile.columns(),
                        all.subList(0, from).reversed(),
                        hour(100),
                        scores::add);
        for (int i = 0; i < 40; i++) {
            if (!hour(i).isBefore(all.get(from).start())) {
                rest.add(hour(i), hours.get(i));
            }
        }
        rest.end();

        assertThat(scores).usingRecursiveComparison().isEqualTo(all.subList(from, all.size()));
        assertThat(all).anyMatch(one -> one.drift().contains(State.DRIFT));
    }
}
