package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Seals what was written to the audit log, every second, on one replica at a time; and takes away
 * what is older than the log is kept.
 *
 * <p>Sealing in the change itself would make all changes wait for one chain (measured: a fifth of
 * the rate at 8 writers), so a change only writes its row and the seal follows.
 */
@ApplicationScoped
class Sealing {

    private static final Logger LOG = Logger.getLogger(Sealing.class);
    private static final int BATCH = 5_000;

    private final Sql sql;
    private final Audit audit;
    private final SealKeys keys;
    private final Duration kept;
    private volatile @Nullable String newest;
    private @Nullable String published;
    private final AtomicLong waiting = new AtomicLong();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("audit-sealing").factory());

    private record Unsealed(long id, byte[] hash) {}

    private record Head(long n, byte[] hash) {}

    Sealing(
            Sql sql,
            Audit audit,
            SealKeys keys,
            MeterRegistry metrics,
            @ConfigProperty(name = "atelier.audit.keep", defaultValue = "P1825D") Duration kept) {
        this.sql = sql;
        this.audit = audit;
        this.keys = keys;
        this.kept = kept;
        metrics.gauge("atelier.audit.unsealed.seconds", waiting);
    }

    void begin(@Observes StartupEvent event) {
        clock.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
        clock.scheduleWithFixedDelay(this::publish, 1, 60, TimeUnit.MINUTES);
        clock.scheduleWithFixedDelay(this::retireOld, 1, 24 * 60, TimeUnit.MINUTES);
    }

    void end(@Observes ShutdownEvent event) {
        clock.shutdown();
        publish();
    }

    private void tick() {
        try {
            int sealed;
            do {
                sealed = QuarkusTransaction.requiringNew().call(this::seal);
            } while (sealed == BATCH);
            waiting.set(0);
        } catch (RuntimeException e) {
            // The rows are safe and wait; the next second tries again.
            if (waiting.incrementAndGet() % 60 == 1) {
                LOG.warnf("The audit log could not be sealed: %s", e.getMessage());
            }
        }
    }

    /** Makes the next seal of all rows that wait; in a transaction. How many it holds. */
    int seal() {
        var mine =
                sql.first(
                                "select pg_try_advisory_xact_lock(hashtext('atelier.audit'))",
                                row -> row.getBoolean(1))
                        .orElse(false);
        if (!mine) {
            return 0;
        }
        var events =
                sql.list(
                        """
                        select u.event_id, e.hash from audit_unsealed u
                        join audit_event e on e.id = u.event_id order by u.event_id limit %d
                        """
                                .formatted(BATCH),
                        row -> new Unsealed(row.getLong(1), row.getBytes(2)));
        if (events.isEmpty()) {
            return 0;
        }
        var head =
                sql.first(
                                "select n, hash from audit_seal order by n desc limit 1",
                                row -> new Head(row.getLong(1), row.getBytes(2)))
                        .orElse(new Head(0, AuditChain.BEGINNING));
        var at =
                sql.first(
                                """
                                select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                                """,
                                row -> row.getString(1))
                        .orElseThrow();
        var root = AuditChain.root(events.stream().map(Unsealed::hash).toList());
        long n = head.n() + 1;
        var hash = AuditChain.sealHash(n, at, head.hash(), events.size(), root);
        var signature = keys.sign(n, hash);
        sql.update(
                """
                insert into audit_seal (n, at, previous, count, root, hash, key_id, signature)
                values (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                n,
                at,
                head.hash(),
                events.size(),
                root,
                hash,
                signature == null ? null : signature.key(),
                signature == null ? null : signature.bytes());
        var ids = events.stream().map(e -> Long.toString(e.id())).toArray(String[]::new);
        sql.update(
                """
                insert into audit_leaf (seal, position, event_id, hash)
                select ?, w.position, e.id, e.hash
                from unnest(?::bigint[]) with ordinality as w (id, position)
                join audit_event e on e.id = w.id
                """,
                n,
                ids);
        sql.update("delete from audit_unsealed where event_id = any(?::bigint[])", (Object) ids);
        newest = "%d:%s".formatted(n, HexFormat.of().formatHex(hash));
        return events.size();
    }

    /** Outside the database, so that an end that was cut off would show. */
    private void publish() {
        var head = newest;
        if (head != null && !head.equals(published)) {
            published = head;
            LOG.infof("Audit log: seal %s", head);
        }
    }

    private void retireOld() {
        try {
            QuarkusTransaction.requiringNew().run(() -> retire(kept));
        } catch (RuntimeException e) {
            LOG.warnf("Old audit events could not be taken away: %s", e.getMessage());
        }
    }

    /** Takes away sealed rows older than that; their hashes stay, so the chain still verifies. */
    void retire(Duration age) {
        var below =
                sql.first(
                                """
                                select coalesce(min(e.id), 0) from audit_event e
                                where e.at >= clock_timestamp() - ?::interval
                                   or exists (select 1 from audit_unsealed u where u.event_id = e.id)
                                """,
                                row -> row.getLong(1),
                                age.toString())
                        .orElse(0L);
        if (below == 0) {
            return;
        }
        sql.list("select set_config('atelier.audit_retention', 'on', true)", row -> 1);
        int gone = sql.update("delete from audit_event where id < ?", below);
        if (gone > 0) {
            sql.update(
                    """
                    insert into audit_retirement (below, count) values (?, ?)
                    on conflict (below) do update set count = audit_retirement.count + excluded.count
                    """,
                    below,
                    gone);
            audit.recordBySystem("audit.retire", "audit", Map.of("below", below, "events", gone));
        }
        sql.list("select set_config('atelier.audit_retention', '', true)", row -> 1);
    }

    /** For pages: seconds since the last seal went wrong, 0 when all is well. */
    long behind() {
        return waiting.get();
    }

    /**
     * The newest seal.
     *
     * @param head number and hash, to be kept elsewhere: {@code 17:ab12…}
     * @param signature Ed25519 of {@code "atelier audit seal 1"}, 0x00 and the 32 bytes of the
     *     hash, in Base64; null when it was not signed
     * @param publicKey of this portal, 32 bytes in Base64; null when it has no key
     */
    public record Newest(
            String head,
            String at,
            @Nullable String key,
            @Nullable String signature,
            @Nullable String publicKey) {}

    Optional<Newest> newest() {
        return sql.first(
                """
                select n || ':' || encode(hash, 'hex'), at, key_id, encode(signature, 'base64')
                from audit_seal order by n desc limit 1
                """,
                row -> {
                    var signature = row.getString(4);
                    return new Newest(
                            row.getString(1),
                            row.getString(2),
                            row.getString(3),
                            signature == null ? null : signature.replace("\n", ""),
                            keys.publicKey().orElse(null));
                });
    }
}
