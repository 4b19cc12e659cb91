package dev.atelier.inference;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A signature as in the protocol's metadata: {@code inputs} and {@code outputs}. */
public final class SignatureJson {

    private SignatureJson() {}

    public static byte[] write(Signature signature) {
        var bytes = new Bytes(512, Integer.MAX_VALUE - 8);
        try (var json = Json.FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            write(json, "inputs", signature.inputs());
            write(json, "outputs", signature.outputs());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toArray();
    }

    private static void write(JsonGenerator json, String name, List<TensorSpec> specs)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (var spec : specs) {
            json.writeStartObject();
            json.writeStringField("name", spec.name());
            json.writeStringField("datatype", spec.datatype().name());
            json.writeArrayFieldStart("shape");
            for (long dimension : spec.shape()) {
                json.writeNumber(dimension);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /**
     * @throws IOException when it is not such a document
     */
    public static Signature read(byte[] body) throws IOException {
        try (var parser = Json.FACTORY.createParser(body)) {
            parser.nextToken();
            var inputs = new ArrayList<TensorSpec>();
            var outputs = new ArrayList<TensorSpec>();
            String member;
            while ((member = parser.nextFieldName()) != null) {
                parser.nextToken();
                switch (member) {
                    case "inputs" -> specs(parser, inputs);
                    case "outputs" -> specs(parser, outputs);
                    default -> parser.skipChildren();
                }
            }
            return new Signature(inputs, outputs);
        } catch (IllegalArgumentException e) {
            throw new IOException("not a signature", e);
        }
    }

    private static void specs(JsonParser parser, List<TensorSpec> to) throws IOException {
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            @Nullable String name = null;
            @Nullable DataType type = null;
            var shape = new ArrayList<Long>();
            String member;
            while ((member = parser.nextFieldName()) != null) {
                parser.nextToken();
                switch (member) {
                    case "name" -> name = parser.getText();
                    case "datatype" -> type = DataType.valueOf(parser.getText());
                    case "shape" -> {
                        while (parser.nextToken() == JsonToken.VALUE_NUMBER_INT) {
                            shape.add(parser.getLongValue());
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
            if (name == null || type == null || to.size() > 100_000) {
                throw new IOException("not a signature");
            }
            to.add(new TensorSpec(name, type, shape));
        }
    }
}
