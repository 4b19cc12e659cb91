package dev.atelier.inference;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Bytes in the making: grows, but never beyond its limit. */
public final class Bytes extends OutputStream {

    private final int limit;
    private byte[] array;
    private int size;

    public Bytes(int expected, int limit) {
        this.limit = limit;
        this.array = new byte[Math.min(expected, limit)];
    }

    @Override
    public void write(int value) {
        room(1);
        array[size++] = (byte) value;
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        room(length);
        System.arraycopy(from, offset, array, size, length);
        size += length;
    }

    public void write(ByteBuffer from) {
        int length = from.remaining();
        room(length);
        from.get(array, size, length);
        size += length;
    }

    private void room(int more) {
        long needed = (long) size + more;
        if (needed > limit) {
            throw new TooMuchOutput(limit);
        }
        if (needed > array.length) {
            array =
                    Arrays.copyOf(
                            array, (int) Math.min(limit, Math.max(needed, array.length * 2L)));
        }
    }

    public int size() {
        return size;
    }

    /** The array behind, of which the first {@link #size} bytes count. */
    public byte[] array() {
        return array;
    }

    public byte[] toArray() {
        return size == array.length ? array : Arrays.copyOf(array, size);
    }
}
