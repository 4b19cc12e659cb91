package dev.atelier.platform.blobs;

import dev.atelier.platform.DataFolder;
import dev.atelier.platform.DiskSpace;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.Unavailable;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All blobs. File first, row last: a crash leaves at most a file that nobody knows, never a row
 * whose bytes are missing.
 *
 * <p>Writing takes two steps, because the first is slow and the second is a transaction: {@link
 * #stage} takes in the bytes, {@link #adopt} makes them blobs together with the rows that refer to
 * them.
 */
@ApplicationScoped
public class Blobs {

    private static final Logger LOG = Logger.getLogger(Blobs.class);
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    /** Fired in the transaction that marks a blob whose bytes are not those that were put. */
    public record Damage(String digest) {}

    private record Stored(Blob blob, Chunks chunks, String state) {}

    private record Verified(@Nullable Object file, long size, long modified) {}

    private final Sql sql;
    private final BlobStore store;
    private final BlobsConfig config;
    private final MeterRegistry meters;
    private final Event<Damage> onDamage;
    private final Path cache;
    private final Map<String, Verified> verified = new ConcurrentHashMap<>();

    Blobs(Sql sql, BlobsConfig config, MeterRegistry meters, Event<Damage> onDamage)
            throws IOException {
        this.sql = sql;
        this.config = config;
        this.meters = meters;
        this.onDamage = onDamage;
        var folder = config.folder().orElseGet(() -> DataFolder.part("blobs"));
        store =
                switch (config.store()) {
                    case DISK -> new DiskBlobs(folder, new Disk());
                    case S3 -> S3Blobs.create(config.s3());
                };
        cache = folder.resolve("cache");
        meters.gauge("atelier_blob_free_bytes", this, Blobs::free);
    }

    BlobStore store() {
        return store;
    }

    private double free() {
        try {
            return store.free();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** What is scarce: a sentence when less than a tenth of the blob store's disk is free. */
    public Optional<String> shortage() {
        try {
            return DiskSpace.shortage("The disk of the blob store", store.free(), store.capacity());
        } catch (IOException e) {
            return Optional.of("The disk of the blob store cannot be looked at: " + e.getMessage());
        }
    }

    /**
     * Takes in a file: streamed, hashed, durable in a temporary place. Takes no transaction along,
     * since it lasts as long as the sender likes.
     *
     * @param limit bytes at most
     * @param expected bytes that will come, or −1: a disk without room for them is told at once
     * @throws OutOfSpace when the disk has no room
     * @throws dev.atelier.platform.problems.TooLarge when more comes than the limit
     */
    @Transactional(Transactional.TxType.NEVER)
    public Staged stage(InputStream in, String owner, long limit, long expected)
            throws IOException {
        var reserve = config.reserve().asLongValue();
        if (store.free() - Math.max(0, expected) < reserve) {
            throw new OutOfSpace(
                    "The disk of the blob store has less than "
                            + (reserve >> 20)
                            + " MiB left beside this file. Nothing was kept. Free some space, or set"
                            + " atelier.blobs.reserve.");
        }
        var id = UUID.randomUUID();
        sql.update("insert into blob_upload (id, owner) values (?, ?)", id, owner);
        Failpoints.hit("blob.begun");
        try {
            return store.stage(id, in, limit);
        } catch (IOException | RuntimeException e) {
            forget(id);
            throw e;
        }
    }

    /** The address that bytes would have. */
    public static String digest(InputStream in) throws IOException {
        var hash = Chunks.sha256();
        var buffer = new byte[128 * 1024];
        for (int n; (n = in.read(buffer)) >= 0; ) {
            hash.update(buffer, 0, n);
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    /** Drops what was staged and will not be adopted. */
    public void discard(Collection<Staged> staged) {
        for (var each : staged) {
            try {
                store.discard(each.id());
                forget(each.id());
            } catch (IOException e) {
                LOG.warnf("A temporary file stays until the next sweep: %s", e.getMessage());
            }
        }
    }

    private void forget(UUID id) {
        try {
            sql.update("delete from blob_upload where id = ?", id);
        } catch (Sql.Failed e) {
            LOG.warnf("An upload row stays until the next sweep: %s", e.getMessage());
        }
    }

    /**
     * Does what takes long before the transaction of {@link #adopt}: a store may copy for minutes,
     * and bytes that were not looked at for long are compared.
     *
     * @return digests whose bytes were compared; for {@link #adopt}
     */
    @Transactional(Transactional.TxType.NEVER)
    public Set<String> prepare(Collection<Staged> staged) throws IOException {
        var compared = new HashSet<String>();
        for (var each : staged) {
            var due = isToCompare(each.digest());
            store.prepare(each, due);
            if (due) {
                compared.add(each.digest());
            }
        }
        return compared;
    }

    private boolean isToCompare(String digest) {
        return sql.first(
                        """
                        select 1 from blob where digest = ?
                        and (state = 'damaged' or verified_at < clock_timestamp() - interval '30 days')
                        """,
                        row -> 1,
                        digest)
                .isPresent();
    }

    /**
     * Makes staged files blobs, in the transaction that refers to them. Rolled back, their bytes
     * are orphans that the sweep removes.
     *
     * @param compared what {@link #prepare} gave
     */
    @Transactional(Transactional.TxType.MANDATORY)
    public void adopt(Collection<Staged> staged, Set<String> compared) throws IOException {
        // In one order for everybody: two bundles that share files never wait for each other.
        var sorted = staged.stream().sorted(Comparator.comparing(Staged::digest)).toList();
        for (var each : sorted) {
            lock(each.digest());
            var due = isToCompare(each.digest());
            store.publish(each, due && !compared.contains(each.digest()));
            sql.update(
                    """
                    insert into blob (digest, size, chunks) values (?, ?, ?)
                    on conflict (digest) do update
                    set state = 'live', condemned_at = null, last_ref_at = clock_timestamp(),
                        verified_at = case when ? then clock_timestamp() else blob.verified_at end
                    """,
                    each.digest(),
                    each.size(),
                    each.chunks().bytes(),
                    due);
            sql.update("delete from blob_upload where id = ?", each.id());
        }
        Failpoints.hit("blob.adopted");
    }

    /**
     * One writer or remover of an address at a time, across replicas, until the transaction ends.
     */
    void lock(String digest) {
        sql.list("select pg_advisory_xact_lock(hashtextextended(?, 7))", row -> 1, digest);
    }

    public Optional<Blob> find(String digest) {
        return DIGEST.matcher(digest).matches() ? row(digest).map(Stored::blob) : Optional.empty();
    }

    private Optional<Stored> row(String digest) {
        return sql.first(
                "select size, chunks, state from blob where digest = ?",
                row ->
                        new Stored(
                                new Blob(digest, row.getLong(1)),
                                new Chunks(row.getBytes(2)),
                                row.getString(3)),
                digest);
    }

    /**
     * The bytes, each verified before it is handed out; a wrong one ends the stream by an error.
     */
    public InputStream open(String digest) {
        var stored = stored(digest);
        return stream(stored, 0, stored.blob.size());
    }

    /**
     * A range of the bytes, verified as the whole is.
     *
     * @throws IndexOutOfBoundsException when the range is not inside the blob
     */
    public InputStream open(String digest, long offset, long length) {
        return stream(stored(digest), offset, length);
    }

    private Stored stored(String digest) {
        if (!DIGEST.matcher(digest).matches()) {
            throw new Invalid("A digest is 64 hexadecimal digits.");
        }
        var stored =
                row(digest).orElseThrow(() -> new NotFound("There is no blob " + digest + "."));
        if (stored.state.equals("damaged")) {
            throw new Unavailable(
                    "The stored bytes of "
                            + digest
                            + " are damaged and are not handed out. Register the same file again to"
                            + " mend it, or restore the blob store from a backup.");
        }
        return stored;
    }

    private InputStream stream(Stored stored, long offset, long length) {
        var digest = stored.blob.digest();
        return new VerifiedStream(
                stored.blob,
                stored.chunks,
                offset,
                length,
                at -> store.read(digest, at),
                () -> damaged(digest));
    }

    private void damaged(String digest) {
        LOG.errorf("The blob %s is damaged: it is not handed out any more", digest);
        meters.counter("atelier_blob_damaged_total").increment();
        verified.remove(digest);
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            var changed =
                                    sql.update(
                                            """
                                            update blob set state = 'damaged'
                                            where digest = ? and state <> 'damaged'
                                            """,
                                            digest);
                            if (changed == 1) {
                                onDamage.fire(new Damage(digest));
                            }
                        });
    }

    /**
     * A file of this machine that holds the blob, for a runner. Compared whole at first use, then
     * again only when the file has changed; a copy is made where the store is elsewhere. Only for
     * reading.
     */
    public Path local(String digest) {
        var stored = stored(digest);
        try {
            var own = store.file(digest);
            var file = own == null ? cached(stored) : own;
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            var now =
                    new Verified(
                            attributes.fileKey(),
                            attributes.size(),
                            attributes.lastModifiedTime().toMillis());
            if (!now.equals(verified.get(digest))) {
                if (own != null) {
                    try (var in = stream(stored, 0, stored.blob.size())) {
                        in.transferTo(OutputStream.nullOutputStream());
                    }
                }
                verified.put(digest, now);
            }
            return file;
        } catch (IOException e) {
            throw new Unavailable(
                    "The file "
                            + digest
                            + " cannot be read from the blob store: "
                            + e.getMessage()
                            + ".");
        }
    }

    private Path cached(Stored stored) throws IOException {
        var digest = stored.blob.digest();
        var file = cache.resolve(digest);
        if (Files.exists(file) && verified.containsKey(digest)) {
            return file;
        }
        Files.createDirectories(cache);
        var part = cache.resolve(digest + "." + UUID.randomUUID());
        try (var in = stream(stored, 0, stored.blob.size())) {
            Files.copy(in, part);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
        evict(file);
        return file;
    }

    /** Deletes the oldest copies beyond the limit; an open file stays readable. */
    private void evict(Path keep) throws IOException {
        List<Path> copies;
        try (var files = Files.list(cache)) {
            copies =
                    files.filter(file -> !file.equals(keep))
                            .sorted(Comparator.comparing(Blobs::modified).reversed())
                            .toList();
        }
        long left = config.cache().asLongValue() - Files.size(keep);
        for (var copy : copies) {
            left -= Files.exists(copy) ? Files.size(copy) : 0;
            if (left < 0) {
                verified.remove(copy.getFileName().toString());
                Files.deleteIfExists(copy);
            }
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
