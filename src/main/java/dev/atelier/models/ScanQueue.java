package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.Problem;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Scans versions in the background. The queue is the table itself: whoever claims a row holds it by
 * a lease that is renewed as long as the scan runs, so a scan that dies with its process is begun
 * again by the next one.
 */
@ApplicationScoped
class ScanQueue {

    private static final Logger LOG = Logger.getLogger(ScanQueue.class);
    private static final int MOST_ATTEMPTS = 5;

    private record Job(String model, int number) {}

    private final Sql sql;
    private final Blobs blobs;
    private final Aliases aliases;
    private final Audit audit;
    private final ObjectMapper json;
    private final Notifications notifications;
    private final Access access;
    private final Manifests manifests;
    private final GateSets gates;
    private final Promotions promotions;
    private final ExecutorService workers = Executors.newFixedThreadPool(2, named("scan"));
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(named("scan-clock"));
    private final Map<Job, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();
    private final Map<Job, Integer> running = new ConcurrentHashMap<>();

    ScanQueue(
            Sql sql,
            Blobs blobs,
            Aliases aliases,
            Audit audit,
            ObjectMapper json,
            Notifications notifications,
            Access access,
            Manifests manifests,
            GateSets gates,
            Promotions promotions) {
        this.sql = sql;
        this.blobs = blobs;
        this.aliases = aliases;
        this.audit = audit;
        this.json = json;
        this.notifications = notifications;
        this.access = access;
        this.manifests = manifests;
        this.gates = gates;
        this.promotions = promotions;
    }

    private static ThreadFactory named(String name) {
        return Thread.ofPlatform().daemon().name(name + "-", 0).factory();
    }

