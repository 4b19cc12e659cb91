package dev.atelier.inference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Inference answers of the Open Inference Protocol v2 with its binary tensor extension.
 *
 * <p>JSON has no NaN and no infinities: they are written as the strings {@code "NaN"}, {@code
 * "Infinity"} and {@code "-Infinity"}, which Python's {@code float()} and JavaScript's {@code
 * Number()} read. Binary answers hold them as they are.
 */
public final class ResponseCodec {

    private ResponseCodec() {}

    /**
     * Writes an answer.
     *
     * @param limit of the answer, in bytes
     * @throws TooMuchOutput beyond the limit
     * @throws InvalidRequest for a half-precision output that was not asked for in binary
     */
    public static Message encode(
            String model,
            @Nullable String version,
            InferRequest request,
            List<Tensor> outputs,
            int limit) {
        long binary = 0;
        long text = 256;
        for (var output : outputs) {
            if (request.wantsBinary(output.name())) {
                binary += output.data().remaining();
            } else {
                text += 128 + output.data().remaining() * 3L;
            }
        }
        if (binary > limit) {
            throw new TooMuchOutput(limit);
        }
        var bytes = new Bytes((int) Math.min(limit, binary + text), limit);
        try (var json = Json.FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("model_name", model);
            if (version != null) {
                json.writeStringField("model_version", version);
            }
            if (request.id() != null) {
                json.writeStringField("id", request.id());
            }
            json.writeArrayFieldStart("outputs");
            for (var output : outputs) {
                TensorObject.write(json, output, request.wantsBinary(output.name()));
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int header = bytes.size();
        boolean mixed = false;
        for (var output : outputs) {
            if (request.wantsBinary(output.name())) {
                bytes.write(output.data());
                mixed = true;
            }
        }
        return new Message(bytes.toArray(), mixed ? header : -1);
    }

    /** {@code {"error": …}} */
    public static byte[] error(String reason) {
        var bytes = new Bytes(128, Integer.MAX_VALUE - 8);
        try (var json = Json.FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("error", reason);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toArray();
    }

    /** The reason in an error answer; the body itself where it is none. */
    public static String reason(byte[] body) {
        try (var parser = Json.FACTORY.createParser(body)) {
            if (parser.nextToken() == JsonToken.START_OBJECT
                    && "error".equals(parser.nextFieldName())) {
                var reason = parser.nextTextValue();
                if (reason != null) {
                    return reason;
                }
            }
        } catch (IOException _) {
            // told below as it came
        }
        return new String(body, 0, Math.min(body.length, 1000), StandardCharsets.UTF_8);
    }

    /**
     * Reads an answer.
     *
     * @throws InvalidRequest when it does not keep to the protocol
     */
    public static InferResponse decode(Message message) {
        var body = message.body();
        int header = message.headerLength() < 0 ? body.length : message.headerLength();
        if (header > body.length) {
            throw new InvalidRequest("the answer is shorter than its header");
        }
        try (var parser = Json.FACTORY.createParser(body, 0, header)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new InvalidRequest("the answer is not a JSON object");
            }
            String model = "";
            String version = null;
            String id = null;
            var outputs = new ArrayList<TensorObject>();
            String member;
            while ((member = parser.nextFieldName()) != null) {
                var token = parser.nextToken();
                switch (member) {
                    case "model_name" -> model = parser.getText();
                    case "model_version" -> version = parser.getText();
                    case "id" -> id = parser.getText();
                    case "outputs" -> {
                        if (token != JsonToken.START_ARRAY) {
                            throw new InvalidRequest("\"outputs\" is not a list");
                        }
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            outputs.add(TensorObject.read(parser, body, 0, null, Memory.HEAP));
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
            return new InferResponse(
                    model, version, id, RequestCodec.tensors(outputs, body, header));
        } catch (JsonProcessingException e) {
            throw new InvalidRequest("the answer is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
