package dev.atelier.platform.blobs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where the bytes lie. Knows files and keys, not rows: {@link Blobs} holds the digest's lock around
 * {@link #publish} and {@link #delete}.
 */
sealed interface BlobStore permits DiskBlobs, S3Blobs {

    /** Takes bytes to a temporary place on the store and makes them durable there. */
    Staged stage(UUID id, InputStream in, long limit) throws IOException;

    /**
     * Does what takes long of {@link #publish}, outside of any transaction and without the digest's
     * lock: copies to where the address is far, and compares bytes. Nothing refers to them yet.
     *
     * @param verify compare the bytes that are there already, and replace wrong ones
     */
    void prepare(Staged staged, boolean verify) throws IOException;

    /**
     * Puts what was staged at its address and makes the address durable. An address that holds the
     * right bytes already is kept.
     *
     * @param verify compare the bytes that are there, not only their number
     */
    void publish(Staged staged, boolean verify) throws IOException;

    /** Forgets what was staged; nothing happens when it is gone. */
    void discard(UUID id) throws IOException;

    /** The bytes from an offset on, not verified. */
    InputStream read(String digest, long offset) throws IOException;

    OptionalLong size(String digest) throws IOException;

    void delete(String digest) throws IOException;

    /**
     * A file of this machine with the bytes of a blob, unverified, or null where the store has none
     * and a copy must be made.
     */
    @Nullable Path file(String digest);

    /** Bytes that still fit, or {@link Long#MAX_VALUE} where the store knows no limit. */
    long free() throws IOException;

    /** Bytes it has room for in all, or {@link Long#MAX_VALUE}. */
    long capacity() throws IOException;

    /** Deletes temporary files older than this whose upload is not among the live ones. */
    int discardOlderThan(Duration age, Predicate<UUID> live) throws IOException;

    /** Digests whose bytes were put longer ago than this. */
    List<String> olderThan(Duration age) throws IOException;

    /** Puts the bytes aside if they are still as old as that. */
    boolean putAside(String digest, Duration age) throws IOException;

    /** Deletes what was put aside longer ago than this. */
    void emptyQuarantine(Duration age) throws IOException;
}