    void start(@Observes StartupEvent event) {
        Future<?> unused = clock.scheduleWithFixedDelay(this::tick, 0, 10, TimeUnit.SECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        clock.shutdownNow();
        workers.shutdown();
    }

    /**
     * Renews what runs here, and takes up what nobody scans: after a crash, or of another replica.
     */
    private void tick() {
        try {
            running.forEach(
                    (job, epoch) ->
                            sql.update(
                                    """
                                    update model_version set scan_until = clock_timestamp() + interval '30 s'
                                    where model = ? and number = ? and scan_epoch = ?
                                    """,
                                    job.model,
                                    job.number,
                                    epoch));
            sql.list(
                            """
                            select model, number from model_version
                            where state = 'SCANNING'
                              and (scan_until is null or scan_until < clock_timestamp())
                            order by created_at limit 100
                            """,
                            row -> new Job(row.getString(1), row.getInt(2)))
                    .forEach(job -> submit(job.model, job.number));
        } catch (RuntimeException e) {
            LOG.warnf("Scans wait: %s", e.getMessage());
        }
    }

    /** Scans a version soon; the future ends when its state is final. */
    CompletableFuture<Void> submit(String model, int number) {
        var job = new Job(model, number);
        var done = new CompletableFuture<Void>();
        var already = waiting.putIfAbsent(job, done);
        if (already != null) {
            return already;
        }
        workers.execute(
                () -> {
                    try {
                        scan(job);
                    } finally {
                        waiting.remove(job);
                        done.complete(null);
                    }
                });
        return done;
    }

    private void scan(Job job) {
        try {
            var epoch =
                    sql.first(
                            """
                            update model_version
                            set scan_epoch = scan_epoch + 1,
                                scan_until = clock_timestamp() + interval '30 s'
                            where model = ? and number = ? and state = 'SCANNING'
                              and (scan_until is null or scan_until < clock_timestamp())
                            returning scan_epoch
                            """,
                            row -> row.getInt(1),
                            job.model,
                            job.number);
            if (epoch.isEmpty()) {
                return;
            }
            running.put(job, epoch.get());
            Failpoints.hit("scan.claimed");
            finish(job, epoch.get(), look(job, epoch.get()));
        } catch (RuntimeException e) {
            // Stays SCANNING; the next tick after the lease tries again.
            LOG.warnf(e, "The scan of %s version %d did not come to an end", job.model, job.number);
        } finally {
            running.remove(job);
        }
    }

    private Inspection.Result look(Job job, int attempt) {
        var files =
                sql.list(
                        """
                        select path, digest, size from model_version_file
                        where model = ? and number = ? order by path collate "C"
                        """,
                        row -> new ModelFile(row.getString(1), row.getString(2), row.getLong(3)),
                        job.model,
                        job.number);
        try {
            return Inspection.of(files, new FromBlobs(blobs));
        } catch (IOException | Problem e) {
            if (attempt < MOST_ATTEMPTS) {
                throw new IllegalStateException("The files cannot be read", e);
            }
            return failed("The files cannot be read from the blob store: " + e.getMessage());
        } catch (RuntimeException e) {
            if (attempt < MOST_ATTEMPTS) {
                throw e;
            }
            LOG.errorf(e, "The scan of %s version %d failed for good", job.model, job.number);
            return failed("The scan failed; the log of the portal says why.");
        }
    }

    private record FromBlobs(Blobs blobs) implements Inspection.Content {
        @Override
        public InputStream open(ModelFile file) {
            return blobs.open(file.sha256());
        }

        @Override
        public Path path(ModelFile file) {
            return blobs.local(file.sha256());
        }
    }

    private static Inspection.Result failed(String reason) {
        return new Inspection.Result(
                reason, List.of(), null, null, null, null, null, null, List.of());
    }

    private void finish(Job job, int epoch, Inspection.Result result) {
        Failpoints.hit("scan.done");
        var key = manifests.key();
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            var changed =
                                    sql.update(
                                            """
                                            update model_version
                                            set state = ?, reason = ?, main_file = ?, unservable = ?,
                                                signature = ?::jsonb, stated = ?::jsonb,
                                                interface = ?,
                                                graph = ?::jsonb, scan = ?::jsonb, warnings = ?::jsonb,
                                                scan_until = null
                                            where model = ? and number = ? and scan_epoch = ?
                                              and state = 'SCANNING'
                                            """,
                                            result.refusal() == null ? "READY" : "REFUSED",
                                            result.refusal(),
                                            result.mainFile(),
                                            result.unservable(),
                                            write(result.signature()),
                                            write(result.stated()),
                                            result.interfaceJson(),
                                            write(result.graph()),
                                            write(result.files()),
                                            write(result.warnings()),
                                            job.model,
                                            job.number,
                                            epoch);
                            if (changed == 1) {
                                settle(job, result, key);
                            }
                        });
    }

    private void settle(Job job, Inspection.Result result, Optional<SigningKey> key) {
        var refusal = result.refusal();
        audit.recordBySystem(
                refusal == null ? "model-version.ready" : "model-version.refuse",
                "model:default/" + job.model,
                refusal == null
                        ? Map.of("version", job.number)
                        : Map.of("version", job.number, "reason", refusal));
        tell(job, refusal);
        if (refusal != null) {
            return;
        }
        // Without a key it gets its manifest later, like older versions.
        key.ifPresent(signing -> manifests.sign(job.model, job.number, signing));
        var wanted =
                sql.first(
                                """
                                select wanted_aliases, created_by from model_version
                                where model = ? and number = ?
                                """,
                                row ->
                                        Map.entry(
                                                List.of((String[]) row.getArray(1).getArray()),
                                                row.getString(2)),
                                job.model,
                                job.number)
                        .orElseThrow();
        for (var alias : wanted.getKey()) {
            if (gates.of(job.model).guards(alias)) {
                promotions.wish(job.model, job.number, alias, wanted.getValue());
            } else if (aliases.moveInTransaction(
                    job.model, alias, null, job.number, wanted.getValue(), Aliases.How.PLAIN)) {
                audit.recordBySystem(
                        "model-alias.move",
                        "model:default/" + job.model,
                        Map.of("alias", alias, "version", job.number, "for", wanted.getValue()));
            }
        }
    }

    private void tell(Job job, @Nullable String refusal) {
        var ref = EntityRef.of("model", job.model).toString();
        var whom = new ArrayList<To>();
        sql.first(
                        "select created_by from model_version where model = ? and number = ?",
                        row -> row.getString(1),
                        job.model,
                        job.number)
                .ifPresent(by -> whom.add(new To(by, "you registered it")));
        var owner = access.resource(ref).owner();
        if (owner != null) {
            whom.add(To.owner(owner));
        }
        whom.add(To.starred());
        notifications.postBy(
                Audit.SYSTEM,
                new News(
                        Topic.VERSION,
                        refusal == null
                                ? "Version %d of %s is ready".formatted(job.number, job.model)
                                : "Version %d of %s was refused: %s"
                                        .formatted(job.number, job.model, refusal),
                        ref,
                        "/models/%s/versions/%d".formatted(job.model, job.number)),
                whom.toArray(To[]::new));
    }

    private @Nullable String write(@Nullable Object value) {
        try {
            // PostgreSQL's jsonb holds no NUL, which names in a graph may.
            return value == null ? null : json.writeValueAsString(value).replace("\\u0000", "�");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
