package dev.atelier.platform.blobs;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.faults.Failpoints;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Keeps the store tidy and true: removes what nobody refers to, in two phases with a grace each;
 * puts files aside that no row knows; reads every blob once a week. One replica at a time does it,
 * and a replica that dies in the middle leaves nothing wrong.
 */
@ApplicationScoped
class Upkeep {

    private static final Logger LOG = Logger.getLogger(Upkeep.class);
    private static final long LOCK = 0x61_74_65_6c_62_6c_6f_62L;

    private final Blobs blobs;
    private final Sql sql;
    private final DataSource database;
    private final BlobsConfig.Upkeep config;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("blob-upkeep").factory());

    Upkeep(Blobs blobs, Sql sql, DataSource database, BlobsConfig config, MeterRegistry meters) {
        this.blobs = blobs;
        this.sql = sql;
        this.database = database;
        this.config = config.upkeep();
        meters.gauge("atelier_blob_scrub_last_success_seconds", this, Upkeep::lastScrub);
    }

    private double lastScrub() {
        try {
            return sql.first(
                            "select coalesce(extract(epoch from last_success), 0) from blob_scrub",
                            row -> row.getDouble(1))
                    .orElse(0.0);
        } catch (Sql.Failed e) {
            return Double.NaN;
        }
    }

    void start(@Observes StartupEvent event) {
        var every = config.every().toMillis();
        Future<?> unused =
                clock.scheduleWithFixedDelay(
                        this::tick, Math.min(every, 60_000), every, TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void tick() {
        try (var connection = database.getConnection()) {
            if (!alone(connection)) {
                return;
            }
            try {
                condemn(config.grace());
                sweep(config.grace());
                orphans(config.orphan(), config.quarantine());
                temporary(Duration.ofHours(24));
                scrub();
            } finally {
                release(connection);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            LOG.warnf("The upkeep of the blob store waits for its next turn: %s", e.getMessage());
        }
    }

    /** A lock of the session: the database gives it back when this process dies. */
    private static boolean alone(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("select pg_try_advisory_lock(?)")) {
            statement.setLong(1, LOCK);
            try (var rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    private static void release(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("select pg_advisory_unlock(?)")) {
            statement.setLong(1, LOCK);
            statement.execute();
        }
    }

    /** One condition for each foreign key to a blob, as the database itself knows them. */
    private String unreferenced() {
        return sql
                .list(
                        """
                        select 'not exists (select 1 from ' || c.conrelid::regclass
                               || ' r where r.' || quote_ident(a.attname) || ' = blob.digest)'
                        from pg_constraint c
                        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
                        where c.contype = 'f' and c.confrelid = 'blob'::regclass
                        """,
                        row -> row.getString(1))
                .stream()
                .collect(Collectors.joining(" and ", "(", ")"));
    }

    /** First phase: marks what nobody refers to; whoever puts the same bytes again unmarks it. */
    int condemn(Duration grace) {
        return sql.update(
                """
                update blob set state = 'condemned', condemned_at = clock_timestamp()
                where state = 'live' and last_ref_at < clock_timestamp() - ? * interval '1 second'
                  and\s"""
                        + unreferenced(),
                grace.toSeconds());
    }

    /** Second phase: deletes what has been marked for long and is still not referred to. */
    int sweep(Duration grace) throws IOException {
        var unreferenced = unreferenced();
        int swept = 0;
        for (var digest :
                sql.list(
                        """
                        select digest from blob where state = 'condemned'
                          and condemned_at < clock_timestamp() - ? * interval '1 second' limit 10000
                        """,
                        row -> row.getString(1),
                        grace.toSeconds())) {
            var deleted =
                    QuarkusTransaction.requiringNew()
                            .call(
                                    () -> {
                                        blobs.lock(digest);
                                        return sql.update(
                                                "delete from blob where digest = ? and state = 'condemned' and "
                                                        + unreferenced,
                                                digest);
                                    });
            Failpoints.hit("gc.row-deleted");
            if (deleted == 1 && deleteBytes(digest)) {
                swept++;
            }
        }
        return swept;
    }

    /** The row is gone; the bytes go unless someone has put them again meanwhile. */
    private boolean deleteBytes(String digest) {
        return QuarkusTransaction.requiringNew()
                .call(
                        () -> {
                            blobs.lock(digest);
                            if (blobs.find(digest).isPresent()) {
                                return false;
                            }
                            blobs.store().delete(digest);
                            return true;
                        });
    }

    /** Files without a row: what a crash between file and row leaves behind. */
    int orphans(Duration age, Duration keep) throws IOException {
        int found = 0;
        var old = blobs.store().olderThan(age);
        for (int from = 0; from < old.size(); from += 1_000) {
            var some = old.subList(from, Math.min(old.size(), from + 1_000));
            var known =
                    new HashSet<>(
                            sql.list(
                                    "select digest from blob where digest = any(?)",
                                    row -> row.getString(1),
                                    (Object) some.toArray(String[]::new)));
            for (var digest : some) {
                if (!known.contains(digest) && putAside(digest, age)) {
                    LOG.warnf("No row knows the blob %s: it was put aside", digest);
                    found++;
                }
            }
        }
        blobs.store().emptyQuarantine(keep);
        return found;
    }

    private boolean putAside(String digest, Duration age) {
        return QuarkusTransaction.requiringNew()
                .call(
                        () -> {
                            blobs.lock(digest);
                            return blobs.find(digest).isEmpty()
                                    && blobs.store().putAside(digest, age);
                        });
    }

    int temporary(Duration age) throws IOException {
        var live =
                new HashSet<>(
                        sql.list(
                                "select id from blob_upload where expires > clock_timestamp()",
                                row -> row.getObject(1, UUID.class)));
        int discarded = blobs.store().discardOlderThan(age, live::contains);
        sql.update("delete from blob_upload where expires < clock_timestamp()");
        return discarded;
    }

    /** Reads the next part of the store, so much that a pass takes as long as is set. */
    void scrub() throws IOException {
        long all =
                sql.first("select coalesce(sum(size), 0)::bigint from blob", row -> row.getLong(1))
                        .orElse(0L);
        double share = (double) config.every().toMillis() / config.scrub().toMillis();
        scrub(Math.max(64L << 20, (long) (all * share)), config.scrubRate().asLongValue());
    }

    /**
     * @param budget bytes after which it stops until its next turn
     * @param rate bytes a second
     */
    void scrub(long budget, long rate) throws IOException {
        while (budget > 0) {
            var next =
                    sql.first(
                            """
                            select digest, size from blob where state <> 'damaged'
                              and digest > (select after_digest from blob_scrub)
                            order by digest limit 1
                            """,
                            row -> new Blob(row.getString(1), row.getLong(2)));
            if (next.isEmpty()) {
                sql.update(
                        """
                        update blob_scrub set after_digest = '', last_success = clock_timestamp(),
                            pass_started = clock_timestamp()
                        """);
                return;
            }
            var blob = next.get();
            verify(blob.digest());
            sql.update("update blob_scrub set after_digest = ?", blob.digest());
            budget -= Math.max(1, blob.size());
            LockSupport.parkNanos((long) (blob.size() * 1e9 / rate));
        }
    }

    private void verify(String digest) throws IOException {
        try (var in = blobs.open(digest)) {
            in.transferTo(OutputStream.nullOutputStream());
            sql.update("update blob set verified_at = clock_timestamp() where digest = ?", digest);
        } catch (VerifiedStream.Damaged e) {
            sql.update("update blob_scrub set damaged = damaged + 1");
        }
    }

    /** Digests of blobs whose rows say that their bytes are damaged. */
    List<String> damaged() {
        return new ArrayList<>(
                sql.list(
                        "select digest from blob where state = 'damaged' order by digest",
                        row -> row.getString(1)));
    }
}
