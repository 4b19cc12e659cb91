package dev.atelier.serving;

import dev.atelier.inference.Frame;
import dev.atelier.inference.Message;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One runner, seen from the portal: calls go in, answers come out, in any order.
 *
 * <p>Any number of threads may call. A runner that answers late, ends, or says what is not a frame
 * is killed, and every call under way learns why.
 */
final class RunnerProcess {

    private static final Logger LOG = Logger.getLogger(RunnerProcess.class);

    /** What surely fits the pipe (64 KiB on Linux), so that writing it cannot block. */
    private static final int FITS_THE_PIPE = 32 << 10;

    /**
     * The kernel ends a child with the <em>thread</em> that started it (PR_SET_PDEATHSIG, which
     * bubblewrap sets), so runners are started by one thread that never ends.
     */
    private static final ExecutorService STARTER =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("runner-starter").factory());

    /** The process ended before it answered. */
    static final class Died extends Exception {
        Died(String reason) {
            super(reason, null, false, false);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    /** No answer in time; the process was killed for it. */
    static final class Late extends Exception {
        Late() {
            super("late", null, false, false);
        }
    }

    private final Process process;
    private final Path slot;
    private final OutputStream out;
    private final int maxAnswer;
    private final ReentrantLock writing = new ReentrantLock();
    private final Map<Long, CompletableFuture<Frame>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final CompletableFuture<Frame> ready = new CompletableFuture<>();
    private final CompletableFuture<String> death = new CompletableFuture<>();
    private final Complaints complaints = new Complaints();
    private volatile @Nullable String killed;
    private volatile @Nullable ExecutorService slowWriter;

    private RunnerProcess(Process process, Path slot, int maxAnswer) {
        this.process = process;
        this.slot = slot;
        this.maxAnswer = maxAnswer;
        this.out = new BufferedOutputStream(process.getOutputStream(), 8 << 10);
    }

    /**
     * Starts one; it is usable once {@link #awaitReady} returns.
     *
     * @param environment the whole of it: nothing of the portal's own is given on
     */
    static RunnerProcess start(
            List<String> command, Map<String, String> environment, Path slot, int maxAnswer)
            throws IOException {
        var builder = new ProcessBuilder(command).directory(slot.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        var process = start(builder);
        var runner = new RunnerProcess(process, slot, maxAnswer);
        Thread.ofPlatform().daemon().name("runner-" + process.pid()).start(runner::readAnswers);
        Thread.ofPlatform()
                .daemon()
                .name("runner-" + process.pid() + "-errors")
                .start(() -> runner.complaints.read(process.getErrorStream()));
        return runner;
    }

    /** Starts a process from the thread that never ends. */
    static Process start(ProcessBuilder builder) throws IOException {
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

    long pid() {
        return process.pid();
    }

    /** The process that runs the model: the sandbox's own process may stand before it. */
    ProcessHandle handle() {
        return process.toHandle();
    }

    Path slot() {
        return slot;
    }

    boolean alive() {
        return !death.isDone() && killed == null && process.isAlive();
    }

    /** What the runner says of its confinement. */
    String awaitReady(Duration limit) throws Died, Late {
        return new String(await(ready, limit.toMillis()).payload(), StandardCharsets.UTF_8);
    }

    /**
     * Calls and waits.
     *
     * @param limitMillis what the runner is told
     * @param patienceMillis how long to wait before the process is killed
     */
    Frame call(Frame.Kind kind, Message message, int limitMillis, long patienceMillis)
            throws Died, Late {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        long id = ids.incrementAndGet();
        int size = message.body().length;
        var answer = new CompletableFuture<Frame>();
        waiting.put(id, answer);
        int before = unanswered.getAndAdd(size + 64);
        try {
            if (death.isDone()) {
                throw new Died(death.join());
            }
            var frame = Frame.request(kind, id, message, limitMillis);
            if (before + size < FITS_THE_PIPE) {
                write(frame, until);
            } else {
                // A write that blocks would hold a carrier thread of all virtual threads.
                slowWriter().execute(() -> writeSlowly(frame));
            }
            return await(answer, Math.max(1, (until - System.nanoTime()) / 1_000_000));
        } finally {
            unanswered.addAndGet(-size - 64);
            waiting.remove(id);
        }
    }

    private void write(Frame frame, long until) throws Died, Late {
        try {
            if (!writing.tryLock(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                kill("it stopped reading its calls");
                throw new Late();
            }
            try {
                frame.write(out);
            } finally {
                writing.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Died("the call was interrupted");
        } catch (IOException e) {
            throw new Died(awaitDeath());
        }
    }

    private void writeSlowly(Frame frame) {
        writing.lock();
        try {
            frame.write(out);
        } catch (IOException _) {
            // Whoever waits for the answer learns it from the end of the process.
            process.destroyForcibly();
        } finally {
            writing.unlock();
        }
    }

    private synchronized ExecutorService slowWriter() {
        var writer = slowWriter;
        if (writer == null) {
            writer =
                    Executors.newSingleThreadExecutor(
                            Thread.ofPlatform()
                                    .daemon()
                                    .name("runner-" + process.pid() + "-writer")
                                    .factory());
            slowWriter = writer;
        }
        return writer;
    }

    private Frame await(CompletableFuture<Frame> answer, long millis) throws Died, Late {
        try {
            return answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            kill("it did not answer within its time limit");
            throw new Late();
        } catch (ExecutionException _) {
            throw new Died(awaitDeath());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Died("the call was interrupted");
        }
    }

    private String awaitDeath() {
        try {
            return death.get(2, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "it ended";
        } catch (ExecutionException | TimeoutException _) {
            return "it ended";
        }
    }

    private void readAnswers() {
        String broken = null;
        try (var in =
                new DataInputStream(new BufferedInputStream(process.getInputStream(), 64 << 10))) {
            Frame frame;
            while ((frame = Frame.read(in, maxAnswer)) != null) {
                if (frame.kind() == Frame.Kind.READY) {
                    ready.complete(frame);
                } else if (frame.kind() == Frame.Kind.ANSWER && frame.status() >= 200) {
                    var call = waiting.get(frame.id());
                    // None: the caller gave up, or the runner makes answers up.
                    if (call != null) {
                        call.complete(frame);
                    }
                } else {
                    broken = "it answered what no runner answers";
                    break;
                }
            }
        } catch (IOException e) {
            broken = "its answers broke off: " + e.getMessage();
        } catch (OutOfMemoryError _) {
            broken = "the portal had no memory for its answer";
        }
        end(broken);
    }

    private void end(@Nullable String broken) {
        process.destroyForcibly();
        int exit = -1;
        try {
            exit = process.waitFor();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        var why = killed;
        if (why == null) {
            why = broken != null && exit == 137 ? broken : meaning(exit) + complaints.lastLine();
        }
        death.complete(why);
        var writer = slowWriter;
        if (writer != null) {
            writer.shutdownNow();
        }
        var failure = new IOException(why);
        ready.completeExceptionally(failure);
        waiting.values().forEach(call -> call.completeExceptionally(failure));
        LOG.debugf("Runner %d ended: %s", process.pid(), why);
    }

    /** What an exit status says; those above 128 are signals. */
    static String meaning(int exit) {
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

    /** Ends it now. The first reason stays. */
    void kill(String reason) {
        synchronized (this) {
            if (killed == null) {
                killed = reason;
            }
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    CompletableFuture<String> death() {
        return death;
    }

    /** Standard error of the runner: bounded, kept for the explanation of a crash. */
    private static final class Complaints {
        private static final int KEPT = 4096;
        private final StringBuilder tail = new StringBuilder();

        void read(InputStream errors) {
            var buffer = new byte[1024];
            try (errors) {
                int count;
                while ((count = errors.read(buffer)) >= 0) {
                    synchronized (tail) {
                        for (int i = 0; i < count; i++) {
                            // Hostile text: nothing but printable ASCII gets near a log.
                            char c = (char) (buffer[i] & 0x7f);
                            tail.append(c == '\n' || (c >= ' ' && c < 127) ? c : ' ');
                        }
                        if (tail.length() > KEPT) {
                            tail.delete(0, tail.length() - KEPT);
                        }
                    }
                }
            } catch (IOException _) {
                // The process is gone, and with it what it had to say.
            }
        }

        String lastLine() {
            synchronized (tail) {
                var lines = tail.toString().lines().filter(line -> !line.isBlank()).toList();
                return lines.isEmpty() ? "" : "; its last words: " + lines.getLast().strip();
            }
        }
    }
}
