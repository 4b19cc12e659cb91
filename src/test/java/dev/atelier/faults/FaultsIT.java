package dev.atelier.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The fault suite for about three minutes, on the packaged portal. {@code ./atelier faults} runs
 * the same for half an hour. The seed is printed; {@code -Dfaults.seed=N} repeats a run as far as
 * the machine's own timing lets it.
 */
@Tag("faults-smoke")
@DisplayName("The portal, when things break,")
@TestMethodOrder(MethodOrderer.MethodName.class)
class FaultsIT {

    private static Faults faults;

    @BeforeAll
    static void seed() {
        faults = new Faults(Long.getLong("faults.seed", System.nanoTime() & 0xffff_ffffL));
        System.out.println("Fault suite, -Dfaults.seed=" + faults.seed());
    }

    @AfterAll
    static void clean() {
        faults.close();
    }

    private static void say(String result) {
        System.out.println("  " + result);
    }

    /** Five of all, others each time; the first is one that leaves something behind. */
    static Stream<String> points() {
        var points = new ArrayList<>(Faults.POINTS);
        Collections.shuffle(points, new Random(faults.seed()));
        return Stream.concat(Stream.of("blob.published"), points.stream()).distinct().limit(5);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("points")
    void dies_at_a_named_point_and_keeps_what_it_confirmed(String point) throws Exception {
        say(point + " " + faults.dies_at_a_named_point(point));
    }

    @Test
    void forgets_what_crashes_left_behind() throws Exception {
        say(faults.is_tidy_after_its_crashes());
    }

    @Test
    void keeps_what_it_confirmed_when_it_dies_at_any_time() throws Exception {
        say(faults.dies_at_any_time(6));
    }

    @Test
    void finishes_golden_paths_once_when_it_dies_and_its_database_goes() throws Exception {
        say(faults.dies_while_golden_paths_run(1));
    }

    @Test
    void says_503_while_its_database_is_away_and_works_when_it_is_back() throws Exception {
        say(faults.loses_its_database(Duration.ofSeconds(6)));
    }

    @Test
    void loses_nothing_when_its_connections_are_cut() throws Exception {
        say(faults.has_its_connections_cut(Duration.ofSeconds(6)));
    }

    @Test
    void knows_what_became_of_a_commit_that_was_cut() throws Exception {
        say(faults.has_its_commits_cut(10));
    }

    @Test
    void starts_its_own_database_again_when_that_dies() throws Exception {
        say(faults.has_its_own_database_killed());
    }

    @Test
    void refuses_uploads_on_a_full_disk_and_goes_on() throws Exception {
        assumeTrue(
                System.getProperty("user.name").equals("root"), "only root can mount a small disk");
        say(faults.has_a_full_disk());
    }

    @Test
    void refuses_uploads_beyond_a_limit_of_file_sizes() throws Exception {
        say(faults.meets_a_limit_of_file_sizes());
    }

    @Test
    void hands_out_no_file_that_changed_on_the_disk() throws Exception {
        say(faults.has_bits_flipped(15));
    }

    @Test
    void answers_again_after_its_runner_was_killed_or_stopped() throws Exception {
        say(faults.has_its_runner_killed_and_stopped());
    }

    @Test
    void ends_in_order_under_load() throws Exception {
        say(faults.is_asked_to_stop_under_load());
    }
}
