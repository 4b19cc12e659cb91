package dev.atelier.bench;

import dev.atelier.Temporary;
import dev.atelier.faults.PortalProcess;
import dev.atelier.monitoring.AlarmBench;
import dev.atelier.monitoring.CountingBench;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./atelier bench [start] [pages] [access] [catalog] [inference] [cold] [mlflow]
 * [goldenpaths] [monitoring]}: all in turn, each against a portal of its own, but for the last.
 */
public final class Bench {

    /** How long each question is measured. */
    static final Duration TIME = Duration.ofMillis((long) (1000 * Double.parseDouble(seconds())));

    private static final List<String> ALL =
            List.of(
                    "start",
                    "pages",
                    "access",
                    "catalog",
                    "inference",
                    "cold",
                    "mlflow",
                    "goldenpaths",
                    "monitoring");

    private Bench() {}

    private static String seconds() {
        var given = System.getenv("ATELIER_BENCH_SECONDS");
        return given == null ? "8" : given;
    }

    public static void main(String... args) throws Exception {
        var wanted = args.length == 0 ? ALL : List.of(args);
        machine();
        for (var name : wanted) {
            System.out.println("\n== " + name);
            var before = Processes.Wanted.now();
            switch (name) {
                case "start" -> StartBench.main();
                case "pages" -> pages();
                case "access" -> {
                    AccessBench.people();
                    AccessBench.signIn();
                }
                case "catalog" -> catalog();
                case "inference" -> inference();
                case "cold" -> {
                    ColdBench.runner();
                    ColdBench.firstCalls();
                }
                case "mlflow" -> MlflowBench.main();
                case "goldenpaths" -> GoldenPathsBench.main();
                case "monitoring" -> {
                    CountingBench.run(TIME);
                    AlarmBench.run();
                }
                default ->
                        throw new IllegalArgumentException(
                                "no benchmark %s: %s".formatted(name, String.join(", ", ALL)));
            }
            System.out.printf(
                    "the host gave others %d %% of the processor time that was wanted meanwhile%n",
                    Processes.Wanted.now().stolenSince(before));
        }
    }

    private static void machine() throws IOException {
        var system = ManagementFactory.getOperatingSystemMXBean();
        var processor = "unknown processor";
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            processor =
                    lines.filter(l -> l.startsWith("model name"))
                            .findFirst()
                            .map(l -> l.replaceFirst(".*: ", ""))
                            .orElse(processor);
        }
        System.out.printf(
                "%s, %d × %s, JDK %s, load %.1f before it began, %.1f s a question%n",
                system.getName() + " " + system.getVersion(),
                system.getAvailableProcessors(),
                processor,
                Runtime.version(),
                system.getSystemLoadAverage(),
                TIME.toMillis() / 1e3);
    }

    private static void pages() throws Exception {
        var data = Temporary.folder("atelier-bench");
        var broken = Files.createDirectories(data.resolve("entities"));
        for (int i = 0; i < 100; i++) {
            Files.writeString(
                    broken.resolve("broken-%d.yaml".formatted(i)),
                    """
                    apiVersion: backstage.io/v1alpha1
                    kind: Component
                    metadata: {name: not a name %d}
                    spec: {type: service, owner: nobody}
                    """
                            .formatted(i));
        }
        try (var portal =
                PortalProcess.Setup.on(data)
                        .home(Path.of("").toAbsolutePath())
                        .environment("ATELIER_CATALOG", broken.toString())
                        .start()) {
            portal.awaitReady();
            StartBench.settle(portal);
            PagesBench.run(portal.address(""), portal.pid(), data);
        }
    }

    private static void catalog() throws Exception {
        Map<String, ClosedLoop.Figures> smaller = Map.of();
        for (int count : new int[] {10_000, 100_000}) {
            var data = Temporary.folder("atelier-bench");
            var entities = Files.createDirectories(data.resolve("entities"));
            try (var portal =
                    PortalProcess.Setup.on(data)
                            .environment("ATELIER_CATALOG", entities.toString())
                            .start()) {
                portal.awaitReady();
                var address = portal.address("");
                CatalogBench.ingest(address, entities, count);
                idle(portal, data);
                System.out.printf(
                        "database %,d MB, RSS of the portal %d MB%n",
                        Processes.databaseBytes(data) / 1_000_000,
                        Processes.status(portal.pid(), "VmRSS:") / 1024);
                if (smaller.isEmpty()) {
                    CatalogBench.ask(address, 1, Map.of());
                }
                smaller = CatalogBench.ask(address, 8, smaller);
                System.out.printf(
                        "RSS of the portal at the end %d MB%n",
                        Processes.status(portal.pid(), "VmRSS:") / 1024);
            }
        }
    }

    /** What the portal and its database do while nobody asks: looking for changes, vacuuming. */
    private static void idle(PortalProcess portal, Path data) throws Exception {
        // What the import left to do: statistics, vacuum, checkpoint.
        TimeUnit.SECONDS.sleep(20);
        long processor = Processes.processor(portal.pid());
        long database = Processes.database(data);
        long began = System.nanoTime();
        TimeUnit.SECONDS.sleep(40);
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                "idle, processor time a second: portal %.1f ms, database %.1f ms%n",
                (Processes.processor(portal.pid()) - processor) / seconds,
                (Processes.database(data) - database) / seconds);
    }

    private static void inference() throws Exception {
        try (var merging = PortalProcess.Setup.on(Temporary.folder("atelier-bench")).start();
                var single =
                        PortalProcess.Setup.on(Temporary.folder("atelier-bench"))
                                .environment("ATELIER_SERVING_BATCH", "1")
                                .start()) {
            merging.awaitReady();
            single.awaitReady();
            // In a process of its own: the environment must be right before ONNX Runtime is loaded.
            var command =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    InferenceBench.class.getName(),
                                    "merging=" + merging.address(""),
                                    "one by one=" + single.address(""))
                            .inheritIO();
            command.environment().put("ORT_DISABLE_TELEMETRY", "1");
            int exit = command.start().waitFor();
            if (exit != 0) {
                throw new IllegalStateException("the measuring process ended with " + exit);
            }
        }
    }
}
