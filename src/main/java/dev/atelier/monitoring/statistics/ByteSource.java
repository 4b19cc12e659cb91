package dev.atelier.monitoring.statistics;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Reads what {@link ByteSink} writes, and trusts no length in it. */
final class ByteSource {

    private static final int HASH = 32;
    private static final int PAYLOAD = 0x7f;
    private static final int BITS = 7;

    /** As many entries as a list may have. */
    private static final int MOST = 100_000;

    /** As many cells as a column may have, a few more than any has: zeros take no bytes. */
    private static final int MOST_CELLS = 2_500;

    private final ByteBuffer in;

    /**
     * @throws IllegalArgumentException when the first byte is another format; so does each method
     *     where the bytes end early or are none that are written
     */
    ByteSource(byte[] bytes, int format) {
        in = ByteBuffer.wrap(bytes);
        int found = in.hasRemaining() ? in.get() & 0xff : 0;
        if (found != format) {
            throw new IllegalArgumentException(
                    "Counts of format " + found + " cannot be read; " + format + " can");
        }
    }

    long count() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += BITS) {
            int next = next();
            value |= (long) (next & PAYLOAD) << shift;
            if (next <= PAYLOAD) {
                if (value < 0) {
                    break;
                }
                return value;
            }
        }
        throw new IllegalArgumentException("A count is larger than 63 bits");
    }

    private int next() {
        if (!in.hasRemaining()) {
            throw cut();
        }
        return in.get() & 0xff;
    }

    private static IllegalArgumentException cut() {
        return new IllegalArgumentException("The counts are cut short");
    }

    /** How many of something follow. */
    int length() {
        return length(MOST);
    }

    private int length(int most) {
        long length = count();
        if (length > most) {
            throw new IllegalArgumentException("A list of " + length + " is longer than any");
        }
        return (int) length;
    }

    long[] counts() {
        var values = new long[length(MOST_CELLS)];
        for (int i = 0; i < values.length; i++) {
            values[i] = count();
            if (values[i] == 0) {
                long zeros = count();
                if (zeros >= values.length - i) {
                    throw new IllegalArgumentException("A run of zeros is longer than its list");
                }
                i += (int) zeros;
            }
        }
        return values;
    }

    double number() {
        try {
            return in.getDouble();
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException(cut().getMessage(), e);
        }
    }

    Moments moments() {
        long n = count();
        if (n == 0) {
            return Moments.NONE;
        }
        var moments = new Moments(n, number(), number(), number(), number());
        if (!Double.isFinite(moments.mean()) || !(moments.m2() >= 0)) {
            throw new IllegalArgumentException("The moments are those of no numbers");
        }
        return moments;
    }

    String hash() {
        return HexFormat.of().formatHex(bytes(HASH));
    }

    String text() {
        return new String(bytes(count()), StandardCharsets.UTF_8);
    }

    private byte[] bytes(long length) {
        if (length > in.remaining()) {
            throw cut();
        }
        var bytes = new byte[(int) length];
        in.get(bytes);
        return bytes;
    }

    /**
     * @throws IllegalArgumentException when something follows
     */
    void end() {
        if (in.hasRemaining()) {
            throw new IllegalArgumentException("There is more than the counts");
        }
    }
}
