package dev.atelier.runner;

import dev.atelier.inference.Memory;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Direct memory for the tensors of one run, handed out front to back and taken back at once.
 *
 * <p>{@code ByteBuffer.allocateDirect} for each tensor would cost more than a small model's run;
 * what does not fit the kept block is taken from the system and given back after the run.
 */
final class Scratch implements Memory {

    private static final int KEPT = 1 << 20;

    private final ByteBuffer block = ByteBuffer.allocateDirect(KEPT).order(ByteOrder.LITTLE_ENDIAN);
    private @Nullable Arena large;
    private int used;

    @Override
    public ByteBuffer allocate(int bytes) {
        if (bytes <= KEPT - used) {
            var slice = block.slice(used, bytes).order(ByteOrder.LITTLE_ENDIAN);
            used = Math.min(KEPT, (used + bytes + 63) & ~63);
            return slice;
        }
        if (large == null) {
            large = Arena.ofShared();
        }
        return large.allocate(bytes, 64).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    void clear() {
        used = 0;
        if (large != null) {
            large.close();
            large = null;
        }
    }
}
