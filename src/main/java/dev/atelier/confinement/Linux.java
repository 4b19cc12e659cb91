package dev.atelier.confinement;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;

/** The kernel's own doors, called without native code of ours. */
public final class Linux {

    /** A call that the kernel refused. */
    public static final class Refused extends Exception {
        final int errno;

        Refused(String what, int errno) {
            super(what + " failed with errno " + errno);
            this.errno = errno;
        }
    }

    static final boolean HERE =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
    static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO_OF =
            Linker.Option.captureStateLayout()
                    .varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SYSCALL =
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                            FunctionDescriptor.of(
                                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                                    JAVA_LONG, JAVA_LONG),
                            Linker.Option.firstVariadicArg(1),
                            ERRNO);

    static final int PRCTL = ARM ? 167 : 157;
    static final int SECCOMP = ARM ? 277 : 317;
    static final int PRLIMIT = ARM ? 261 : 302;
    static final int SETPRIORITY = ARM ? 140 : 141;
    static final int OPENAT = ARM ? 56 : 257;
    static final int CLOSE = ARM ? 57 : 3;
    static final int CAPSET = ARM ? 91 : 126;
    static final int UNSHARE = ARM ? 97 : 272;
    static final int KILL = ARM ? 129 : 62;
    static final int PTRACE = ARM ? 117 : 101;
    static final int CLONE = ARM ? 220 : 56;
    static final int SOCKET = ARM ? 198 : 41;
    static final int CONNECT = ARM ? 203 : 42;
    static final int EXECVE = ARM ? 221 : 59;
    static final int LANDLOCK_CREATE_RULESET = 444;
    static final int LANDLOCK_ADD_RULE = 445;
    static final int LANDLOCK_RESTRICT_SELF = 446;

    private static final int SET_NO_NEW_PRIVS = 38;

    static final int RLIMIT_FSIZE = 1;
    static final int RLIMIT_CORE = 4;
    static final int RLIMIT_NOFILE = 7;
    static final int RLIMIT_AS = 9;

    private Linux() {}

    /** The result, or a refusal where it is negative. */
    static long call(String what, long number, long... arguments) throws Refused {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(Linker.Option.captureStateLayout());
            var all = new long[6];
            System.arraycopy(arguments, 0, all, 0, Math.min(5, arguments.length));
            long result =
                    (long)
                            SYSCALL.invokeExact(
                                    state, number, all[0], all[1], all[2], all[3], all[4]);
            if (result < 0) {
                throw new Refused(what, (int) ERRNO_OF.get(state, 0L));
            }
            return result;
        } catch (Refused e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(what, e);
        }
    }

    /** Neither this process nor what it executes can gain rights any more. */
    static void noNewPrivileges() throws Refused {
        call("prctl(NO_NEW_PRIVS)", PRCTL, SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    /** Sets the soft and the hard limit of this process. */
    static void limit(int resource, long value) throws Refused {
        try (var arena = Arena.ofConfined()) {
            var pair = arena.allocate(16, 8);
            pair.set(JAVA_LONG, 0, value);
            pair.set(JAVA_LONG, 8, value);
            call("prlimit " + resource, PRLIMIT, 0, resource, pair.address(), 0);
        }
    }

    static MemorySegment strings(Arena arena, Iterable<String> values, int count) {
        var array = arena.allocate(ADDRESS, count + 1L);
        int i = 0;
        for (var value : values) {
            array.setAtIndex(ADDRESS, i++, arena.allocateFrom(value));
        }
        array.setAtIndex(ADDRESS, i, MemorySegment.NULL);
        return array;
    }

    static MemorySegment ints(Arena arena, int... values) {
        return arena.allocateFrom(JAVA_INT, values);
    }

    static MemorySegment bytes(Arena arena, byte[] values) {
        return arena.allocateFrom(JAVA_BYTE, values);
    }
}
