package dev.atelier.faults;

import java.time.Duration;
import java.util.List;

/**
 * {@code ./atelier faults [--seed N] [--scale 1..10] [--only WORD]}: all faults, long; ends with 1
 * when one was not survived. {@code --scale 1} is short; {@code --only} takes the faults whose name
 * has the word.
 */
public final class FaultRun {

    interface Scenario {
        String run() throws Exception;
    }

    public static void main(String... args) {
        var given = List.of(args);
        var seed = Long.parseLong(option(given, "--seed", "" + (System.nanoTime() & 0xffff_ffffL)));
        var scale = Integer.parseInt(option(given, "--scale", "10"));
        Runtime.getRuntime().addShutdownHook(new Thread(PortalProcess::killAll));
        var run = new FaultRun(option(given, "--only", ""));
        System.out.println("Fault suite, --seed " + seed + " --scale " + scale);
        var faults = new Faults(seed);
        run.run("commits cut", () -> faults.has_its_commits_cut(20 * scale));
        run.run(
                "connections cut",
                () -> faults.has_its_connections_cut(Duration.ofSeconds(6L * scale)));
        run.run(
                "external database away",
                () -> faults.loses_its_database(Duration.ofSeconds(12L * scale)));
        run.run("database slow", () -> faults.has_a_slow_database(Duration.ofSeconds(3L * scale)));
        run.run("own database killed", faults::has_its_own_database_killed);
        run.run("disk full", faults::has_a_full_disk);
        run.run("file size limit", faults::meets_a_limit_of_file_sizes);
        run.run("bits flipped", () -> faults.has_bits_flipped(100 * scale));
        run.run("runner killed, stopped", faults::has_its_runner_killed_and_stopped);
        run.run("SIGTERM under load", faults::is_asked_to_stop_under_load);
        for (int round = 0; round < Math.max(1, scale / 3); round++) {
            for (var point : Faults.POINTS) {
                run.run("kill -9 at " + point, () -> faults.dies_at_a_named_point(point));
            }
        }
        run.run("golden paths", () -> faults.dies_while_golden_paths_run(2 * scale));
        run.run("tidy afterwards", faults::is_tidy_after_its_crashes);
        run.run("kill -9 at any time", () -> faults.dies_at_any_time(10 * scale));
        System.exit(run.total(faults));
    }

    private static String option(List<String> given, String name, String otherwise) {
        int at = given.indexOf(name);
        return at < 0 || at + 1 == given.size() ? otherwise : given.get(at + 1);
    }

    private FaultRun(String only) {
        this.only = only;
    }

    private final String only;
    private final long began = System.nanoTime();
    private int scenarios;
    private int failed;

    private void run(String name, Scenario scenario) {
        if (!name.contains(only)) {
            return;
        }
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
