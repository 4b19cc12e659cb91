package dev.atelier.models;

import dev.atelier.inference.DataType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Element types of {@code onnx.TensorProto.DataType}, in the order of their numbers. */
enum ElementType {
    UNDEFINED(0, null),
    FLOAT(32, DataType.FP32),
    UINT8(8, DataType.UINT8),
    INT8(8, DataType.INT8),
    UINT16(16, DataType.UINT16),
    INT16(16, DataType.INT16),
    INT32(32, DataType.INT32),
    INT64(64, DataType.INT64),
    STRING(0, DataType.BYTES),
    BOOL(8, DataType.BOOL),
    FLOAT16(16, DataType.FP16),
    DOUBLE(64, DataType.FP64),
    UINT32(32, DataType.UINT32),
    UINT64(64, DataType.UINT64),
    COMPLEX64(64, null),
    COMPLEX128(128, null),
    BFLOAT16(16, DataType.BF16),
    FLOAT8E4M3FN(8, null),
    FLOAT8E4M3FNUZ(8, null),
    FLOAT8E5M2(8, null),
    FLOAT8E5M2FNUZ(8, null),
    UINT4(4, null),
    INT4(4, null),
    FLOAT4E2M1(4, null),
    FLOAT8E8M0(8, null),
    UINT2(2, null),
    INT2(2, null);

    private static final ElementType[] ALL = values();

    private final int bits;
    private final @Nullable DataType wire;

    ElementType(int bits, @Nullable DataType wire) {
        this.bits = bits;
        this.wire = wire;
    }

    static ElementType of(int number) throws OnnxReader.Malformed {
        if (number < 0 || number >= ALL.length) {
            throw new OnnxReader.Malformed("Unknown element type " + number + ".");
        }
        return ALL[number];
    }

    /** Bits of one element; 0 where it has no fixed size. */
    int bits() {
        return bits;
    }

    /** The type in the Open Inference Protocol, or null where it has none. */
    @Nullable DataType wire() {
        return wire;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
