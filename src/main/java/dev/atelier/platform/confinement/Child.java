package dev.atelier.platform.confinement;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;

/** Processes that the portal starts to run strangers' work, and how their ends are told. */
public final class Child {

    private static final Logger LOG = Logger.getLogger(Child.class);

    /**
     * The kernel ends a child with the <em>thread</em> that started it (PR_SET_PDEATHSIG, which
     * bubblewrap sets), so children are started by one thread that never ends.
     */
    private static final ExecutorService STARTER =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("child-starter").factory());

    private Child() {}

    /**
     * Starts a process from the thread that never ends.
     *
     * @param environment the whole of it: nothing of the portal's own is given on
     * @param folder where it starts
     */
    public static Process start(List<String> command, Map<String, String> environment, Path folder)
            throws IOException {
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return start(builder);
    }

    /** Starts a process from the thread that never ends. */
    public static Process start(ProcessBuilder builder) throws IOException {
        try {
            return STARTER.submit(builder::start).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting a process", e);
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() instanceof IOException cause
                            ? cause.getMessage()
                            : "a process cannot be started",
                    e);
        }
    }

    /** Ends it now, and what it started: the sandbox's own process may stand before it. */
    public static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** What an exit status says; those above 128 are signals. */
    public static String meaning(int exit) {
        return switch (exit) {
            case 134 ->
                    "it aborted (signal 6), as programs do when memory runs out or a check fails";
            case 137 -> "it was killed (signal 9), as the system does when memory runs out";
            case 139 -> "it crashed (signal 11, invalid memory access)";
            case 152 -> "it used up its processor time (signal 24)";
            case 159 -> "it did what the sandbox forbids (signal 31)";
            default ->
                    exit > 128
                            ? "it was ended by signal " + (exit - 128)
                            : "it ended with status " + exit;
        };
    }

    /** Removes the folder of a child that has ended. What cannot be removed stays, and is told. */
    public static void delete(Path slot) {
        if (Files.notExists(slot)) {
            return;
        }
        try (var content = Files.walk(slot)) {
            for (var path : content.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warnf("The folder %s of an ended process stays: %s", slot, e.getMessage());
        }
    }
}
