package dev.atelier.goldenpaths;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What is left of a task")
class DurationsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Durations.Usual USUAL =
            new Durations.Usual(
                    Duration.ofSeconds(60),
                    Map.of(
                            "fetch", Duration.ofSeconds(10),
                            "publish", Duration.ofSeconds(20),
                            "register", Duration.ofSeconds(30)));

    private static TaskStep step(String id, TaskStep.State state, @Nullable Integer ago) {
        return new TaskStep(
                0,
                id,
                id,
                "debug:log",
                state,
                ago == null ? null : NOW.minusSeconds(ago),
                state.ended() ? NOW : null,
                null,
                null);
    }

    private static List<TaskStep> under_way(String second, int ago) {
        return List.of(
                step("fetch", TaskStep.State.COMPLETED, 100),
                step(second, TaskStep.State.PROCESSING, ago),
                step("register", TaskStep.State.WAITING, null));
    }

    @Test
    void is_what_its_steps_took_in_earlier_runs() {
        assertThat(USUAL.left(under_way("publish", 5), NOW)).contains(Duration.ofSeconds(45));
    }

    @Test
    void is_not_less_because_a_step_takes_longer() {
        assertThat(USUAL.left(under_way("publish", 500), NOW)).contains(Duration.ofSeconds(30));
    }

    @Test
    void is_not_told_with_a_step_that_is_new() {
        assertThat(USUAL.left(under_way("proposal", 5), NOW)).isEmpty();
    }

    @Test
    void is_nothing_for_what_was_skipped() {
        assertThat(USUAL.left(List.of(step("register", TaskStep.State.SKIPPED, null)), NOW))
                .contains(Duration.ZERO);
    }
}
