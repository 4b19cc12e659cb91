package dev.atelier.bench;

import dev.atelier.faults.PortalProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code ./atelier bench [start] [catalog] [inference]}: all in turn, against a portal of its own.
 */
public final class Bench {

    private Bench() {}

    public static void main(String... args) throws Exception {
        var wanted = args.length == 0 ? List.of("start", "catalog", "inference") : List.of(args);
        machine();
        for (var name : wanted) {
            System.out.println("\n== " + name);
            switch (name) {
                case "start" -> StartBench.main();
                case "catalog" -> catalog();
                case "inference" -> inference();
                default ->
                        throw new IllegalArgumentException(
                                "no benchmark " + name + ": start, catalog, inference");
            }
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
                "%s, %d × %s, JDK %s, load %.1f before it began%n",
                system.getName() + " " + system.getVersion(),
                system.getAvailableProcessors(),
                processor,
                Runtime.version(),
                system.getSystemLoadAverage());
    }

    private static void catalog() throws Exception {
        var data = Files.createTempDirectory("atelier-bench");
        var entities = Files.createDirectories(data.resolve("entities"));
        try (var portal =
                PortalProcess.Setup.on(data)
                        .environment("ATELIER_CATALOG", entities.toString())
                        .start()) {
            portal.awaitReady();
            CatalogBench.main(
                    portal.address("").toString(), "--write", entities.toString(), "10000");
        }
    }

    private static void inference() throws Exception {
        var data = Files.createTempDirectory("atelier-bench");
        try (var portal = PortalProcess.Setup.on(data).start()) {
            portal.awaitReady();
            // In a process of its own: the environment must be right before ONNX Runtime is loaded.
            var command =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    "dev.atelier.bench.InferenceBench",
                                    "portal=" + portal.address(""))
                            .inheritIO();
            command.environment().put("ORT_DISABLE_TELEMETRY", "1");
            command.start().waitFor();
        }
    }
}
