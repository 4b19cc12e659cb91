package dev.atelier.serving;

import dev.atelier.inference.Frame;
import dev.atelier.inference.Message;
import dev.atelier.platform.confinement.Child;
import dev.atelier.platform.confinement.Complaints;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
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
        var process = Child.start(command, environment, slot);
        var runner = new RunnerProcess(process, slot, maxAnswer);
        Thread.ofPlatform().daemon().name("runner-" + process.pid()).start(runner::readAnswers);
        Thread.ofPlatform()
                .daemon()
                .name("runner-" + process.pid() + "-errors")
                .start(() -> runner.complaints.read(process.getErrorStream()));
        return runner;
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
            why =
                    broken != null && exit == 137
                            ? broken
                            : Child.meaning(exit) + complaints.lastLine();
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

    /** Ends it now. The first reason stays. */
    void kill(String reason) {
        synchronized (this) {
            if (killed == null) {
                killed = reason;
            }
        }
        Child.end(process);
    }

    CompletableFuture<String> death() {
        return death;
    }
}
