package dev.atelier.models;

import dev.atelier.identity.Audit;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.platform.CannotStart;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The signed manifests of versions, and the keys they were signed with. A version gets its manifest
 * in the transaction that makes it ready; those that were ready before get theirs in the
 * background.
 *
 * <p>The private key is {@code ATELIER_SIGNING_KEY}, else one that the portal made and keeps
 * encrypted ({@link KeptSecrets}), the same for all replicas.
 */
@ApplicationScoped
public class Manifests {

    private static final Logger LOG = Logger.getLogger(Manifests.class);
    private static final String SECRET = "model-signing-key";
    private static final int BATCH = 100;

    /** A version's manifest as it is handed out. */
    public record Manifest(String model, int number, String key, String bundle, Instant at) {
        public String fileName() {
            return "%s-%d.sig".formatted(model, number);
        }
    }

    /** A key that manifests are, or were, signed with. */
    public record Key(String id, String pem, Instant since, boolean current) {}

    private final Sql sql;
    private final KeptSecrets secrets;
    private final Audit audit;
    private final @Nullable SigningKey configured;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("manifests").factory());
    private volatile @Nullable SigningKey known;

    Manifests(
            Sql sql,
            KeptSecrets secrets,
            Audit audit,
            @ConfigProperty(name = "atelier.signing-key") Optional<String> configured) {
        this.sql = sql;
        this.secrets = secrets;
        this.audit = audit;
        this.configured =
                configured.filter(text -> !text.isBlank()).map(Manifests::parse).orElse(null);
    }

    private static SigningKey parse(String text) {
        try {
            return SigningKey.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CannotStart(
                    "ATELIER_SIGNING_KEY: "
                            + e.getMessage()
                            + " Make one with: openssl genpkey -algorithm EC -pkeyopt"
                            + " ec_paramgen_curve:P-256");
        }
    }

    void start(@Observes StartupEvent event) {
        Future<?> unused = clock.scheduleWithFixedDelay(this::catchUp, 5, 600, TimeUnit.SECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void catchUp() {
        try {
            while (signOlder() == BATCH) {
                LOG.infof("Signed the manifests of %d older versions", BATCH);
            }
        } catch (RuntimeException e) {
            LOG.warnf("Manifests of older versions wait: %s", e.getMessage());
        }
    }

    /** Signs some of the versions that are ready without a manifest; says how many. */
    int signOlder() {
        var older =
                sql.list(
                        """
                        select v.model, v.number from model_version v
                        where v.state = 'READY' and not exists (
                            select 1 from model_version_manifest m
                            where m.model = v.model and m.number = v.number)
                        limit ?
                        """,
                        row -> Map.entry(row.getString(1), row.getInt(2)),
                        BATCH);
        var signed = 0;
        for (var version : older) {
            var key = key();
            if (key.isEmpty()) {
                return 0;
            }
            QuarkusTransaction.requiringNew()
                    .run(() -> sign(version.getKey(), version.getValue(), key.get()));
            signed++;
        }
        return signed;
    }

    /**
     * The key to sign with; empty when there is one that cannot be opened here. Ask for it before a
     * transaction: the first of all is made in its own.
     */
    Optional<SigningKey> key() {
        var key = known;
        if (key == null) {
            key = QuarkusTransaction.requiringNew().call(this::find);
            known = key;
        }
        return Optional.ofNullable(key);
    }

    private @Nullable SigningKey find() {
        sql.list("select pg_advisory_xact_lock(hashtext(?))", row -> 1, SECRET);
        var key = configured;
        if (key == null) {
            var kept = secrets.get(SECRET);
            if (kept.isEmpty() && secrets.holds(SECRET)) {
                // Another one would be made by each replica that lacks the key of the secrets.
                return null;
            }
            key = kept.map(SigningKey::parse).orElse(null);
        }
        if (key == null) {
            key = SigningKey.fresh();
            secrets.put(SECRET, key.encoded());
        }
        var half = key.publicHalf();
        if (sql.update(
                        "insert into model_signing_key (id, pem) values (?, ?) on conflict do nothing",
                        half.id(),
                        half.pem())
                == 1) {
            audit.recordBySystem("signing-key.begin", "signing-key:" + half.id(), Map.of());
        }
        return key;
    }

    /** Signs the manifest of a version that is ready; it has one for good then. */
    @Transactional(Transactional.TxType.MANDATORY)
    void sign(String model, int number, SigningKey key) {
        var files =
                sql.list(
                        """
                        select path, digest, size from model_version_file
                        where model = ? and number = ?
                        """,
                        row -> new ModelFile(row.getString(1), row.getString(2), row.getLong(3)),
                        model,
                        number);
        sql.update(
                """
                insert into model_version_manifest (model, number, key, bundle) values (?, ?, ?, ?)
                on conflict do nothing
                """,
                model,
                number,
                key.publicHalf().id(),
                SignedManifest.sign(model + "-" + number, files, key));
    }

    /** Empty for a version that is not ready, and for an older one whose turn did not come yet. */
    public Optional<Manifest> of(ModelVersion version) {
        return sql.first(
                """
                select model, number, key, bundle, at from model_version_manifest
                where model = ? and number = ?
                """,
                row ->
                        new Manifest(
                                row.getString(1),
                                row.getInt(2),
                                row.getString(3),
                                row.getString(4),
                                row.getObject(5, OffsetDateTime.class).toInstant()),
                version.model(),
                version.number());
    }

    /** All keys, the newest first. */
    public List<Key> keys() {
        var current = key();
        return sql.list(KEYS + "order by since desc", row -> read(row, current));
    }

    public Optional<Key> key(String id) {
        var current = key();
        return sql.first(KEYS + "where id = ?", row -> read(row, current), id);
    }

    private static final String KEYS = "select id, pem, since from model_signing_key ";

    private static Key read(ResultSet row, Optional<SigningKey> current) throws SQLException {
        var id = row.getString(1);
        return new Key(
                id,
                row.getString(2),
                row.getObject(3, OffsetDateTime.class).toInstant(),
                current.filter(key -> key.publicHalf().id().equals(id)).isPresent());
    }
}
