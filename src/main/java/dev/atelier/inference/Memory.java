package dev.atelier.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Where decoded tensors go: direct memory in the runner, the heap elsewhere. */
@FunctionalInterface
public interface Memory {

    Memory DIRECT = bytes -> ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);

    Memory HEAP = bytes -> ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);

    /** A little-endian buffer of exactly so many bytes. */
    ByteBuffer allocate(int bytes);
}
