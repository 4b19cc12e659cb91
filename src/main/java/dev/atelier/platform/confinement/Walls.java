package dev.atelier.platform.confinement;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * How a program is shut in: with which command it is started.
 *
 * <p>{@link #best} finds the best walls that hold on this machine, by letting a process try to get
 * out of them. Every process has a folder of its own, its slot; {@code tmp} in it is its temporary
 * folder where no other is made for it.
 */
public final class Walls {

    private static final Logger LOG = Logger.getLogger(Walls.class);
    private static final String LAUNCHER = "dev.atelier.confinement.Launcher";

    /** Attempts that every trial makes at least; fewer means that it broke off. */
    private static final int ATTEMPTS = 12;

    /** What the self-test of a level found. */
    public record Trial(
            SandboxLevel level, List<String> escaped, List<String> attempts, String trouble) {
        public boolean holds() {
            return escaped.isEmpty() && trouble.isEmpty() && attempts.size() >= ATTEMPTS;
        }
    }

    private final Program program;
    private final SandboxLevel level;
    private final Set<Path> libraries;
    private final List<Trial> trials;

    public Walls(Program program, SandboxLevel level) {
        this(program, level, SharedLibraries.of(program.java(), program.folder()), List.of());
    }

    private Walls(Program program, SandboxLevel level, Set<Path> libraries, List<Trial> trials) {
        this.program = program;
        this.level = level;
        this.libraries = libraries;
        this.trials = List.copyOf(trials);
    }

    /**
     * The first of these levels whose walls hold; {@link SandboxLevel#LIMITS} when none does.
     *
     * @param folder where the trials have their slots
     */
    public static Walls best(Program program, Path folder, List<SandboxLevel> candidates) {
        var libraries = SharedLibraries.of(program.java(), program.folder());
        var trials = new ArrayList<Trial>();
        for (var level : candidates) {
            var walls = new Walls(program, level, libraries, trials);
            if (level == SandboxLevel.LIMITS) {
                return walls;
            }
            var trial = walls.trial(folder);
            trials.add(trial);
            if (trial.holds()) {
                return new Walls(program, level, libraries, trials);
            }
            LOG.infof("Sandbox level %s does not hold: %s %s", level, trial.escaped, trial.trouble);
        }
        return new Walls(program, SandboxLevel.LIMITS, libraries, trials);
    }

    public SandboxLevel level() {
        return level;
    }

    /** What was tried at the start, for administrators. */
    public List<Trial> trials() {
        return trials;
    }

    /**
     * The command that starts the program behind these walls.
     *
     * @param slot the process's own folder
     * @param readable what it may read beside its program
     * @param options of the Java machine, beside the program's own
     */
    public List<String> command(
            Path slot,
            List<Path> readable,
            List<String> options,
            String main,
            List<String> arguments) {
        var command =
                switch (level) {
                    case BUBBLEWRAP -> bubblewrap(readable);
                    case LANDLOCK -> landlock(slot, readable);
                    case LIMITS -> new ArrayList<String>();
                };
        var temporary = level == SandboxLevel.BUBBLEWRAP ? Path.of("/tmp") : slot.resolve("tmp");
        command.addAll(java(temporary, options, main, arguments));
        return command;
    }

    /** The command without walls, for what is trusted. */
    public List<String> java(
            Path temporary, List<String> options, String main, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(program.java().resolve("bin/java").toString());
        command.addAll(options);
        command.addAll(program.options());
        command.add("-Djava.io.tmpdir=" + temporary);
        command.addAll(List.of("-cp", program.jar().toString(), main));
        command.addAll(arguments);
        return command;
    }

    private List<String> bubblewrap(List<Path> readable) {
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
        program.environment()
                .forEach((name, value) -> command.addAll(List.of("--setenv", name, value)));
        known(readable)
                .forEach(
                        path ->
                                command.addAll(
                                        List.of("--ro-bind", path.toString(), path.toString())));
        command.addAll(List.of("--chdir", "/", "--remount-ro", "/", "--"));
        return command;
    }

    private List<String> landlock(Path slot, List<Path> readable) {
        var command =
                new ArrayList<>(
                        List.of(
                                program.java().resolve("bin/java").toString(),
                                "-Xmx32m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                "-Xshare:auto",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                program.jar().toString(),
                                LAUNCHER));
        Stream.concat(
                        known(readable),
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

    private Stream<Path> known(List<Path> readable) {
        return Stream.concat(
                Stream.concat(libraries.stream(), Stream.of(program.java(), program.folder())),
                readable.stream());
    }

    /** Lets a process try to get out, in a slot of its own. */
    public Trial trial(Path folder) {
        Process process = null;
        try (var listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            var slot = Files.createTempDirectory(folder, "trial");
            var input = Files.createDirectories(slot.resolve("input"));
            Files.createDirectories(slot.resolve("tmp"));
            var secret = Files.writeString(slot.resolve("secret"), "of the portal");
            var builder =
                    new ProcessBuilder(
                                    command(
                                            slot,
                                            List.of(input),
                                            List.of(),
                                            program.escapes(),
                                            List.of(
                                                    secret.toString(),
                                                    Integer.toString(listener.getLocalPort()),
                                                    Long.toString(ProcessHandle.current().pid()),
                                                    slot.toString())))
                            .directory(slot.toFile())
                            .redirectErrorStream(true);
            builder.environment().clear();
            builder.environment().putAll(program.environment());
            process = Child.start(builder);
            process.getOutputStream().close();
            var running = process;
            process.onExit()
                    .orTimeout(15, TimeUnit.SECONDS)
                    .exceptionally(
                            _ -> {
                                Child.end(running);
                                return running;
                            });
            var lines =
                    new String(
                                    process.getInputStream().readNBytes(64 << 10),
                                    StandardCharsets.UTF_8)
                            .lines()
                            .toList();
            int exit = process.waitFor();
            Child.delete(slot);
            var escaped = lines.stream().filter(line -> line.endsWith(" ESCAPED")).toList();
            var blocked = lines.stream().filter(line -> line.contains(" blocked")).toList();
            var trouble = exit == 0 ? "" : Child.meaning(exit) + ": " + lines;
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
