package dev.atelier.models;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes ONNX files by hand, sound and broken, field by field of {@code onnx.proto3}. */
final class Onnx {

    /** Writes the fields of one message. */
    @FunctionalInterface
    interface Fields {
        void write(Onnx message) throws IOException;
    }

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

    static byte[] message(Fields fields) {
        try {
            var message = new Onnx();
            fields.write(message);
            message.out.flush();
            return message.bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Onnx number(int field, long value) throws IOException {
        out.writeInt64(field, value);
        return this;
    }

    Onnx text(int field, String value) throws IOException {
        out.writeString(field, value);
        return this;
    }

    Onnx bytes(int field, byte[] value) throws IOException {
        out.writeBytes(field, ByteString.copyFrom(value));
        return this;
    }

    Onnx in(int field, Fields fields) throws IOException {
        return bytes(field, message(fields));
    }

    /** A model around the fields of its graph; opset 17. */
    static byte[] model(Fields graph) {
        return message(
                m -> m.number(1, 8).text(2, "test").in(7, graph).in(8, o -> o.number(2, 17)));
    }

    /** Gives back its float input of shape {@code [N, 2]}; the name makes the content differ. */
    static byte[] identity(String name) {
        return model(
                g -> {
                    g.in(1, n -> n.text(1, "x").text(2, "y").text(4, "Identity"));
                    g.text(2, name);
                    tensor(g, 11, "x", 1, "N", 2L);
                    tensor(g, 12, "y", 1, "N", 2L);
                });
    }

    /** A graph input (11) or output (12); dimensions are names or sizes. */
    static void tensor(Onnx graph, int field, String name, int type, Object... dims)
            throws IOException {
        graph.in(
                field,
                v ->
                        v.text(1, name)
                                .in(
                                        2,
                                        t ->
                                                t.in(
                                                        1,
                                                        tt ->
                                                                tt.number(1, type)
                                                                        .in(
                                                                                2,
                                                                                s ->
                                                                                        shape(
                                                                                                s,
                                                                                                dims)))));
    }

    private static void shape(Onnx shape, Object... dims) throws IOException {
        for (var dim : dims) {
            shape.in(
                    1,
                    d -> {
                        if (dim instanceof Long size) {
                            d.number(1, size);
                        } else {
                            d.text(2, dim.toString());
                        }
                    });
        }
    }
}
