package dev.atelier.inference;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The {@code data} member of a tensor. Values come flat or nested as the shape says; anything
 * between is refused with the place where it differs.
 */
final class TensorJson {

    private static final BigInteger MAX_UNSIGNED = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

    private final String name;
    private final DataType datatype;
    private final long[] shape;
    private final long elements;
    private ByteBuffer to;
    private long count;

    private TensorJson(String name, DataType datatype, long[] shape, ByteBuffer to) {
        this.name = name;
        this.datatype = datatype;
        this.shape = shape;
        this.elements = Tensor.elements(shape);
        this.to = to;
    }

    /** Reads at a parser that stands on the first token of {@code data}. */
    static ByteBuffer read(
            JsonParser parser,
            String name,
            DataType datatype,
            long[] shape,
            int available,
            Memory memory)
            throws IOException {
        if (datatype == DataType.FP16 || datatype == DataType.BF16) {
            throw new InvalidRequest(
                    "input \"%s\": %s cannot be written in JSON; send it as binary tensor data"
                            .formatted(name, datatype));
        }
        long elements = Tensor.elements(shape);
        // Each value takes two bytes of JSON at least, so a lying shape reserves no memory.
        if (elements > available) {
            throw new InvalidRequest(
                    "input \"%s\": shape %s says %d values, data holds fewer"
                            .formatted(name, Arrays.toString(shape), elements));
        }
        var text = datatype == DataType.BYTES;
        var to =
                text
                        ? ByteBuffer.allocate((int) Math.min(1024, elements * 16 + 16))
                                .order(ByteOrder.LITTLE_ENDIAN)
                        : memory.allocate(Math.toIntExact(elements * datatype.size()));
        var reader = new TensorJson(name, datatype, shape, to);
        reader.read(parser);
        return reader.to.flip();
    }

