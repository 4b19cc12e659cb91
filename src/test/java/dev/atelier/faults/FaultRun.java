package dev.atelier.faults;

import java.time.Duration;
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
        var run = new FaultRun();
        System.out.println("Fault suite, --seed " + seed);
        var faults = new Faults(seed);
        for (int round = 0; round < Math.max(1, scale / 3); round++) {
            for (var point : Faults.POINTS) {
                run.run("kill -9 at " + point, () -> faults.dies_at_a_named_point(point));
            }
        }
        run.run("tidy afterwards", faults::is_tidy_after_its_crashes);
        run.run("kill -9 at any time", () -> faults.dies_at_any_time(10 * scale));
        run.run(
                "external database away",
                () -> faults.loses_its_database(Duration.ofSeconds(12L * scale)));
        run.run(
                "connections cut",
                () -> faults.has_its_connections_cut(Duration.ofSeconds(6L * scale)));
        run.run("commits cut", () -> faults.has_its_commits_cut(20 * scale));
        run.run("database slow", () -> faults.has_a_slow_database(Duration.ofSeconds(3L * scale)));
        run.run("own database killed", faults::has_its_own_database_killed);
        run.run("disk full", faults::has_a_full_disk);
        run.run("file size limit", faults::meets_a_limit_of_file_sizes);
        run.run("bits flipped", () -> faults.has_bits_flipped(100 * scale));
        run.run("runner killed, stopped", faults::has_its_runner_killed_and_stopped);
        run.run("SIGTERM under load", faults::is_asked_to_stop_under_load);
        System.exit(run.total(faults));
    }

    private final long began = System.nanoTime();
    private int scenarios;
    private int failed;

    private void run(String name, Scenario scenario) {
        var started = System.nanoTime();
        String result;
        scenarios++;
        try {
            result = scenario.run();
        } catch (Exception | AssertionError e) {
            result = "NOT SURVIVED: " + e;
            failed++;
        } finally {
            // What a failure left running would disturb the next ones.
            PortalProcess.killAll();
        }
        System.out.printf("%-28s %5d s  %s%n", name, seconds(started), result);
    }

    private static long seconds(long since) {
        return (System.nanoTime() - since) / 1_000_000_000;
    }

    private int total(Faults faults) {
        System.out.printf(
                "%d of %d survived, %d min %d s%n",
                scenarios - failed, scenarios, seconds(began) / 60, seconds(began) % 60);
        if (failed == 0) {
            faults.close();
            return 0;
        }
        System.out.println("Data folders and logs are kept in " + faults.folder());
        return 1;
    }
}
