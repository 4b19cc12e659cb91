package dev.atelier.inference;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One member of {@code inputs} or {@code outputs} on the way in.
 *
 * <p>Members may come in any order. Data that comes before its type and shape is skipped and read
 * again at the end of the object; the usual order costs one pass.
 */
final class TensorObject {

    private static final int MAX_RANK = 16;

    private final byte[] body;
    private final int offset;
    private final @Nullable Signature signature;
    private final Memory memory;

    private @Nullable String name;
    private @Nullable DataType datatype;
    private long @Nullable [] shape;
    private @Nullable ByteBuffer data;
    private long deferred = -1;
    private int deferredLength;
    private long binarySize = -1;

    TensorObject(byte[] body, int offset, @Nullable Signature signature, Memory memory) {
        this.body = body;
        this.offset = offset;
        this.signature = signature;
        this.memory = memory;
    }

    /** Reads from the start of the object to its end. */
    static TensorObject read(
            JsonParser parser,
            byte[] body,
            int offset,
            @Nullable Signature signature,
            Memory memory)
            throws IOException {
        var tensor = new TensorObject(body, offset, signature, memory);
        tensor.read(parser);
        return tensor;
    }

    private void read(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new InvalidRequest("\"inputs\" must be a list of objects");
        }
        String member;
        while ((member = parser.nextFieldName()) != null) {
            parser.nextToken();
            switch (member) {
                case "name" -> name = string(parser, member);
                case "datatype" -> datatype = datatype(string(parser, member));
                case "shape" -> shape = shape(parser);
                case "data" -> data(parser);
                case "parameters" -> parameters(parser);
                default -> parser.skipChildren();
            }
        }
        if (name == null) {
            throw new InvalidRequest("an input has no \"name\"");
        }
        if (datatype == null || shape == null) {
            throw new InvalidRequest(
                    "input \"%s\" has no \"%s\""
                            .formatted(name, datatype == null ? "datatype" : "shape"));
        }
        if (deferred >= 0) {
            try (var again =
                    Json.FACTORY.createParser(body, (int) deferred + offset, deferredLength)) {
                again.nextToken();
                data = values(again, name, datatype, shape);
            }
        }
        if (data != null && binarySize >= 0) {
            throw new InvalidRequest(
                    "input \"%s\" has both \"data\" and \"binary_data_size\"".formatted(name));
        }
        if (data == null && binarySize < 0) {
            throw new InvalidRequest("input \"%s\" has no \"data\"".formatted(name));
        }
    }

    private void data(JsonParser parser) throws IOException {
        if (data != null || deferred >= 0) {
            throw new InvalidRequest("an input has \"data\" twice");
        }
        if (name != null && datatype != null && shape != null) {
            data = values(parser, name, datatype, shape);
        } else {
            deferred = parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            deferredLength = (int) (parser.currentLocation().getByteOffset() - deferred);
        }
    }

    private ByteBuffer values(JsonParser parser, String name, DataType datatype, long[] shape)
            throws IOException {
        check(name, datatype, shape);
        return TensorJson.read(parser, name, datatype, shape, body.length - offset, memory);
    }

    private void check(String name, DataType datatype, long[] shape) {
        try {
            long elements = Tensor.elements(shape);
            if (Math.multiplyExact(elements, Math.max(1, datatype.size())) > Integer.MAX_VALUE) {
                throw new ArithmeticException();
            }
        } catch (ArithmeticException _) {
            throw new InvalidRequest(
                    "input \"%s\": shape %s is too large".formatted(name, Arrays.toString(shape)));
        }
        if (signature != null) {
            SignatureCheck.input(signature, name, datatype, shape);
        }
    }

    private void parameters(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new InvalidRequest("\"parameters\" must be an object");
        }
        String member;
        while ((member = parser.nextFieldName()) != null) {
            var token = parser.nextToken();
            if (member.equals("binary_data_size")) {
                if (token != JsonToken.VALUE_NUMBER_INT
                        || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        || parser.getLongValue() < 0) {
                    throw new InvalidRequest("\"binary_data_size\" must be a whole number");
                }
                binarySize = parser.getLongValue();
            } else {
                parser.skipChildren();
            }
        }
    }

    private static DataType datatype(String text) {
        for (var type : DataType.values()) {
            if (type.name().equals(text)) {
                return type;
            }
        }
        throw new InvalidRequest("there is no datatype \"" + text + "\"");
    }

    private static String string(JsonParser parser, String member) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw new InvalidRequest("\"" + member + "\" must be a string");
        }
        return parser.getText();
    }

    private static long[] shape(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidRequest("\"shape\" must be a list of whole numbers");
        }
        var dimensions = new long[MAX_RANK];
        int rank = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                    || parser.getLongValue() < 0) {
                throw new InvalidRequest("\"shape\" must be a list of whole numbers from 0 on");
            }
            if (rank == MAX_RANK) {
                throw new InvalidRequest("\"shape\" has more than " + MAX_RANK + " dimensions");
            }
            dimensions[rank++] = parser.getLongValue();
        }
        return Arrays.copyOf(dimensions, rank);
    }

    /** Where the binary part of this tensor ends, given where it begins. */
    int end(int begin) {
        return binarySize < 0 ? begin : Math.toIntExact(begin + binarySize);
    }

    /** The tensor; {@code begin} is where its bytes begin in the body, if they are binary. */
    Tensor tensor(int begin) {
        // read() has seen to it that these are there
        var name = String.valueOf(this.name);
        var datatype = this.datatype;
        var shape = this.shape;
        if (datatype == null || shape == null) {
            throw new IllegalStateException();
        }
        if (data != null) {
            return new Tensor(name, datatype, shape, data);
        }
        check(name, datatype, shape);
        long elements = Tensor.elements(shape);
        if (binarySize > body.length - begin) {
            throw new InvalidRequest(
                    "input \"%s\": binary_data_size is %d, the body holds %d more bytes"
                            .formatted(name, binarySize, body.length - begin));
        }
        if (datatype == DataType.BYTES) {
            var bytes =
                    ByteBuffer.wrap(body, begin, (int) binarySize)
                            .slice()
                            .order(ByteOrder.LITTLE_ENDIAN);
            checkLengths(name, bytes, elements);
            return new Tensor(name, datatype, shape, bytes);
        }
        if (elements * datatype.size() != binarySize) {
            throw new InvalidRequest(
                    "input \"%s\": %s %s takes %d bytes, binary_data_size is %d"
                            .formatted(
                                    name,
                                    datatype,
                                    Arrays.toString(shape),
                                    elements * datatype.size(),
                                    binarySize));
        }
        var bytes = memory.allocate((int) binarySize);
        bytes.put(body, begin, (int) binarySize).flip();
        return new Tensor(name, datatype, shape, bytes);
    }

    private static void checkLengths(String name, ByteBuffer bytes, long elements) {
        long count = 0;
        int at = 0;
        while (at < bytes.limit()) {
            int length = bytes.limit() - at < Integer.BYTES ? -1 : bytes.getInt(at);
            if (length < 0 || length > bytes.limit() - at - Integer.BYTES) {
                throw new InvalidRequest(
                        "input \"%s\": string %d reaches beyond the tensor's bytes"
                                .formatted(name, count));
            }
            at += Integer.BYTES + length;
            count++;
        }
        if (count != elements) {
            throw new InvalidRequest(
                    "input \"%s\": the shape says %d strings, the bytes hold %d"
                            .formatted(name, elements, count));
        }
    }

    /** Writes one tensor object; its binary bytes, if any, follow the JSON. */
    static void write(JsonGenerator json, Tensor tensor, boolean binary) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", tensor.name());
        json.writeStringField("datatype", tensor.datatype().name());
        json.writeArrayFieldStart("shape");
        for (long dimension : tensor.shape()) {
            json.writeNumber(dimension);
        }
        json.writeEndArray();
        if (binary) {
            json.writeObjectFieldStart("parameters");
            json.writeNumberField("binary_data_size", tensor.data().remaining());
            json.writeEndObject();
        } else {
            json.writeFieldName("data");
            TensorJson.write(json, tensor);
        }
        json.writeEndObject();
    }
}
