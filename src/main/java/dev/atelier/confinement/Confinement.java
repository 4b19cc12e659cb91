package dev.atelier.confinement;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a child of the portal does to itself before it sees anything hostile: it gives up files it
 * could write, programs it could start, sockets, other processes, and memory beyond its share.
 *
 * <p>The filter of system calls holds all threads (TSYNC) and cannot be taken off again.
 */
public final class Confinement {

    private static final int SET_MODE_FILTER = 1;
    private static final int FLAG_TSYNC = 1;

    private static final int LOAD = 0x20;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_GREATER_EQUAL = 0x35;
    private static final int JUMP_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;

    private static final int ALLOW = 0x7fff0000;
    private static final int KILL_PROCESS = 0x80000000;
    private static final int ERRNO = 0x00050000;
    private static final int EPERM = 1;
    private static final int EACCES = 13;
    private static final int ENOSYS = 38;

    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;

    private static final int CLONE_THREAD = 0x10000;

    /** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE. */
    private static final int WRITES = 0x400243;

    private Confinement() {}

    /**
     * Closes everything that can be closed before its input is there.
     *
     * @return what was refused by the kernel, in words; empty when all holds
     */
    public static List<String> enter() {
        var open = new ArrayList<String>();
        if (!Linux.HERE) {
            return List.of("this is not Linux: nothing is confined");
        }
        attempt(open, () -> Linux.limit(Linux.RLIMIT_CORE, 0));
        attempt(open, () -> Linux.limit(Linux.RLIMIT_FSIZE, 16 << 20));
        attempt(open, () -> Linux.limit(Linux.RLIMIT_NOFILE, 256));
        // Threads started from here on inherit it: the portal answers while its children calculate.
        attempt(open, () -> Linux.call("setpriority", Linux.SETPRIORITY, 0, 0, 5));
        offerToBeKilledFirst();
        attempt(open, Linux::noNewPrivileges);
        attempt(open, Confinement::filterSystemCalls);
        return open;
    }

    /** The steps of {@link #enter} that shut nothing, for the rehearsal. */
    public static List<String> rehearse() {
        var open = new ArrayList<String>();
        if (Linux.HERE) {
            attempt(open, () -> Linux.limit(Linux.RLIMIT_CORE, 0));
            attempt(open, Linux::noNewPrivileges);
            offerToBeKilledFirst();
            program();
        }
        return open;
    }

    private interface Step {
        void run() throws Linux.Refused;
    }

    private static void attempt(List<String> open, Step step) {
        try {
            step.run();
        } catch (Linux.Refused e) {
            open.add(String.valueOf(e.getMessage()));
        }
    }

    /** When the machine has no memory left, the kernel shall take a child, not the portal. */
    private static void offerToBeKilledFirst() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException _) {
            // Under landlock the launcher has done it; elsewhere it is a wish, not a wall.
        }
    }

    /**
     * Leaves so many bytes of address space beyond what is taken now. For good. 0 leaves it open.
     */
    public static void limitMemory(long bytes) throws IOException, Linux.Refused {
        if (!Linux.HERE || bytes == 0) {
            return;
        }
        long pages = Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", 2)[0]);
        Linux.limit(Linux.RLIMIT_AS, pages * 4096 + bytes);
    }

    private static void filterSystemCalls() throws Linux.Refused {
        var program = program();
        try (var arena = Arena.ofConfined()) {
            var code = arena.allocate(program.length, 8);
            code.copyFrom(java.lang.foreign.MemorySegment.ofArray(program));
            // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
            var header = arena.allocate(16, 8);
            header.set(JAVA_SHORT, 0, (short) (program.length / 8));
            header.set(JAVA_LONG, 8, code.address());
            Linux.call(
                    "seccomp", Linux.SECCOMP, SET_MODE_FILTER, FLAG_TSYNC, header.address(), 0, 0);
        }
    }

    /** The filter in the kernel's packet filter language, eight bytes an instruction. */
    private static byte[] program() {
        var code = new Program();
        code.add(LOAD | 0, 0, 0, ARCHITECTURE);
        code.add(JUMP_EQUAL, 1, 0, Linux.ARM ? 0xC00000B7 : 0xC000003E);
        code.add(RETURN, 0, 0, KILL_PROCESS);
        code.add(LOAD, 0, 0, NUMBER);
        if (!Linux.ARM) {
            // The x32 numbers are a second way to the same calls.
            code.add(JUMP_GREATER_EQUAL, 0, 1, 0x40000000);
            code.add(RETURN, 0, 0, ERRNO | EPERM);
        }
        for (int number : SystemCalls.denied(Linux.ARM ? 2 : 1)) {
            code.refuse(number, EPERM);
        }
        // The C library falls back to clone and openat, whose flags can be read.
        code.refuse(435, ENOSYS); // clone3
        code.refuse(437, ENOSYS); // openat2
        int pid = (int) ProcessHandle.current().pid();
        code.refuseUnlessAnyBit(Linux.CLONE, 0, CLONE_THREAD, EPERM);
        code.refuseIfAnyBit(Linux.OPENAT, 2, WRITES, EACCES);
        if (!Linux.ARM) {
            code.refuseIfAnyBit(2, 1, WRITES, EACCES); // open
        }
        code.refuseUnlessEqual(Linux.ARM ? 131 : 234, 0, pid, EPERM); // tgkill
        code.refuseUnlessEqual(Linux.PRLIMIT, 0, 0, EPERM);
        code.add(RETURN, 0, 0, ALLOW);
        return code.bytes();
    }

    private static final class Program {
        private final ByteBuffer code = ByteBuffer.allocate(8 * 512).order(ByteOrder.nativeOrder());

        void add(int operation, int ifTrue, int ifFalse, int value) {
            code.putShort((short) operation).put((byte) ifTrue).put((byte) ifFalse).putInt(value);
        }

        void refuse(int number, int errno) {
            add(JUMP_EQUAL, 0, 1, number);
            add(RETURN, 0, 0, ERRNO | errno);
        }

        void refuseIfAnyBit(int number, int argument, int bits, int errno) {
            add(JUMP_EQUAL, 0, 4, number);
            add(LOAD, 0, 0, FIRST_ARGUMENT + 8 * argument);
            add(JUMP_ANY_BIT, 0, 1, bits);
            add(RETURN, 0, 0, ERRNO | errno);
            add(RETURN, 0, 0, ALLOW);
        }

        void refuseUnlessAnyBit(int number, int argument, int bits, int errno) {
            add(JUMP_EQUAL, 0, 4, number);
            add(LOAD, 0, 0, FIRST_ARGUMENT + 8 * argument);
            add(JUMP_ANY_BIT, 1, 0, bits);
            add(RETURN, 0, 0, ERRNO | errno);
            add(RETURN, 0, 0, ALLOW);
        }

        void refuseUnlessEqual(int number, int argument, int value, int errno) {
            add(JUMP_EQUAL, 0, 4, number);
            add(LOAD, 0, 0, FIRST_ARGUMENT + 8 * argument);
            add(JUMP_EQUAL, 1, 0, value);
            add(RETURN, 0, 0, ERRNO | errno);
            add(RETURN, 0, 0, ALLOW);
        }

        byte[] bytes() {
            var bytes = new byte[code.position()];
            code.flip().get(bytes);
            return bytes;
        }
    }
}