    private void read(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidRequest(
                    "input \"%s\": data must be an array, came %s".formatted(name, token(parser)));
        }
        var first = parser.nextToken();
        if (first == JsonToken.START_ARRAY) {
            if (shape.length < 2) {
                throw ragged("a nested array where the shape has one dimension");
            }
            nested(parser, 0);
        } else {
            flat(parser);
        }
        if (count != elements) {
            throw new InvalidRequest(
                    "input \"%s\": shape %s says %d values, data holds %d"
                            .formatted(name, Arrays.toString(shape), elements, count));
        }
    }

    private void flat(JsonParser parser) throws IOException {
        for (var token = parser.currentToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            if (count == elements) {
                throw new InvalidRequest(
                        "input \"%s\": shape %s says %d values, data holds more"
                                .formatted(name, Arrays.toString(shape), elements));
            }
            value(parser, token);
        }
    }

    /** Reads one array of dimension {@code depth}; the parser stands on its first child. */
    private void nested(JsonParser parser, int depth) throws IOException {
        long children = 0;
        for (var token = parser.currentToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            if (children++ == shape[depth]) {
                throw ragged(
                        "an array of more than %d in dimension %d".formatted(shape[depth], depth));
            }
            if (depth == shape.length - 1) {
                value(parser, token);
            } else if (token == JsonToken.START_ARRAY) {
                parser.nextToken();
                nested(parser, depth + 1);
            } else {
                throw ragged("a value where dimension %d begins".formatted(depth + 1));
            }
        }
        if (children != shape[depth]) {
            throw ragged(
                    "an array of %d instead of %d in dimension %d"
                            .formatted(children, shape[depth], depth));
        }
    }

    private InvalidRequest ragged(String what) {
        return new InvalidRequest(
                "input \"%s\": data does not have the shape %s: %s after value %d"
                        .formatted(name, Arrays.toString(shape), what, count));
    }

    private void value(JsonParser parser, @Nullable JsonToken token) throws IOException {
        if (token == null) {
            throw new InvalidRequest("input \"" + name + "\": the body ends within data");
        }
        switch (datatype) {
            case FP32 -> to.putFloat(real32(parser, token));
            case FP64 -> to.putDouble(real64(parser, token));
            case INT64 -> to.putLong(integer(parser, token, Long.MIN_VALUE, Long.MAX_VALUE));
            case INT32 ->
                    to.putInt((int) integer(parser, token, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case INT16 ->
                    to.putShort((short) integer(parser, token, Short.MIN_VALUE, Short.MAX_VALUE));
            case INT8 -> to.put((byte) integer(parser, token, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT64 -> to.putLong(unsigned(parser, token));
            case UINT32 -> to.putInt((int) integer(parser, token, 0, 0xFFFF_FFFFL));
            case UINT16 -> to.putShort((short) integer(parser, token, 0, 0xFFFF));
            case UINT8 -> to.put((byte) integer(parser, token, 0, 0xFF));
            case BOOL -> to.put((byte) (bool(parser, token) ? 1 : 0));
            case BYTES -> text(parser, token);
            case FP16, BF16 -> throw new IllegalStateException();
        }
        count++;
    }

    private float real32(JsonParser parser, JsonToken token) throws IOException {
        if (!token.isNumeric()) {
            return (float) word(parser, token);
        }
        float value = parser.getFloatValue();
        if (Float.isInfinite(value) && !parser.isNaN()) {
            throw doesNotFit(parser);
        }
        return value;
    }

    private double real64(JsonParser parser, JsonToken token) throws IOException {
        if (!token.isNumeric()) {
            return word(parser, token);
        }
        double value = parser.getDoubleValue();
        if (Double.isInfinite(value) && !parser.isNaN()) {
            throw doesNotFit(parser);
        }
        return value;
    }

    /** Our own answers write NaN and infinities as strings; they are understood here too. */
    private double word(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_STRING) {
            switch (parser.getText()) {
                case "NaN" -> {
                    return Double.NaN;
                }
                case "Infinity" -> {
                    return Double.POSITIVE_INFINITY;
                }
                case "-Infinity" -> {
                    return Double.NEGATIVE_INFINITY;
                }
                default -> {}
            }
        }
        throw expected("a number", parser);
    }

    private long integer(JsonParser parser, JsonToken token, long low, long high)
            throws IOException {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw expected("a whole number", parser);
        }
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw doesNotFit(parser);
        }
        long value = parser.getLongValue();
        if (value < low || value > high) {
            throw doesNotFit(parser);
        }
        return value;
    }

    private long unsigned(JsonParser parser, JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw expected("a whole number", parser);
        }
        var value = parser.getBigIntegerValue();
        if (value.signum() < 0 || value.compareTo(MAX_UNSIGNED) > 0) {
            throw doesNotFit(parser);
        }
        return value.longValue();
    }

    private boolean bool(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            return token == JsonToken.VALUE_TRUE;
        }
        if (token == JsonToken.VALUE_NUMBER_INT) {
            return integer(parser, token, 0, 1) == 1;
        }
        throw expected("true or false", parser);
    }

    private void text(JsonParser parser, JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_STRING) {
            throw expected("a string", parser);
        }
        var bytes = parser.getText().getBytes(StandardCharsets.UTF_8);
        int needed = bytes.length + Integer.BYTES;
        if (to.remaining() < needed) {
            int size = Math.toIntExact(Math.max(to.capacity() * 2L, (long) to.position() + needed));
            to = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(to.flip());
        }
        to.putInt(bytes.length).put(bytes);
    }

    private InvalidRequest doesNotFit(JsonParser parser) throws IOException {
        return new InvalidRequest(
                "input \"%s\", value %d: %s does not fit %s"
                        .formatted(name, count, shortened(parser.getText()), datatype));
    }

    private InvalidRequest expected(String what, JsonParser parser) throws IOException {
        return new InvalidRequest(
                "input \"%s\", value %d: expected %s for %s, came %s"
                        .formatted(name, count, what, datatype, token(parser)));
    }

    private static String token(JsonParser parser) throws IOException {
        var token = parser.currentToken();
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_ARRAY -> "an array";
            case START_OBJECT -> "an object";
            case VALUE_STRING -> "the string \"" + shortened(parser.getText()) + "\"";
            default -> shortened(String.valueOf(parser.getText()));
        };
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /** Writes the values flat. */
    static void write(JsonGenerator json, Tensor tensor) throws IOException {
        var from = tensor.data();
        json.writeStartArray();
        switch (tensor.datatype()) {
            case FP32 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(from.getFloat());
                }
            }
            case FP64 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(from.getDouble());
                }
            }
            case INT64 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(from.getLong());
                }
            }
            case INT32 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(from.getInt());
                }
            }
            case INT16 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(from.getShort());
                }
            }
            case INT8 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(from.get());
                }
            }
            case UINT64 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(new BigInteger(Long.toUnsignedString(from.getLong())));
                }
            }
            case UINT32 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(Integer.toUnsignedLong(from.getInt()));
                }
            }
            case UINT16 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(Short.toUnsignedInt(from.getShort()));
                }
            }
            case UINT8 -> {
                while (from.hasRemaining()) {
                    json.writeNumber(Byte.toUnsignedInt(from.get()));
                }
            }
            case BOOL -> {
                while (from.hasRemaining()) {
                    json.writeBoolean(from.get() != 0);
                }
            }
            case BYTES -> {
                while (from.hasRemaining()) {
                    var bytes = new byte[from.getInt()];
                    from.get(bytes);
                    json.writeString(new String(bytes, StandardCharsets.UTF_8));
                }
            }
            case FP16, BF16 ->
                    throw new InvalidRequest(
                            "output \"%s\" is %s, which JSON cannot hold; ask for it as binary data"
                                    .formatted(tensor.name(), tensor.datatype()));
        }
        json.writeEndArray();
    }
}
