package dev.atelier.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Covering parts of a picture")
class OcclusionTest {

    private static final int SIDE = 16;

    /** One channel, all 0 but for a bright square in the lower left quarter. */
    private static Occlusion.Picture lamp() {
        var values = new double[SIDE * SIDE];
        for (int y = 9; y < 11; y++) {
            for (int x = 1; x < 3; x++) {
                values[y * SIDE + x] = 1;
            }
        }
        return new Occlusion.Picture(values, 1, SIDE, SIDE, false);
    }

    /** How bright the picture is in sum. */
    private static double[] light(double[][] pictures) {
        return Arrays.stream(pictures).mapToDouble(p -> Arrays.stream(p).sum()).toArray();
    }

    private static final Occlusion.Area WHOLE = new Occlusion.Area(0, 0, SIDE, SIDE);

    private static Occlusion.Found explain(Occlusion.Answers answers, int batch) throws NoAnswer {
        return Occlusion.explain(
                lamp(),
                WHOLE,
                answers,
                new Occlusion.Limits(60_000_000_000L, batch),
                System::nanoTime,
                () -> false);
    }

    @Test
    void finds_the_patch_the_answer_rests_on() throws NoAnswer {
        var found = explain(OcclusionTest::light, 16);

        assertThat(found.columns()).isEqualTo(4);
        assertThat(found.rows()).isEqualTo(4);
        // Covered with the border's 0 the lamp is gone (4); with the mean of 4/256 a patch of 16
        // keeps 16 × 4/256 of it.
        var mean = 16 * 4.0 / 256;
        assertThat(found.effects()[2][0]).isCloseTo((4 + (4 - mean)) / 2, within(1e-9));
        assertThat(found.spreads()[2][0]).isCloseTo(mean / 2, within(1e-9));
        assertThat(found.effects()[0][3]).isCloseTo(-mean / 2, within(1e-9));
        assertThat(found.pictures()).isEqualTo(2 + 2 * 16);
    }

    @Test
    void finds_the_same_whether_or_not_pictures_are_shown_together() throws NoAnswer {
        var most = new AtomicInteger();
        var alone =
                explain(
                        pictures -> {
                            most.accumulateAndGet(pictures.length, Math::max);
                            return light(pictures);
                        },
                        1);

        assertThat(most).hasValue(1);
        assertThat(alone.effects()).isDeepEqualTo(explain(OcclusionTest::light, 16).effects());
    }

    @Test
    void covers_only_where_the_picture_lies_in_its_frame() throws NoAnswer {
        var found =
                Occlusion.explain(
                        lamp(),
                        new Occlusion.Area(0, 8, SIDE, SIDE),
                        OcclusionTest::light,
                        new Occlusion.Limits(60_000_000_000L, 16),
                        System::nanoTime,
                        () -> false);

        assertThat(found.rows()).isEqualTo(2);
        assertThat(found.effects()[0][0]).isPositive();
    }

    @Test
    void says_that_a_model_is_too_slow_before_it_starts() {
        var clock = new AtomicLong();

        assertThatThrownBy(
                        () ->
                                Occlusion.explain(
                                        lamp(),
                                        WHOLE,
                                        pictures -> {
                                            clock.addAndGet(1_000_000_000L);
                                            return light(pictures);
                                        },
                                        new Occlusion.Limits(5_000_000_000L, 1),
                                        clock::get,
                                        () -> false))
                .isInstanceOf(NoAnswer.class)
                .hasMessageContaining("One run of this model takes 1000 ms");
    }

    @Test
    void marks_the_patches_that_the_time_did_not_reach() throws NoAnswer {
        var clock = new AtomicLong();
        var runs = new AtomicInteger();

        var found =
                Occlusion.explain(
                        lamp(),
                        WHOLE,
                        pictures -> {
                            clock.addAndGet(runs.incrementAndGet() <= 2 ? 1 : 40);
                            return light(pictures);
                        },
                        new Occlusion.Limits(200, 2),
                        clock::get,
                        () -> false);

        assertThat(found.missed()).isBetween(1, 15);
        assertThat(found.effects()[0][0]).isFinite();
    }
}
