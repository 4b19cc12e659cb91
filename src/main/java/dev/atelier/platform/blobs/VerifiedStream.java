package dev.atelier.platform.blobs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Hands on bytes only after the MiB that holds them has been compared with its hash. */
final class VerifiedStream extends InputStream {

    /** Thrown in place of bytes that are not those that were put. */
    static final class Damaged extends IOException {
        Damaged(String digest) {
            super("The blob " + digest + " is damaged");
        }
    }

    /** Opens the bytes from an offset on. */
    @FunctionalInterface
    interface Source {
        InputStream from(long offset) throws IOException;
    }

    private final Blob blob;
    private final Chunks chunks;
    private final Source source;
    private final Runnable onDamage;
    private final long end;
    private byte[] buffer = new byte[0];
    private int at;
    private int filled;
    private long nextChunk;
    private int skip;
    private @Nullable InputStream in;

    VerifiedStream(
            Blob blob, Chunks chunks, long from, long length, Source source, Runnable onDamage) {
        Objects.checkFromIndexSize(from, length, blob.size());
        this.blob = blob;
        this.chunks = chunks;
        this.source = source;
        this.onDamage = onDamage;
        end = from + length;
        nextChunk = from / Chunks.SIZE;
        skip = (int) (from % Chunks.SIZE);
    }

    @Override
    public int read() throws IOException {
        return fill() ? buffer[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, filled - at);
        System.arraycopy(buffer, at, target, offset, n);
        at += n;
        return n;
    }

    @Override
    public int available() {
        return filled - at;
    }

    private boolean fill() throws IOException {
        if (at < filled) {
            return true;
        }
        long start = nextChunk * Chunks.SIZE;
        if (start >= end) {
            return false;
        }
        int length = (int) Math.min(Chunks.SIZE, blob.size() - start);
        if (buffer.length < length) {
            buffer = new byte[length];
        }
        if (in == null) {
            in = source.from(start);
        }
        if (in.readNBytes(buffer, 0, length) < length
                || !chunks.matches(nextChunk, buffer, length)) {
            onDamage.run();
            throw new Damaged(blob.digest());
        }
        at = skip;
        skip = 0;
        filled = (int) Math.min(length, end - start);
        nextChunk++;
        return at < filled;
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
    }
}
