package dev.atelier.serving;

import dev.atelier.platform.confinement.Child;
import dev.atelier.platform.confinement.Program;
import dev.atelier.platform.confinement.SandboxLevel;
import dev.atelier.platform.confinement.Walls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** How runner processes are started: with which command, environment and walls. */
final class Sandbox {

    private static final Logger LOG = Logger.getLogger(Sandbox.class);

    /** All that a runner gets of an environment. ONNX Runtime reports home unless told not to. */
    private static final Map<String, String> ENVIRONMENT = Map.of("ORT_DISABLE_TELEMETRY", "1");

    private final RunnerInstallation installation;
    private final Walls walls;
    private volatile @Nullable Process rehearsal;

    Sandbox(RunnerInstallation installation, SandboxLevel level, int maxRequest) {
        this(installation, new Walls(program(installation, maxRequest), level));
    }

    private Sandbox(RunnerInstallation installation, Walls walls) {
        this.installation = installation;
        this.walls = walls;
    }

    /** The first of these levels whose walls hold; {@link SandboxLevel#LIMITS} when none does. */
    static Sandbox best(
            RunnerInstallation installation,
            int maxRequest,
            Path folder,
            List<SandboxLevel> candidates) {
        return new Sandbox(
                installation, Walls.best(program(installation, maxRequest), folder, candidates));
    }

    private static Program program(RunnerInstallation installation, int maxRequest) {
        return new Program(
                installation.java(),
                installation.folder(),
                installation.jar(),
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
                        "--enable-native-access=ALL-UNNAMED",
                        "-Donnxruntime.native.path=" + installation.folder(),
                        "-Drunner.maxRequest=" + maxRequest),
                ENVIRONMENT,
                RunnerInstallation.ESCAPES);
    }

    SandboxLevel level() {
        return walls.level();
    }

    /** What was tried at the start, for administrators. */
    List<Walls.Trial> trials() {
        return walls.trials();
    }

    /** Lets a process try to get out, in a slot of its own. */
    Walls.Trial trial(Path folder) {
        return walls.trial(folder);
    }

    /** The model's folder, as the runner of this slot sees it. */
    Path modelFolder(Path slot) {
        return slot.resolve("model");
    }

    Map<String, String> environment() {
        return ENVIRONMENT;
    }

    List<String> command(Path slot) {
        return walls.command(
                slot,
                List.of(modelFolder(slot)),
                Files.exists(installation.startUpCache())
                        ? List.of("-XX:AOTCache=" + installation.startUpCache())
                        : List.of(),
                RunnerInstallation.MAIN,
                List.of());
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
            var command =
                    walls.java(
                            scratch,
                            List.of("-XX:AOTCacheOutput=" + part),
                            RunnerInstallation.REHEARSAL,
                            List.of(scratch.toString()));
            var builder =
                    new ProcessBuilder(command)
                            .directory(scratch.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().clear();
            builder.environment().putAll(environment());
            var process = Child.start(builder);
            rehearsal = process;
            process.getOutputStream().close();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            if (ended && process.exitValue() == 0 && Files.exists(part)) {
                Files.move(part, cache, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Child.end(process);
                LOG.infof("Runners start without a start-up cache: none could be recorded.");
            }
            Child.delete(scratch);
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
            Child.end(process);
        }
    }
}
