package dev.atelier.serving;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How runner processes are started: with which command, environment and walls.
 *
 * <p>{@link #best} finds the best walls that hold on this machine, by letting a process try to get
 * out of them.
 */
final class Sandbox {

    private static final Logger LOG = Logger.getLogger(Sandbox.class);
    private static final String LAUNCHER = "dev.atelier.runner.Launcher";
    private static final String ESCAPES = "dev.atelier.runner.Escapes";

    /** What the self-test of a level found. */
    record Trial(SandboxLevel level, List<String> escaped, List<String> attempts, String trouble) {
        boolean holds() {
            return escaped.isEmpty() && trouble.isEmpty() && attempts.size() >= 12;
        }
    }

    private final RunnerInstallation installation;
    private final SandboxLevel level;
    private final int maxRequest;
    private final Set<Path> libraries;
    private final List<Trial> trials;
    private volatile @Nullable Process rehearsal;

    Sandbox(RunnerInstallation installation, SandboxLevel level, int maxRequest) {
        this(
                installation,
                level,
                maxRequest,
                SharedLibraries.of(installation.java(), installation.folder()),
                List.of());
    }

    private Sandbox(
            RunnerInstallation installation,
            SandboxLevel level,
            int maxRequest,
            Set<Path> libraries,
            List<Trial> trials) {
        this.installation = installation;
        this.level = level;
        this.maxRequest = maxRequest;
        this.libraries = libraries;
        this.trials = List.copyOf(trials);
    }

    /** The first of these levels whose walls hold; {@link SandboxLevel#LIMITS} when none does. */
    static Sandbox best(
            RunnerInstallation installation,
            int maxRequest,
            Path folder,
            List<SandboxLevel> candidates) {
        var libraries = SharedLibraries.of(installation.java(), installation.folder());
        var trials = new ArrayList<Trial>();
        for (var level : candidates) {
            var sandbox = new Sandbox(installation, level, maxRequest, libraries, trials);
            if (level == SandboxLevel.LIMITS) {
                return sandbox;
            }
            var trial = sandbox.trial(folder);
            trials.add(trial);
            if (trial.holds()) {
                return new Sandbox(installation, level, maxRequest, libraries, trials);
            }
            LOG.infof("Sandbox level %s does not hold: %s %s", level, trial.escaped, trial.trouble);
        }
        return new Sandbox(installation, SandboxLevel.LIMITS, maxRequest, libraries, trials);
    }

    SandboxLevel level() {
        return level;
    }

    /** What was tried at the start, for administrators. */
    List<Trial> trials() {
        return trials;
    }

    /** The model's folder, as the runner of this slot sees it. */
    Path modelFolder(Path slot) {
        return slot.resolve("model");
    }

    /** All that a runner gets of an environment. ONNX Runtime reports home unless told not to. */
    Map<String, String> environment() {
        return Map.of("ORT_DISABLE_TELEMETRY", "1");
    }

    List<String> command(Path slot) {
        return command(slot, RunnerInstallation.MAIN, List.of());
    }

    private List<String> command(Path slot, String main, List<String> arguments) {
        return switch (level) {
            case BUBBLEWRAP -> {
                var command = bubblewrap(slot);
                command.addAll(java(main, Path.of("/tmp"), arguments));
                yield command;
            }
            case LANDLOCK -> {
                var command = landlock(slot);
                command.addAll(java(main, slot.resolve("tmp"), arguments));
                yield command;
            }
            case LIMITS -> java(main, slot.resolve("tmp"), arguments);
        };
    }

    private List<String> bubblewrap(Path slot) {
        var command =
                new ArrayList<>(
                        List.of(
                                "bwrap",
                                "--unshare-all",
                                "--die-with-parent",
                                "--new-session",
                                "--clearenv",
                                "--cap-drop",
                                "ALL",
                                "--uid",
                                "65534",
                                "--gid",
                                "65534",
                                "--proc",
                                "/proc",
                                "--dev",
                                "/dev",
                                "--size",
                                "1048576",
                                "--tmpfs",
                                "/tmp"));
        environment().forEach((name, value) -> command.addAll(List.of("--setenv", name, value)));
        readable(slot)
                .forEach(
                        path ->
                                command.addAll(
                                        List.of("--ro-bind", path.toString(), path.toString())));
        command.addAll(List.of("--chdir", "/", "--remount-ro", "/", "--"));
        return command;
    }

    private List<String> landlock(Path slot) {
        var command =
                new ArrayList<>(
                        List.of(
                                installation.java().resolve("bin/java").toString(),
                                "-Xmx32m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                "-Xshare:auto",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                installation.jar().toString(),
                                LAUNCHER));
        Stream.concat(
                        readable(slot),
                        Stream.of(
                                        "/proc/self",
                                        "/proc/cpuinfo",
                                        "/proc/meminfo",
                                        "/proc/stat",
                                        "/sys/devices/system/cpu",
                                        "/dev/random",
                                        "/dev/urandom",
                                        "/dev/zero",
                                        "/etc/ld.so.cache")
                                .map(Path::of))
                .forEach(path -> command.add("r:" + path));
        command.addAll(List.of("w:/dev/null", "w:" + slot.resolve("tmp"), "--"));
        return command;
    }

    private Stream<Path> readable(Path slot) {
        return Stream.concat(
                libraries.stream(),
                Stream.of(installation.java(), installation.folder(), modelFolder(slot)));
    }

    /**
     * Records what a start of the runner loads and links, so that later starts take it from a file:
     * it halves their processor time. Done once an installation; without it all works, slower.
     */
    void rehearse(Path folder) {
        var cache = installation.startUpCache();
        if (Files.exists(cache)) {
            return;
        }
        var part = cache.resolveSibling("runner.aot.part");
        try {
            var scratch = Files.createTempDirectory(folder, "rehearsal");
            var command = java(RunnerInstallation.REHEARSAL, scratch, List.of(scratch.toString()));
            command.add(1, "-XX:AOTCacheOutput=" + part);
            var builder =
                    new ProcessBuilder(command)
                            .directory(scratch.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().clear();
            builder.environment().putAll(environment());
            var process = RunnerProcess.start(builder);
            rehearsal = process;
            process.getOutputStream().close();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            if (ended && process.exitValue() == 0 && Files.exists(part)) {
                Files.move(part, cache, StandardCopyOption.ATOMIC_MOVE);
            } else {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                LOG.infof("Runners start without a start-up cache: none could be recorded.");
            }
            RunnerPool.delete(scratch);
        } catch (IOException e) {
            LOG.infof("Runners start without a start-up cache: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends a rehearsal that is under way. */
    void stop() {
        var process = rehearsal;
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private List<String> java(String main, Path temporary, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(installation.java().resolve("bin/java").toString());
        if (main.equals(RunnerInstallation.MAIN) && Files.exists(installation.startUpCache())) {
            command.add("-XX:AOTCache=" + installation.startUpCache());
        }
        command.addAll(
                List.of(
                        "-Xmx320m",
                        "-Xss512k",
                        "-XX:MaxDirectMemorySize=160m",
                        "-XX:+UseSerialGC",
                        "-XX:-UsePerfData",
                        "-XX:-UseContainerSupport",
                        "-XX:ReservedCodeCacheSize=32m",
                        "-XX:CompressedClassSpaceSize=32m",
                        "-XX:+DisableAttachMechanism",
                        "-XX:+SuppressFatalErrorMessage",
                        // A warning on standard output would come between the frames.
                        "-Xlog:disable",
                        "-Djava.awt.headless=true",
                        "-Djava.io.tmpdir=" + temporary,
                        "--enable-native-access=ALL-UNNAMED",
                        "-Donnxruntime.native.path=" + installation.folder(),
                        "-Drunner.maxRequest=" + maxRequest,
                        "-cp",
                        installation.jar().toString(),
                        main));
        command.addAll(arguments);
        return command;
    }

    /** Lets a process try to get out, in a slot of its own. */
    Trial trial(Path folder) {
        Process process = null;
        try (var listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            var slot = Files.createTempDirectory(folder, "trial");
            Files.createDirectories(slot.resolve("model"));
            Files.createDirectories(slot.resolve("tmp"));
            var secret = Files.writeString(slot.resolve("secret"), "of the portal");
            var builder =
                    new ProcessBuilder(
                                    command(
                                            slot,
                                            ESCAPES,
                                            List.of(
                                                    secret.toString(),
                                                    Integer.toString(listener.getLocalPort()),
                                                    Long.toString(ProcessHandle.current().pid()),
                                                    slot.toString())))
                            .directory(slot.toFile())
                            .redirectErrorStream(true);
            builder.environment().clear();
            builder.environment().putAll(environment());
            process = RunnerProcess.start(builder);
            process.getOutputStream().close();
            var running = process;
            process.onExit()
                    .orTimeout(15, TimeUnit.SECONDS)
                    .exceptionally(
                            _ -> {
                                running.descendants().forEach(ProcessHandle::destroyForcibly);
                                running.destroyForcibly();
                                return running;
                            });
            var lines =
                    new String(
                                    process.getInputStream().readNBytes(64 << 10),
                                    StandardCharsets.UTF_8)
                            .lines()
                            .toList();
            int exit = process.waitFor();
            RunnerPool.delete(slot);
            var escaped = lines.stream().filter(line -> line.endsWith(" ESCAPED")).toList();
            var blocked = lines.stream().filter(line -> line.contains(" blocked")).toList();
            var trouble = exit == 0 ? "" : RunnerProcess.meaning(exit) + ": " + lines;
            return new Trial(
                    level,
                    escaped.stream().map(line -> line.split(" ")[0]).toList(),
                    Stream.concat(blocked.stream(), escaped.stream()).toList(),
                    trouble);
        } catch (IOException e) {
            return new Trial(level, List.of(), List.of(), String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Trial(level, List.of(), List.of(), "interrupted");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
