package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Acting;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.Errands;
import dev.atelier.platform.database.Signals;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.SignInNeeded;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks, a few at a time on each replica. One that ends in the middle, with its portal or
 * because the database is away, is taken again: what its finished steps made was kept with them.
 */
@ApplicationScoped
class TaskQueue {

    private static final Logger LOG = Logger.getLogger(TaskQueue.class);

    /** Portals that may end in the middle of one step; then the step may be what ends them. */
    private static final int MOST_TRIES = 5;

    private static final Duration TIDY = Duration.ofHours(1);

    private final TaskLeases leases;
    private final Tasks tasks;
    private final Drafts drafts;
    private final Updates updates;
    private final Acting acting;
    private final Run.Tools tools;
    private final GoldenPathsConfig config;
    private final Errands<Task> errands;
    private final Signals signals;
    private volatile boolean stopping;
    private volatile Instant tidied = Instant.EPOCH;

    TaskQueue(
            TaskLeases leases,
            Tasks tasks,
            Drafts drafts,
            Updates updates,
            Acting acting,
            ObjectMapper json,
            Rendering rendering,
            Actions actions,
            Schemas schemas,
            Signals signals,
            GoldenPathsConfig config) {
        this.leases = leases;
        this.tasks = tasks;
        this.drafts = drafts;
        this.updates = updates;
        this.acting = acting;
        this.tools = new Run.Tools(json, rendering, actions, schemas);
        this.signals = signals;
        this.config = config;
        errands =
                new Errands<>(
                        "tasks", config.look(), config.concurrentTasks(), this::take, this::act);
    }

    void start(@Observes StartupEvent event) throws IOException {
        Workspace.remove(folder());
        signals.on("tasks_due", _ -> errands.wake());
        errands.start();
    }

    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        stopping = true;
        if (!errands.stop()) {
            LOG.info("A task is in the middle of a step; it goes on after the start");
        }
    }

    private static Path folder() {
        return DataFolder.path().resolve("tasks");
    }

    private List<Task> take(int most) {
        if (tidied.isBefore(Instant.now().minus(TIDY))) {
            tidied = Instant.now();
            drafts.forgetOld();
        }
        return stopping || most == 0 ? List.of() : leases.take(most);
    }

    private void act(Task task) {
        try {
            acting.as(task.account(), task.scopes(), () -> go(task));
        } catch (RuntimeException e) {
            // A database that is away: the lease runs out and the task is taken again.
            LOG.warnf("Task %s waits for its next turn: %s", task.id(), e);
        }
    }

    private void go(Task task) {
        Failpoints.hit("task.taken");
        var folder = folder().resolve(task.id() + "-" + task.lease());
        var workspace = new Workspace(folder, config.workspaceMost().asLongValue());
        var journal = new TaskJournal(leases, task, workspace, () -> stopping, config);
        try {
            if (task.cancelled()) {
                leases.cancelled(task);
                return;
            }
            if (task.tries() > MOST_TRIES) {
                fail(
                        task,
                        "The portal ended %d times in the middle of this step."
                                .formatted(MOST_TRIES));
                return;
            }
            restore(task, workspace);
            var known = tasks.steps(task.id());
            if (known.stream().anyMatch(s -> s.state() == TaskStep.State.PROCESSING)) {
                leases.recovered(task);
            }
            journal.begin();
            var run =
                    new Run(
                            tools,
                            new Run.Subject(
                                    task.id(),
                                    task.spec(),
                                    task.createdBy(),
                                    tasks.secrets(task),
                                    false,
                                    config.lenientExpressions(),
                                    updates.of(task, folder)),
                            workspace,
                            journal);
            var outcome = run.go(known);
            journal.flush();
            leases.end(task, outcome);
        } catch (Journal.Stopped e) {
            stopped(task, journal);
        } catch (InterruptedException e) {
            // The journal's own watch interrupts; its reason is asked for, not kept as a flag.
            stopped(task, journal);
        } catch (SignInNeeded e) {
            fail(task, e.detail());
        } catch (IOException e) {
            fail(task, "Its files cannot be kept: " + e.getMessage());
        } catch (RuntimeException e) {
            if (journal.stopped()) {
                // The interrupt came in the middle of something, a statement say.
                stopped(task, journal);
                return;
            }
            if (DatabaseAway.causes(e)) {
                throw e;
            }
            LOG.errorf(e, "Task %s failed", task.id());
            fail(task, "Something unexpected went wrong; the portal's log says what.");
        } finally {
            journal.close();
            remove(folder);
        }
    }

    private void stopped(Task task, TaskJournal journal) {
        // The interrupt has done its work; what follows waits for the database.
        Thread.interrupted();
        switch (journal.why()) {
            case CANCELLED -> leases.cancelled(task);
            case LATE ->
                    fail(
                            task,
                            "The step took longer than %d minutes and was stopped."
                                    .formatted(config.stepLimit().toMinutes()));
            case STOPPING -> leases.release(task);
            case WAITING -> LOG.debugf("Task %s waits for an approval", task.id());
            case LOST -> LOG.infof("Task %s is no longer held here", task.id());
        }
    }

    private void fail(Task task, @Nullable String reason) {
        leases.end(task, new Run.Outcome(null, reason == null ? "It failed." : reason, null));
    }

    private void restore(Task task, Workspace workspace) throws IOException {
        var kept = leases.workspace(task);
        if (kept.isPresent()) {
            workspace.restore(kept.get());
        } else {
            workspace.clear();
        }
    }

    private static void remove(Path folder) {
        try {
            Workspace.remove(folder);
        } catch (IOException e) {
            LOG.warnf("The folder %s of an ended task stays: %s", folder, e.getMessage());
        }
    }
}
