package dev.atelier.platform.blobs;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The SHA-256 of each MiB of a file. A reader verifies a MiB before it hands it on, so a range is
 * as safe as the whole and no wrong byte ever leaves; larger chunks would cost each reader as much
 * memory.
 */
public final class Chunks {

    static final int SIZE = 1 << 20;
    private static final int HASH = 32;

    private final byte[] hashes;

    Chunks(byte[] hashes) {
        this.hashes = hashes;
    }

    byte[] bytes() {
        return hashes;
    }

    boolean matches(long index, byte[] data, int length) {
        var hash = sha256();
        hash.update(data, 0, length);
        int from = Math.toIntExact(index * HASH);
        return from + HASH <= hashes.length
                && Arrays.equals(hash.digest(), 0, HASH, hashes, from, from + HASH);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Hashes what passes: the whole and each chunk. */
    static final class Hasher {
        private final MessageDigest whole = sha256();
        private final MessageDigest chunk = sha256();
        private final ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        private int inChunk;

        void update(byte[] data, int offset, int length) {
            whole.update(data, offset, length);
            while (length > 0) {
                int take = Math.min(length, SIZE - inChunk);
                chunk.update(data, offset, take);
                inChunk += take;
                offset += take;
                length -= take;
                if (inChunk == SIZE) {
                    chunks.writeBytes(chunk.digest());
                    inChunk = 0;
                }
            }
        }

        String digest() {
            return HexFormat.of().formatHex(whole.digest());
        }

        Chunks chunks() {
            if (inChunk > 0) {
                chunks.writeBytes(chunk.digest());
                inChunk = 0;
            }
            return new Chunks(chunks.toByteArray());
        }
    }
}
