package dev.atelier;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Real Python packages in virtual environments below the user's cache folder, installed once from
 * the registry of the machine. Needs Python 3 with venv and pip.
 */
public final class PythonClients {

    private PythonClients() {}

    /** What {@code python3} is there; null where there is none. */
    public static boolean found() {
        try {
            var process =
                    new ProcessBuilder("python3", "-c", "import venv, ensurepip")
                            .redirectErrorStream(true)
                            .start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * The interpreter of an environment with these packages.
     *
     * @param name of the environment; another list of packages needs another name
     * @param packages as pip takes them, with their versions
     */
    public static Path environment(String name, String... packages)
            throws IOException, InterruptedException {
        return environment(List.of("python3", "-m", "venv"), name, packages);
    }

    /**
     * As {@link #environment(String, String...)}, with all that another interpreter has.
     *
     * @param base from {@link #having}
     */
    public static Path environment(Path base, String name, String... packages)
            throws IOException, InterruptedException {
        return environment(
                List.of(base.toString(), "-m", "venv", "--system-site-packages"), name, packages);
    }

    /**
     * The interpreter of an environment with MLflow, the newest of a major when this was written,
     * and what makes small models quickly.
     *
     * @param major 2 or 3
     */
    public static Path mlflow(int major) throws IOException, InterruptedException {
        return environment(
                "mlflow-client-" + major,
                major == 2 ? "mlflow==2.22.5" : "mlflow==3.17.2",
                "scikit-learn==1.6.1",
                "numpy<2",
                "onnx==1.23.2",
                "onnxruntime==1.31.1",
                "skl2onnx==1.20.0",
                "matplotlib",
                "psutil");
    }

    /** An interpreter of this machine that has a module installed; null where there is none. */
    public static @Nullable Path having(String module) throws InterruptedException {
        for (var python : List.of("python3", "/usr/bin/python3")) {
            try {
                var process =
                        new ProcessBuilder(python, "-c", "import venv, ensurepip, " + module)
                                .redirectErrorStream(true)
                                .start();
                process.getInputStream().readAllBytes();
                if (process.waitFor() == 0) {
                    return Path.of(python);
                }
            } catch (IOException e) {
                continue; // there is no such interpreter
            }
        }
        return null;
    }

    /** Where what is installed once stays from build to build, outside of the tree. */
    public static Path cache() throws IOException {
        return Files.createDirectories(
                Path.of(
                        System.getenv()
                                .getOrDefault(
                                        "XDG_CACHE_HOME",
                                        System.getProperty("user.home") + "/.cache"),
                        "atelier"));
    }

    private static Path environment(List<String> venv, String name, String... packages)
            throws IOException, InterruptedException {
        var folder = cache();
        var home = folder.resolve(name);
        var python = home.resolve("bin/python");
        // Two builds on one machine may want it at once.
        try (var lock =
                        FileChannel.open(
                                folder.resolve(name + ".lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                var unused = lock.lock()) {
            if (Files.notExists(home.resolve("complete"))) {
                var make = new ArrayList<>(venv);
                make.addAll(List.of("--clear", home.toString()));
                run(Map.of(), folder, 60, make.toArray(String[]::new));
                var install =
                        new ArrayList<>(
                                List.of(python.toString(), "-m", "pip", "install", "--quiet"));
                install.addAll(List.of(packages));
                run(Map.of(), folder, 1_200, install.toArray(String[]::new));
                Files.createFile(home.resolve("complete"));
            }
        }
        return python;
    }

    /**
     * What a program says, when it ends well.
     *
     * @param environment beside that of this process
     */
    public static String run(
            Map<String, String> environment, Path folder, int seconds, String... command)
            throws IOException, InterruptedException {
        var log = Files.createTempFile("said", ".log");
        try {
            var builder =
                    new ProcessBuilder(command)
                            .directory(folder.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            var process = builder.start();
            try {
                var ended = process.waitFor(seconds, TimeUnit.SECONDS);
                var said = Files.readString(log);
                assertThat(ended).as("still running after %d s: %s", seconds, said).isTrue();
                assertThat(process.exitValue()).as(said).isZero();
                return said;
            } finally {
                process.destroyForcibly();
            }
        } finally {
            Files.deleteIfExists(log);
        }
    }
}
