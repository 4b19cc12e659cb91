package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.Proposal;
import dev.atelier.platform.database.Sql;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes how far a task is to the database, keeps the hold on it while it goes on, and interrupts
 * it when it is to stop.
 */
final class TaskJournal implements Journal {

    private static final Logger LOG = Logger.getLogger(TaskJournal.class);

    /** How soon a line of the log is seen. */
    private static final Duration TICK = Duration.ofMillis(150);

    private static final long HOLD_NANOS = Duration.ofSeconds(2).toNanos();
    private static final Duration LEAVE = Duration.ofSeconds(5);
    private static final int PORTION = 1_000;

    /** One line is no book. */
    private static final int LONGEST = 8_000;

    /** Why it does not go on. */
    enum Why {
        CANCELLED,
        LATE,
        STOPPING,
        WAITING,
        LOST
    }

    private final TaskLeases leases;
    private final Task task;
    private final Workspace workspace;
    private final BooleanSupplier stopping;
    private final GoldenPathsConfig config;
    private final Thread runner;
    private final Thread watch;
    private final List<TaskLeases.Line> lines = new ArrayList<>();
    private byte @Nullable [] kept;
    private volatile @Nullable Why why;
    private volatile long stepBegan;
    private final Semaphore over = new Semaphore(0);
    private boolean closed;

    TaskJournal(
            TaskLeases leases,
            Task task,
            Workspace workspace,
            BooleanSupplier stopping,
            GoldenPathsConfig config) {
        this.leases = leases;
        this.task = task;
        this.workspace = workspace;
        this.stopping = stopping;
        this.config = config;
        this.runner = Thread.currentThread();
        this.watch = Thread.ofVirtual().name("task-" + task.id()).unstarted(this::watch);
    }

    void begin() {
        watch.start();
    }

    /** Why it was stopped; without a reason of its own it was taken by somebody else. */
    Why why() {
        var known = why;
        if (known != null) {
            return known;
        }
        return leases.hold(task) == TaskLeases.Standing.CANCELLED ? Why.CANCELLED : Why.LOST;
    }

    private void watch() {
        long held = System.nanoTime();
        try {
            while (!over.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                flush();
                long now = System.nanoTime();
                if (now - held > HOLD_NANOS) {
                    held = now;
                    switch (leases.hold(task)) {
                        case HELD -> {}
                        case CANCELLED -> stop(Why.CANCELLED);
                        case LOST -> stop(Why.LOST);
                    }
                }
                if (stepBegan != 0 && now - stepBegan > config.stepLimit().toNanos()) {
                    stop(Why.LATE);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // Without the database the hold is lost sooner or later; better stop now.
            LOG.warnf("Task %s stops here: %s", task.id(), e);
            stop(Why.LOST);
        }
    }

    /** Whether it was told to stop. */
    boolean stopped() {
        return why != null;
    }

    private void stop(Why reason) {
        synchronized (this) {
            if (why != null || closed) {
                return;
            }
            why = reason;
        }
        runner.interrupt();
    }

    @Override
    public Word word(int position) {
        return leases.word(task, position);
    }

    @Override
    public void waitFor(int position, ApprovalRule rule) throws Stopped {
        flush();
        synchronized (this) {
            if (why == null) {
                why = Why.WAITING;
            }
        }
        leases.waitFor(task, position, rule);
        throw new Stopped();
    }

    @Override
    public void started(int position, Step step) throws Stopped {
        if (stopping.getAsBoolean()) {
            why = Why.STOPPING;
            throw new Stopped();
        }
        leases.started(task, position);
        stepBegan = System.nanoTime();
    }

    @Override
    public void ended(
            int position,
            Step step,
            TaskStep.State state,
            @Nullable ObjectNode output,
            @Nullable String reason)
            throws Stopped, IOException, ActionFailed {
        stepBegan = 0;
        flush();
        byte[] changed = null;
        // What a failed step left behind is not what the next try begins with.
        if (state == TaskStep.State.COMPLETED) {
            var now = workspace.archive();
            changed = Arrays.equals(now, kept) ? null : now;
            kept = now;
        }
        leases.ended(task, position, state, output, reason, changed);
    }

    @Override
    public void log(@Nullable String step, @Nullable String level, String message) {
        boolean full;
        synchronized (lines) {
            message.lines()
                    .map(line -> line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…")
                    .forEach(line -> lines.add(new TaskLeases.Line(step, level, line)));
            full = lines.size() >= PORTION;
        }
        if (full) {
            flush();
        }
    }

    void flush() {
        List<TaskLeases.Line> portion;
        synchronized (lines) {
            if (lines.isEmpty()) {
                return;
            }
            portion = List.copyOf(lines);
            lines.clear();
        }
        leases.log(task, portion);
    }

    @Override
    public Optional<JsonNode> checkpoint(String step, String key) {
        return leases.checkpoint(task, step, key);
    }

    @Override
    public void made(
            String ref,
            @Nullable String commit,
            byte @Nullable [] files,
            Proposal.@Nullable Opened request)
            throws Stopped {
        leases.made(task, ref, commit, files, request);
    }

    @Override
    public void keep(String step, String key, JsonNode value) throws Stopped {
        leases.keep(task, step, key, value);
    }

    /** No more is written. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        // Not interrupted: it may be talking to the database, and would break its connection.
        over.release();
        try {
            if (watch.isAlive()) {
                watch.join(LEAVE);
            }
            flush();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (Sql.Failed e) {
            LOG.warnf("The last lines of task %s were not written: %s", task.id(), e.getMessage());
        }
    }
}
