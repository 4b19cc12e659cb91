package dev.atelier.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("How trouble stands")
class StandingTest {

    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    /** A window for each letter: {@code .} is calm, any other one the name of a bad column. */
    private static List<Standing.Sighting> windows(String letters) {
        var windows = new ArrayList<Standing.Sighting>();
        for (int i = 0; i < letters.length(); i++) {
            var bad = new TreeMap<String, Float>();
            if (letters.charAt(i) != '.') {
                bad.put(letters.substring(i, i + 1), 1f);
            }
            windows.add(new Standing.Sighting(hour(i), hour(i + 1), bad));
        }
        return windows;
    }

    private static Instant hour(int number) {
        return BEGIN.plus(Duration.ofHours(number));
    }

    @Test
    void begins_with_the_first_of_the_bad_windows_that_it_takes() {
        assertThat(Standing.of(windows("..a"), 1, 3).open()).isTrue();
        assertThat(Standing.of(windows("..a"), 1, 3).since()).isEqualTo(hour(2));
        assertThat(Standing.of(windows("..a"), 2, 3).open()).isFalse();
        assertThat(Standing.of(windows("..aa"), 2, 3).since()).isEqualTo(hour(2));
        assertThat(Standing.of(windows("..a.a"), 2, 3).open()).isFalse();
    }

    @Test
    void ends_with_the_last_of_the_calm_windows_that_it_takes() {
        assertThat(Standing.of(windows("a.."), 1, 3).open()).isTrue();
        assertThat(Standing.of(windows("a..."), 1, 3).open()).isFalse();
        assertThat(Standing.of(windows("a..."), 1, 3).quiet()).isEqualTo(3);
        var again = Standing.of(windows("a..b.."), 1, 3);
        assertThat(again.open()).isTrue();
        assertThat(again.since()).isEqualTo(hour(0));
        assertThat(again.columns()).containsOnlyKeys("b");
        assertThat(again.seen()).isEqualTo(hour(6));
    }

    @Test
    void is_counted_as_often_as_it_begins() {
        assertThat(Standing.times(List.of(), 1, 3)).isZero();
        assertThat(Standing.times(windows("......"), 1, 3)).isZero();
        assertThat(Standing.times(windows("a..a...b....cc"), 1, 3)).isEqualTo(3);
        assertThat(Standing.times(windows("a..a...b....cc"), 2, 3)).isEqualTo(1);
    }
}
