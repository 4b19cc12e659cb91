package dev.atelier.confinement;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Tries to get out, confined as the portal's children are, and says how far it came: a line for
 * each attempt, {@code name blocked by …} or {@code name ESCAPED}. The portal believes results, not
 * what is installed.
 *
 * <p>Arguments: a file of the portal that no child may read; a port on which the portal listens;
 * the portal's process number; the slot's folder.
 */
public final class Escapes {

    private interface Attempt {
        /** Whether it worked. */
        boolean run() throws Throwable;
    }

    private Escapes() {}

    public static void main(String[] args) {
        var secret = Path.of(args[0]);
        int port = Integer.parseInt(args[1]);
        long portal = Long.parseLong(args[2]);
        var slot = Path.of(args[3]);
        Confinement.enter().forEach(open -> System.out.println("note " + open.replace('\n', ' ')));
        attempt("read-portal-file", () -> Files.readAllBytes(secret).length > 0);
        attempt("read-password-file", () -> Files.readAllBytes(Path.of("/etc/passwd")).length > 0);
        attempt(
                "read-portal-environment",
                () -> Files.readAllBytes(Path.of("/proc/" + portal + "/environ")).length > 0);
        attempt("connect", () -> connect(port));
        attempt("write-input", () -> write(slot.resolve("input/escaped")));
        attempt("write-temporary", () -> write(Path.of("/tmp/escaped")));
        attempt("write-slot-temporary", () -> write(slot.resolve("tmp/escaped")));
        attempt("execute", () -> new ProcessBuilder("/bin/true").start().waitFor() == 0);
        attempt("fork", Escapes::fork);
        attempt("trace", () -> Linux.call("ptrace", Linux.PTRACE, 16, portal, 0, 0) >= 0);
        attempt("signal", () -> Linux.call("kill", Linux.KILL, portal, 0) >= 0);
        attempt(
                "environment",
                () ->
                        !Set.of("ORT_DISABLE_TELEMETRY", "PWD")
                                .containsAll(System.getenv().keySet()));
        attempt("memory", Escapes::allocate);
        Runtime.getRuntime().halt(0);
    }

    private static void attempt(String name, Attempt attempt) {
        String result;
        try {
            result = attempt.run() ? "ESCAPED" : "blocked";
        } catch (Throwable e) {
            result = ("blocked by " + e).replaceAll("\\s+", " ");
        }
        System.out.println(name + " " + result);
    }

    /** By system calls, since the Java classes for it may not even initialise in here. */
    private static boolean connect(int port) throws Linux.Refused {
        long socket = Linux.call("socket", Linux.SOCKET, 2, 1, 0);
        try (var arena = Arena.ofConfined()) {
            var address =
                    Linux.bytes(
                            arena,
                            new byte[] {
                                2,
                                0,
                                (byte) (port >> 8),
                                (byte) port,
                                127,
                                0,
                                0,
                                1,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0
                            });
            return Linux.call("connect", Linux.CONNECT, socket, address.address(), 16) == 0;
        }
    }

    private static boolean write(Path file) throws IOException {
        Files.write(file, new byte[] {1});
        return true;
    }

    private static boolean fork() throws Linux.Refused {
        long child = Linux.call("clone", Linux.CLONE, 17, 0, 0, 0, 0);
        if (child == 0) {
            Runtime.getRuntime().halt(0);
        }
        return true;
    }

    private static boolean allocate() throws IOException, Linux.Refused {
        Confinement.limitMemory(256L << 20);
        try (var arena = Arena.ofConfined()) {
            return arena.allocate(4L << 30).byteSize() > 0;
        }
    }
}
