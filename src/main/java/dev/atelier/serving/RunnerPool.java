package dev.atelier.serving;

import dev.atelier.inference.Frame;
import dev.atelier.inference.LoadRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Signature;
import dev.atelier.inference.SignatureJson;
import dev.atelier.inference.Timings;
import dev.atelier.platform.confinement.Child;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The runner processes: one for each loaded version, so that whatever a model does to its process
 * touches nobody but its own callers (docs/adr/0004-one-runner-per-version.md).
 *
 * <p>A version is loaded at its first call and unloaded when another needs its place and it was
 * used least recently. A few started runners wait for their first model, each used once.
 */
final class RunnerPool implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunnerPool.class);

    /** How long the portal waits beyond the limit that the runner keeps itself. */
    private static final long GRACE_MILLIS = 1000;

    private static final long MINUTE = TimeUnit.SECONDS.toNanos(60);
    private static final int CRASHES = 3;

    private final Limits limits;
    private final Sandbox sandbox;
    private final Path slots;
    private final FileSource files;
    private final Map<String, Version> versions = new ConcurrentHashMap<>();
    private final Deque<RunnerProcess> warm = new ConcurrentLinkedDeque<>();
    private final Semaphore places;
    private final AtomicLong slotNumbers = new AtomicLong();
    private final ExecutorService warmer =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("runner-warmer").factory());
    private volatile boolean closed;

    RunnerPool(Limits limits, Sandbox sandbox, Path folder, FileSource files) throws IOException {
        this.limits = limits;
        this.sandbox = sandbox;
        this.files = files;
        this.places = new Semaphore(limits.loaded());
        this.slots = folder.resolve("slots");
        Child.delete(slots);
        Files.createDirectories(slots);
        keepWarm();
    }

    List<RunnerStatus> status() {
        return versions.values().stream().map(Version::status).toList();
    }

    int loaded() {
        return (int) versions.values().stream().filter(Version::isLoaded).count();
    }

    Limits limits() {
        return limits;
    }

    /**
     * Calls the version's runner, loading it if need be.
     *
     * @param limit wall clock of this call, not more than the configured one; loading counts apart
     */
    Answer call(Servable servable, Frame.Kind kind, Message message, Duration limit) {
        long began = System.nanoTime();
        if (message.body().length > limits.maxRequest()) {
            return new Answer(
                    413,
                    new Message(
                            ResponseCodec.error(
                                    "The request has %d bytes; the limit is %d (atelier.serving.max-request)."
                                            .formatted(message.body().length, limits.maxRequest())),
                            -1),
                    Outcome.INVALID,
                    Timings.NONE,
                    0,
                    0);
        }
        long limitMillis = Math.min(limit.toMillis(), limits.call().toMillis());
        Answer answer;
        try {
            answer = version(servable).call(kind, message, Math.max(1, limitMillis));
        } catch (Refusal refusal) {
            answer = refusal.answer;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            answer = Answer.of(Outcome.REFUSED, "The call was interrupted.", 1);
        }
        return answer.took(System.nanoTime() - began);
    }

    /** Loads the version if it is not and answers its signature. */
    Signature signature(Servable servable) throws Refusal, InterruptedException {
        return version(servable).loadedSignature();
    }

    /** Ends the version's process and forgets its trouble; the next call starts another. */
    void unload(Servable servable) {
        var version = versions.get(servable.key());
        if (version != null) {
            version.begin();
        }
    }

    private Version version(Servable servable) {
        var version = versions.get(servable.key());
        return version != null
                ? version
                : versions.computeIfAbsent(servable.key(), _ -> new Version(servable));
    }

    /** A call that is answered without the model. */
    static final class Refusal extends Exception {
        final transient Answer answer;

        Refusal(Answer answer) {
            super(null, null, false, false);
            this.answer = answer;
        }
    }

    private static Refusal refusal(Outcome outcome, String reason, int retryAfter) {
        return new Refusal(Answer.of(outcome, reason, retryAfter));
    }

    /** One version: its process when it has one, and its history of trouble. */
    private final class Version {

        private final Servable servable;
        private final Semaphore queue = new Semaphore(limits.queue());
        private final ReentrantLock loading = new ReentrantLock();

        /**
         * Calls hold it shared. A call whose process died is tried once more, holding it alone: if
         * the process dies again the call is the culprit, and no other was in its way.
         */
        private final ReentrantReadWriteLock lane = new ReentrantReadWriteLock();

        private final Deque<Long> crashes = new ArrayDeque<>();
        private volatile @Nullable RunnerProcess process;

        /** Done when the last process has ended and its place is free. */
        private volatile CompletableFuture<Void> ended = CompletableFuture.completedFuture(null);

        private volatile @Nullable Signature signature;
        private volatile long lastUsed = System.nanoTime();
        private long heldUntil;
        private int holds;
        private @Nullable Answer trouble;
        private long troubleUntil;

        Version(Servable servable) {
            this.servable = servable;
        }

        boolean isLoaded() {
            var current = process;
            return current != null && current.alive();
        }

        RunnerStatus status() {
            var current = process;
            var pid = current != null && current.alive() ? Long.valueOf(current.pid()) : null;
            var held = standing();
            return new RunnerStatus(
                    servable.name(),
                    servable.version(),
                    pid != null ? "loaded" : held != null ? "on hold" : "unloaded",
                    pid,
                    limits.queue() - queue.availablePermits(),
                    held == null ? null : held.error());
        }

        Signature loadedSignature() throws Refusal, InterruptedException {
            var known = signature;
            if (known == null) {
                running();
                known = signature;
            }
            if (known == null) {
                throw new IllegalStateException("loaded without a signature");
            }
            return known;
        }

        Answer call(Frame.Kind kind, Message message, long limitMillis)
                throws Refusal, InterruptedException {
            if (!queue.tryAcquire()) {
                throw refusal(
                        Outcome.BUSY,
                        "%d calls of %s are under way or waiting, which is its limit (atelier.serving.queue). Try again in a second."
                                .formatted(limits.queue(), servable),
                        1);
            }
            try {
                return tryCall(kind, message, limitMillis);
            } finally {
                lastUsed = System.nanoTime();
                queue.release();
            }
        }

        private Answer tryCall(Frame.Kind kind, Message message, long limitMillis)
                throws Refusal, InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
            boolean again = false;
            while (true) {
                Lock lock = again ? lane.writeLock() : lane.readLock();
                if (!lock.tryLock(
                        Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    throw refusal(
                            Outcome.TIMEOUT,
                            "The time limit of %d ms was over before the model was free for this call."
                                    .formatted(limitMillis),
                            1);
                }
                try {
                    long before = System.nanoTime();
                    var runner = running();
                    deadline += System.nanoTime() - before;
                    long left = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
                    var frame = runner.call(kind, message, (int) left, left + GRACE_MILLIS);
                    return new Answer(
                            frame.status(),
                            frame.message(),
                            Outcome.of(frame.status()),
                            frame.timings(),
                            0,
                            frame.status() == 503 ? 1 : 0);
                } catch (RunnerProcess.Late _) {
                    throw refusal(
                            Outcome.TIMEOUT,
                            "The model did not stop at its time limit of %d ms; its process was ended."
                                    .formatted(limitMillis),
                            0);
                } catch (RunnerProcess.Died died) {
                    if (again) {
                        throw refusal(
                                Outcome.CRASHED,
                                "This call ended the model's process twice: %s."
                                        .formatted(died.reason()),
                                0);
                    }
                    if (deadline - System.nanoTime() <= 0) {
                        throw refusal(
                                Outcome.TIMEOUT,
                                "The model's process ended during this call and no time was left to try again: %s."
                                        .formatted(died.reason()),
                                1);
                    }
                    again = true;
                } finally {
                    lock.unlock();
                }
            }
        }

        private RunnerProcess running() throws Refusal, InterruptedException {
            var current = process;
            if (current != null && current.alive()) {
                return current;
            }
            if (!loading.tryLock(limits.load().toMillis() + 5000, TimeUnit.MILLISECONDS)) {
                throw refusal(Outcome.BUSY, servable + " is still being loaded.", 5);
            }
            try {
                current = process;
                if (current != null && current.alive()) {
                    return current;
                }
                var standing = standing();
                if (standing != null) {
                    throw new Refusal(standing);
                }
                return load();
            } finally {
                loading.unlock();
            }
        }

        /** What is answered until the trouble is over, or null. */
        private synchronized @Nullable Answer standing() {
            long now = System.nanoTime();
            if (heldUntil - now > 0 && trouble != null) {
                int seconds = (int) Math.ceilDiv(heldUntil - now, 1_000_000_000L);
                return Answer.of(
                        Outcome.REFUSED,
                        "%s is on hold for %d more seconds, because its process ended %d times within a minute, the last time because %s."
                                .formatted(servable, seconds, CRASHES, trouble.error()),
                        seconds);
            }
            return troubleUntil - now > 0 ? trouble : null;
        }

        private RunnerProcess load() throws Refusal, InterruptedException {
            if (!servable.trusted()
                    && !sandbox.level().confines()
                    && !limits.untrustedUnconfined()) {
                throw refusal(
                        Outcome.REFUSED,
                        "No sandbox works on this machine, so only trusted models run. An administrator can install bubblewrap, or set atelier.serving.untrusted-unconfined.",
                        0);
            }
            takePlace();
            RunnerProcess runner = null;
            boolean loaded = false;
            try {
                runner = fresh();
                copyFiles(runner);
                var request =
                        new LoadRequest(
                                servable.name(),
                                servable.version(),
                                sandbox.modelFolder(runner.slot()).toString(),
                                sandbox.modelFolder(runner.slot())
                                        .resolve(servable.main())
                                        .toString(),
                                limits.memoryFor(servable),
                                limits.maxOutput(),
                                servable.batch(limits.batch()),
                                limits.threads());
                int millis = (int) limits.load().toMillis();
                var frame =
                        runner.call(
                                Frame.Kind.LOAD, new Message(request.toJson(), -1), millis, millis);
                if (frame.status() != 200) {
                    throw failed(ResponseCodec.reason(frame.payload()));
                }
                signature = SignatureJson.read(frame.payload());
                process = runner;
                loaded = true;
                whenEnded(runner);
                return runner;
            } catch (RunnerProcess.Died died) {
                crashed(died.reason());
                throw refusal(
                        Outcome.CRASHED,
                        "The model ended its process while it was loaded: %s."
                                .formatted(died.reason()),
                        0);
            } catch (RunnerProcess.Late _) {
                throw failed(
                        "The model was not loaded within %d seconds (atelier.serving.load-limit)."
                                .formatted(limits.load().toSeconds()));
            } catch (IOException e) {
                LOG.warnf("%s cannot be loaded: %s", servable, e.getMessage());
                throw failed("The model cannot be loaded: " + e.getMessage());
            } catch (Problem e) {
                // The store says why it does not hand the files out.
                throw failed(e.detail());
            } finally {
                if (!loaded) {
                    places.release();
                    if (runner != null) {
                        discard(runner);
                    }
                }
            }
        }

        private void whenEnded(RunnerProcess runner) {
            ended =
                    runner.death()
                            .thenAccept(
                                    reason -> {
                                        places.release();
                                        // Otherwise it was unloaded on purpose.
                                        if (runner == process) {
                                            process = null;
                                            crashed(reason);
                                        }
                                        Child.delete(runner.slot());
                                    });
        }

        /**
         * Remembers the reason for some seconds, so that a broken model is not loaded in a loop.
         */
        private synchronized Refusal failed(String reason) {
            trouble = Answer.of(Outcome.FAILED, reason, 0);
            troubleUntil = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
            return new Refusal(trouble);
        }

        private synchronized void crashed(String reason) {
            long now = System.nanoTime();
            LOG.warnf("The runner of %s ended: %s", servable, reason);
            while (!crashes.isEmpty() && now - crashes.peekFirst() > MINUTE) {
                crashes.removeFirst();
            }
            crashes.addLast(now);
            if (crashes.size() >= CRASHES) {
                if (now - heldUntil > 10 * MINUTE) {
                    holds = 0;
                }
                long seconds = Math.min(600, 30L << Math.min(holds, 5));
                holds++;
                heldUntil = now + TimeUnit.SECONDS.toNanos(seconds);
                trouble = Answer.of(Outcome.REFUSED, reason, (int) seconds);
                crashes.clear();
            }
        }

        private void copyFiles(RunnerProcess runner) throws IOException {
            var folder = runner.slot().resolve("model");
            for (var entry : servable.files().entrySet()) {
                var target = folder.resolve(entry.getKey()).normalize();
                if (!target.startsWith(folder) || target.equals(folder)) {
                    throw new IOException("a file of it has a path that leaves its folder");
                }
                Files.createDirectories(target.getParent());
                copy(entry.getKey(), entry.getValue(), target);
            }
        }

        /** Verified on the way: a flipped bit in a model would be loaded silently. */
        private void copy(String path, Servable.File file, Path target) throws IOException {
            try (var in = files.open(file.sha256());
                    var out = Files.newOutputStream(target)) {
                var hash = MessageDigest.getInstance("SHA-256");
                var buffer = new byte[64 << 10];
                int count;
                while ((count = in.read(buffer)) >= 0) {
                    hash.update(buffer, 0, count);
                    out.write(buffer, 0, count);
                }
                if (!HexFormat.of().formatHex(hash.digest()).equals(file.sha256())) {
                    throw new IOException(
                            "its file %s is damaged in the store: the digest differs"
                                    .formatted(path));
                }
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Ends the process unless calls are under way. */
        boolean evict() {
            if (!isLoaded() || !lane.writeLock().tryLock()) {
                return false;
            }
            try {
                unload("another version needed its place");
                return true;
            } finally {
                lane.writeLock().unlock();
            }
        }

        void unload(String reason) {
            var current = process;
            var end = ended;
            process = null;
            if (current != null) {
                current.kill(reason);
                end.join();
            }
        }

        /** As if it had never been called; waits for a load that is under way, and undoes it. */
        void begin() {
            loading.lock();
            try {
                unload("it was unloaded");
                synchronized (this) {
                    crashes.clear();
                    trouble = null;
                    heldUntil = System.nanoTime();
                    troubleUntil = heldUntil;
                    holds = 0;
                }
            } finally {
                loading.unlock();
            }
        }
    }

    private void takePlace() throws Refusal, InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (!places.tryAcquire()) {
            var evicted =
                    versions.values().stream()
                            .filter(Version::isLoaded)
                            .sorted(Comparator.comparingLong(version -> version.lastUsed))
                            .anyMatch(Version::evict);
            if (!evicted && places.tryAcquire(50, TimeUnit.MILLISECONDS)) {
                return;
            }
            if (!evicted && System.nanoTime() - until > 0) {
                throw refusal(
                        Outcome.BUSY,
                        "All %d places for models are busy (atelier.serving.loaded). Try again in a second."
                                .formatted(limits.loaded()),
                        1);
            }
        }
    }

    /** A runner without a model: a waiting one that still answers, or one started now. */
    private RunnerProcess fresh() throws IOException {
        RunnerProcess waiting;
        while ((waiting = warm.pollFirst()) != null) {
            try {
                waiting.call(Frame.Kind.STATS, new Message(new byte[0], -1), 500, 500);
                keepWarm();
                return waiting;
            } catch (RunnerProcess.Died | RunnerProcess.Late e) {
                LOG.debugf("A waiting runner was of no use: %s", e.getMessage());
                discard(waiting);
            }
        }
        var started = start();
        keepWarm();
        return started;
    }

    private RunnerProcess start() throws IOException {
        var slot = slots.resolve(Long.toString(slotNumbers.incrementAndGet()));
        Files.createDirectories(slot.resolve("model"));
        // ONNX Runtime makes an empty folder there before any model is near.
        Files.createDirectories(slot.resolve("tmp"));
        var runner =
                RunnerProcess.start(
                        sandbox.command(slot),
                        sandbox.environment(),
                        slot,
                        limits.maxOutput() + (1 << 20));
        try {
            runner.awaitReady(Duration.ofSeconds(15));
            return runner;
        } catch (RunnerProcess.Died e) {
            discard(runner);
            throw new IOException("its process does not start: " + e.reason(), e);
        } catch (RunnerProcess.Late e) {
            discard(runner);
            throw new IOException("its process was not ready within 15 seconds", e);
        }
    }

    private void discard(RunnerProcess runner) {
        runner.kill("it is not needed");
        runner.death().join();
        Child.delete(runner.slot());
    }

    private void keepWarm() {
        if (limits.warm() == 0) {
            return;
        }
        try {
            warmer.execute(
                    () -> {
                        try {
                            while (!closed && warm.size() < limits.warm()) {
                                warm.addLast(start());
                            }
                            if (closed) {
                                endWarm();
                            }
                        } catch (IOException e) {
                            LOG.warnf("No runner can be kept ready: %s", e.getMessage());
                        }
                    });
        } catch (RejectedExecutionException _) {
            // The portal is stopping.
        }
    }

    private void endWarm() {
        RunnerProcess waiting;
        while ((waiting = warm.pollFirst()) != null) {
            discard(waiting);
        }
    }

    @Override
    public void close() {
        closed = true;
        warmer.shutdown();
        versions.values().forEach(version -> version.unload("the portal stops"));
        endWarm();
    }
}
