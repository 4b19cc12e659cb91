package dev.atelier.serving;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Writes ONNX files byte by byte (onnx.proto3), so that tests need no Python and no binaries. */
public final class Onnx {

    public static final int FLOAT = 1;
    public static final int UINT8 = 2;
    public static final int UINT16 = 4;
    public static final int INT64 = 7;
    public static final int STRING = 8;
    public static final int BOOL = 9;
    public static final int FLOAT16 = 10;
    public static final int DOUBLE = 11;

    private final List<byte[]> nodes = new ArrayList<>();
    private final List<byte[]> initializers = new ArrayList<>();
    private final List<byte[]> inputs = new ArrayList<>();
    private final List<byte[]> outputs = new ArrayList<>();

    public Onnx input(String name, int type, Object... shape) {
        inputs.add(value(name, type, shape));
        return this;
    }

    public Onnx output(String name, int type, Object... shape) {
        outputs.add(value(name, type, shape));
        return this;
    }

    public Onnx node(String op, List<String> in, List<String> out, byte[]... attributes) {
        var node = new Message();
        in.forEach(name -> node.text(1, name));
        out.forEach(name -> node.text(2, name));
        node.text(4, op);
        for (var attribute : attributes) {
            node.bytes(5, attribute);
        }
        nodes.add(node.end());
        return this;
    }

    public Onnx initializer(byte[] tensor) {
        initializers.add(tensor);
        return this;
    }

    public byte[] graph() {
        var graph = new Message();
        nodes.forEach(node -> graph.bytes(1, node));
        graph.text(2, "g");
        initializers.forEach(tensor -> graph.bytes(5, tensor));
        inputs.forEach(input -> graph.bytes(11, input));
        outputs.forEach(output -> graph.bytes(12, output));
        return graph.end();
    }

    public byte[] model() {
        return new Message()
                .number(1, 8)
                .text(2, "atelier-test")
                .bytes(7, graph())
                .bytes(8, new Message().text(1, "").number(2, 17).end())
                .end();
    }

    public static byte[] attribute(String name, long value) {
        return new Message().text(1, name).number(3, value).number(20, 2).end();
    }

    public static byte[] attribute(String name, long... values) {
        var attribute = new Message().text(1, name);
        Arrays.stream(values).forEach(value -> attribute.number(8, value));
        return attribute.number(20, 7).end();
    }

    public static byte[] tensorAttribute(String name, byte[] tensor) {
        return new Message().text(1, name).bytes(5, tensor).number(20, 4).end();
    }

    public static byte[] graphAttribute(String name, byte[] graph) {
        return new Message().text(1, name).bytes(6, graph).number(20, 5).end();
    }

    public static byte[] floats(String name, long[] dims, float... values) {
        var raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor(name, FLOAT, dims, raw.array());
    }

    public static byte[] longs(String name, long[] dims, long... values) {
        var raw = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return tensor(name, INT64, dims, raw.array());
    }

    public static byte[] tensor(String name, int type, long[] dims, byte[] raw) {
        var tensor = new Message();
        Arrays.stream(dims).forEach(dim -> tensor.number(1, dim));
        return tensor.number(2, type).text(8, name).bytes(9, raw).end();
    }

    /** A tensor whose bytes lie in another file. */
    public static byte[] external(String name, long[] dims, String location, long length) {
        var tensor = new Message();
        Arrays.stream(dims).forEach(dim -> tensor.number(1, dim));
        return tensor.number(2, FLOAT)
                .text(8, name)
                .bytes(13, new Message().text(1, "location").text(2, location).end())
                .bytes(13, new Message().text(1, "offset").text(2, "0").end())
                .bytes(13, new Message().text(1, "length").text(2, "" + length).end())
                .number(14, 1)
                .end();
    }

    private static byte[] value(String name, int type, Object... shape) {
        var dims = new Message();
        Stream.of(shape)
                .forEach(
                        dim ->
                                dims.bytes(
                                        1,
                                        dim instanceof String text
                                                ? new Message().text(2, text).end()
                                                : new Message()
                                                        .number(1, ((Number) dim).longValue())
                                                        .end()));
        var tensor = new Message().number(1, type).bytes(2, dims.end()).end();
        return new Message().text(1, name).bytes(2, new Message().bytes(1, tensor).end()).end();
    }

    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        private void varint(long value) {
            while ((value & ~0x7FL) != 0) {
                out.write((int) (value & 0x7F | 0x80));
                value >>>= 7;
            }
            out.write((int) value);
        }

        byte[] end() {
            return out.toByteArray();
        }
    }
}
