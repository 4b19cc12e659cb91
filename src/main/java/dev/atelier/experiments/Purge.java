package dev.atelier.experiments;

import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Removes for good what was deleted and can be restored no longer, once an hour, and tells others
 * who keep deleted things to do the same. Each thing in a transaction of its own: whatever ends it
 * half way, the next turn goes on, and two replicas at once do no harm.
 */
@ApplicationScoped
public class Purge {

    /** What was deleted before this instant is to go. */
    public record Due(Instant before) {}

    private static final Logger LOG = Logger.getLogger(Purge.class);
    private static final int PORTION = 1_000;

    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final ExperimentsConfig config;
    private final Event<Due> onDue;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("purge").factory());

    Purge(
            Sql sql,
            Transaction transaction,
            Audit audit,
            ExperimentsConfig config,
            Event<Due> onDue) {
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.config = config;
        this.onDue = onDue;
    }

    /** How long what was deleted can be restored. */
    public Duration patience() {
        return config.retention();
    }

    void start(@Observes StartupEvent event) {
        Future<?> unused = clock.scheduleWithFixedDelay(this::tick, 10, 60, TimeUnit.MINUTES);
    }

    void stop(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void tick() {
        try {
            before(Instant.now().minus(patience()));
        } catch (RuntimeException e) {
            LOG.warnf("What was deleted stays until the next turn: %s", e.getMessage());
        }
    }

    /** Removes what was deleted before an instant. */
    void before(Instant instant) {
        onDue.fire(new Due(instant));
    }

    void remove(@Observes Due due) {
        for (var run :
                sql.list(
                        "select id from run where deleted_at < ? limit " + PORTION,
                        row -> row.getObject(1, UUID.class),
                        due.before)) {
            transaction.run(() -> removeRun(run, due.before));
        }
        for (var model :
                sql.list(
                        "select id from logged_model where deleted_at < ? limit " + PORTION,
                        row -> row.getObject(1, UUID.class),
                        due.before)) {
            transaction.run(
                    () ->
                            sql.update(
                                    "delete from logged_model where id = ? and deleted_at < ?",
                                    model,
                                    due.before));
        }
        for (var experiment :
                sql.list(
                        """
                        select e.id from experiment e where e.deleted_at < ?
                          and not exists (select from run r where r.experiment = e.id) limit
                        """
                                + PORTION,
                        row -> row.getLong(1),
                        due.before)) {
            transaction.run(() -> removeExperiment(experiment, due.before));
        }
    }

    private void removeRun(UUID run, Instant before) {
        var experiment =
                sql.first(
                        "select experiment from run where id = ? and deleted_at < ? for update",
                        row -> row.getLong(1),
                        run,
                        before);
        if (experiment.isEmpty()) {
            return; // restored a moment ago
        }
        for (var table : List.of("metric_point", "metric_chunk")) {
            sql.update(
                    "delete from %s p using run_metric m where m.run = ? and p.series = m.id"
                            .formatted(table),
                    run);
        }
        sql.update("delete from run where id = ?", run);
        audit.recordBySystem(
                "run.purge", Experiment.ref(experiment.get()), Map.of("run", Ids.hex(run)));
    }

    private void removeExperiment(long experiment, Instant before) {
        if (sql.update(
                        """
                        delete from experiment e where e.id = ? and e.deleted_at < ?
                          and not exists (select from run r where r.experiment = e.id)
                        """,
                        experiment,
                        before)
                == 1) {
            audit.recordBySystem("experiment.purge", Experiment.ref(experiment), Map.of());
        }
    }
}
