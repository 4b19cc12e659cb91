package dev.atelier.confinement;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Shuts itself in with landlock, then becomes the program that is to be confined.
 *
 * <p>Landlock holds the calling thread and what it executes, not the other threads of a running
 * Java machine; so the walls are built here, in a machine that ends with {@code execve}.
 *
 * <p>Arguments: {@code r:PATH} for files and folders that may be read and executed, {@code w:PATH}
 * for folders that may be written as well, then {@code --} and the command.
 */
public final class Launcher {

    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 2;
    private static final long READ_FILE = 4;
    private static final long READ_DIR = 8;
    private static final long TRUNCATE = 1 << 14;
    private static final long FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15;

    private static final int OPEN_PATH = 0x200000 | 0x80000; // O_PATH, O_CLOEXEC
    private static final int CURRENT_FOLDER = -100;

    private static final int SET_DEATH_SIGNAL = 1;
    private static final int DROP_FROM_BOUND = 24;
    private static final int SET_SECUREBITS = 28;
    private static final int NEW_NETWORK = 0x40000000;
    private static final int NEW_IPC = 0x08000000;

    private Launcher() {}

    public static void main(String[] args) throws IOException, Linux.Refused {
        var arguments = List.of(args);
        int split = arguments.indexOf("--");
        var command = arguments.subList(split + 1, arguments.size());
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException _) {
            // A wish, not a wall.
        }
        Linux.call("prctl(PDEATHSIG)", Linux.PRCTL, SET_DEATH_SIGNAL, 9, 0, 0, 0);
        giveUpRoot();
        Linux.noNewPrivileges();
        restrictFiles(arguments.subList(0, split));
        execute(command);
    }

    /**
     * Root without capabilities is a user like others. It stays user 0, because the files of a
     * portal that root started are root's alone; landlock says which of them count.
     */
    private static void giveUpRoot() throws Linux.Refused {
        try {
            Linux.call("unshare", Linux.UNSHARE, NEW_NETWORK | NEW_IPC);
        } catch (Linux.Refused _) {
            // Not root: the filter of system calls closes the network.
        }
        for (int capability = 0; capability < 64; capability++) {
            try {
                Linux.call(
                        "prctl(CAPBSET_DROP)", Linux.PRCTL, DROP_FROM_BOUND, capability, 0, 0, 0);
            } catch (Linux.Refused _) {
                break; // no right to, or no such capability
            }
        }
        try {
            // NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each locked
            Linux.call("prctl(SECUREBITS)", Linux.PRCTL, SET_SECUREBITS, 0xCF, 0, 0, 0);
        } catch (Linux.Refused _) {
            // Not root, and so nothing to give up.
        }
        try (var arena = Arena.ofConfined()) {
            var header = Linux.ints(arena, 0x20080522, 0);
            var none = Linux.ints(arena, 0, 0, 0, 0, 0, 0);
            Linux.call("capset", Linux.CAPSET, header.address(), none.address());
        }
    }

    private static void restrictFiles(List<String> rules) throws Linux.Refused {
        try (var arena = Arena.ofConfined()) {
            long version = Linux.call("landlock", Linux.LANDLOCK_CREATE_RULESET, 0, 0, 1);
            var attributes = arena.allocate(24, 8);
            long handled = handled(version);
            attributes.set(JAVA_LONG, 0, handled);
            attributes.set(JAVA_LONG, 8, version >= 4 ? 3 : 0); // bind and connect TCP
            attributes.set(JAVA_LONG, 16, version >= 6 ? 3 : 0); // abstract sockets, signals
            long size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
            long ruleset =
                    Linux.call(
                            "landlock_create_ruleset",
                            Linux.LANDLOCK_CREATE_RULESET,
                            attributes.address(),
                            size,
                            0);
            for (var rule : rules) {
                boolean writes = rule.startsWith("w:");
                var path = Path.of(rule.substring(2));
                if (Files.exists(path)) {
                    allow(arena, ruleset, path, writes ? handled : handled & reading());
                }
            }
            Linux.call("landlock_restrict_self", Linux.LANDLOCK_RESTRICT_SELF, ruleset, 0);
        }
    }

    private static long reading() {
        return EXECUTE | READ_FILE | READ_DIR;
    }

    /** What this version of landlock can refuse; all of it is. */
    private static long handled(long version) {
        int rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
        return (1L << rights) - 1;
    }

    private static void allow(Arena arena, long ruleset, Path path, long rights)
            throws Linux.Refused {
        long file =
                Linux.call(
                        "open " + path,
                        Linux.OPENAT,
                        CURRENT_FOLDER,
                        arena.allocateFrom(path.toString()).address(),
                        OPEN_PATH);
        // struct landlock_path_beneath_attr, packed. Rights of folders on a file are an error.
        var rule = arena.allocate(16, 8);
        rule.set(JAVA_LONG_UNALIGNED, 0, Files.isDirectory(path) ? rights : rights & FOR_FILES);
        rule.set(JAVA_INT_UNALIGNED, 8, (int) file);
        Linux.call("landlock_add_rule", Linux.LANDLOCK_ADD_RULE, ruleset, 1, rule.address(), 0);
        Linux.call("close", Linux.CLOSE, file);
    }

    private static void execute(List<String> command) throws Linux.Refused {
        try (var arena = Arena.ofConfined()) {
            var environment = new ArrayList<String>();
            for (Map.Entry<String, String> entry : System.getenv().entrySet()) {
                environment.add(entry.getKey() + "=" + entry.getValue());
            }
            Linux.call(
                    "execve " + Arrays.toString(command.toArray()),
                    Linux.EXECVE,
                    arena.allocateFrom(command.getFirst()).address(),
                    Linux.strings(arena, command, command.size()).address(),
                    Linux.strings(arena, environment, environment.size()).address());
        }
    }
}
