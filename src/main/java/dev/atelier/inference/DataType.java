package dev.atelier.inference;

/** Element types of the Open Inference Protocol v2, by their names on the wire. */
public enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8),
    /** Strings and byte strings; each element has its own length. */
    BYTES(0);

    private final int size;

    DataType(int size) {
        this.size = size;
    }

    /** Bytes of one element; 0 for {@link #BYTES}. */
    public int size() {
        return size;
    }
}
