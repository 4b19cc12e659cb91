package dev.atelier.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ./atelier faults [--seed N] [--short]}: all faults, long; ends with 1 when one was not
 * survived.
 */
public final class FaultRun {

    interface Scenario {
        String run() throws Exception;
    }

    private FaultRun() {}

    public static void main(String... args) {
        var given = List.of(args);
        long seed =
                given.contains("--seed")
                        ? Long.parseLong(given.get(given.indexOf("--seed") + 1))
                        : System.nanoTime() & 0xffff_ffffL;
        int scale = given.contains("--short") ? 1 : 10;
        System.out.println("Fault suite, --seed " + seed);
        int failed = 0;
        try (var faults = new Faults(seed)) {
            var points = new ArrayList<String>();
            for (int i = 0; i < Math.max(1, scale / 3); i++) {
                points.addAll(Faults.POINTS);
            }
            failed += run("kill -9 at named points", () -> faults.dies_at_a_named_point(points));
            failed += run("kill -9 at any time", () -> faults.dies_at_any_time(10 * scale));
            failed +=
                    run(
                            "external database away",
                            () -> faults.loses_its_database(Duration.ofSeconds(12L * scale)));
            failed +=
                    run(
                            "connections cut",
                            () -> faults.has_its_connections_cut(Duration.ofSeconds(6L * scale)));
            failed += run("own database killed", faults::has_its_own_database_killed);
            failed += run("disk full", faults::has_a_full_disk);
            failed += run("file size limit", faults::meets_a_limit_of_file_sizes);
            failed += run("bits flipped", () -> faults.has_bits_flipped(100 * scale));
            failed += run("runner killed, stopped", faults::has_its_runner_killed_and_stopped);
            failed += run("SIGTERM under load", faults::is_asked_to_stop_under_load);
        }
        System.exit(failed == 0 ? 0 : 1);
    }

    private static int run(String name, Scenario scenario) {
        var began = System.nanoTime();
        String result;
        int failed = 0;
        try {
            result = scenario.run();
        } catch (Exception | AssertionError e) {
            result = "NOT SURVIVED: " + e;
            failed = 1;
        }
        System.out.printf(
                "%-26s %5d s  %s%n", name, (System.nanoTime() - began) / 1_000_000_000, result);
        return failed;
    }
}
