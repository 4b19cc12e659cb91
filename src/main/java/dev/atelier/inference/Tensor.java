package dev.atelier.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A named array of values in row-major order.
 *
 * <p>{@code data} is little-endian and laid out as in the binary extension of the protocol: fixed
 * size elements one after another, {@link DataType#BOOL} one byte each, {@link DataType#BYTES} as
 * four bytes of length and the bytes. It is never copied here; position and limit stay as they are.
 */
public final class Tensor {

    private final String name;
    private final DataType datatype;
    private final long[] shape;
    private final ByteBuffer data;

    public Tensor(String name, DataType datatype, long[] shape, ByteBuffer data) {
        this.name = name;
        this.datatype = datatype;
        this.shape = shape;
        this.data = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    public static Tensor floats(String name, long[] shape, float... values) {
        var data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return new Tensor(name, DataType.FP32, shape, data);
    }

    public static Tensor longs(String name, long[] shape, long... values) {
        var data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        return new Tensor(name, DataType.INT64, shape, data);
    }

    public static Tensor strings(String name, long[] shape, String... values) {
        return new Tensor(name, DataType.BYTES, shape, bytes(List.of(values)));
    }

    /** Numbers in any numeric type, rounded or cut as a Java cast does. */
    public static Tensor numbers(String name, DataType datatype, long[] shape, double... values) {
        var data =
                ByteBuffer.allocate(values.length * datatype.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            switch (datatype) {
                case BOOL -> data.put((byte) (value != 0 ? 1 : 0));
                case UINT8, INT8 -> data.put((byte) (long) value);
                case UINT16, INT16 -> data.putShort((short) (long) value);
                case UINT32, INT32 -> data.putInt((int) (long) value);
                case UINT64, INT64 -> data.putLong((long) value);
                case FP16 -> data.putShort(Float.floatToFloat16((float) value));
                case BF16 -> data.putShort((short) (Float.floatToRawIntBits((float) value) >> 16));
                case FP32 -> data.putFloat((float) value);
                case FP64 -> data.putDouble(value);
                case BYTES -> throw new IllegalArgumentException(name + " takes no numbers");
            }
        }
        return new Tensor(name, datatype, shape, data.flip());
    }

    /** Strings in the layout of {@link DataType#BYTES}. */
    public static ByteBuffer bytes(List<String> values) {
        var encoded = new ArrayList<byte[]>(values.size());
        int size = 0;
        for (var value : values) {
            var bytes = value.getBytes(StandardCharsets.UTF_8);
            encoded.add(bytes);
            size = Math.addExact(size, Integer.BYTES + bytes.length);
        }
        var data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        encoded.forEach(bytes -> data.putInt(bytes.length).put(bytes));
        return data.flip();
    }

    public String name() {
        return name;
    }

    public DataType datatype() {
        return datatype;
    }

    /** Not copied: do not change it. */
    public long[] shape() {
        return shape;
    }

    /** The bytes, with their own position and limit, little-endian. */
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How many values the shape says; 1 for a scalar. */
    public long elements() {
        return elements(shape);
    }

    static long elements(long[] shape) {
        long count = 1;
        for (long dimension : shape) {
            count = Math.multiplyExact(count, dimension);
        }
        return count;
    }

    /**
     * The values as numbers; false and true are 0 and 1.
     *
     * @throws IllegalStateException for {@link DataType#BYTES}
     */
    public double[] numbers() {
        var from = data();
        var values = new double[Math.toIntExact(elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    switch (datatype) {
                        case BOOL, UINT8 -> Byte.toUnsignedInt(from.get());
                        case INT8 -> from.get();
                        case UINT16 -> Short.toUnsignedInt(from.getShort());
                        case INT16 -> from.getShort();
                        case UINT32 -> Integer.toUnsignedLong(from.getInt());
                        case INT32 -> from.getInt();
                        case UINT64 -> unsigned(from.getLong());
                        case INT64 -> from.getLong();
                        case FP16 -> Float.float16ToFloat(from.getShort());
                        case BF16 -> Float.intBitsToFloat(from.getShort() << 16);
                        case FP32 -> from.getFloat();
                        case FP64 -> from.getDouble();
                        case BYTES -> throw new IllegalStateException(name + " holds text");
                    };
        }
        return values;
    }

    private static double unsigned(long value) {
        return value >= 0 ? value : (value >>> 1) * 2.0 + (value & 1);
    }

    /**
     * The values as text.
     *
     * @throws IllegalStateException unless the type is {@link DataType#BYTES}
     */
    public List<String> strings() {
        if (datatype != DataType.BYTES) {
            throw new IllegalStateException(name + " holds " + datatype);
        }
        var from = data();
        int count = Math.toIntExact(elements());
        var values = new ArrayList<String>(Math.min(count, from.remaining() / Integer.BYTES));
        for (int i = 0; i < count; i++) {
            var bytes = new byte[from.getInt()];
            from.get(bytes);
            values.add(new String(bytes, StandardCharsets.UTF_8));
        }
        return values;
    }

    @Override
    public String toString() {
        return name + " " + datatype + " " + Arrays.toString(shape);
    }
}
