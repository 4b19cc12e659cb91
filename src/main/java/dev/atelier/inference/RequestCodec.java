package dev.atelier.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Inference requests of the Open Inference Protocol v2 with its binary tensor extension.
 *
 * <p>Source: github.com/kserve/open-inference-protocol, and extension_binary_data.md of Triton.
 */
public final class RequestCodec {

    private RequestCodec() {}

    /**
     * Reads a request and holds it against the signature.
     *
     * @param headerLength bytes of JSON before the binary tensors, or −1 when all of it is JSON
     * @throws InvalidRequest naming the input, what was expected and what came
     */
    public static InferRequest decode(
            byte[] body, int headerLength, @Nullable Signature signature, Memory memory) {
        int header = headerLength < 0 ? body.length : headerLength;
        if (header > body.length) {
            throw new InvalidRequest(
                    "Inference-Header-Content-Length is %d, the body has %d bytes"
                            .formatted(header, body.length));
        }
        try (var parser = Json.FACTORY.createParser(body, 0, header)) {
            var request = read(parser, body, header, signature, memory);
            if (signature != null) {
                SignatureCheck.complete(signature, request);
            }
            return request;
        } catch (JsonProcessingException e) {
            throw new InvalidRequest("the request is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InferRequest read(
            JsonParser parser,
            byte[] body,
            int header,
            @Nullable Signature signature,
            Memory memory)
            throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new InvalidRequest("the request must be a JSON object");
        }
        String id = null;
        List<TensorObject> inputs = null;
        List<InferRequest.Output> outputs = null;
        boolean binaryOutput = false;
        String member;
        while ((member = parser.nextFieldName()) != null) {
            var token = parser.nextToken();
            switch (member) {
                case "id" -> {
                    if (token != JsonToken.VALUE_STRING) {
                        throw new InvalidRequest("\"id\" must be a string");
                    }
                    id = parser.getText();
                }
                case "inputs" -> {
                    if (inputs != null) {
                        throw new InvalidRequest("\"inputs\" is there twice");
                    }
                    inputs = inputs(parser, body, signature, memory);
                }
                case "outputs" -> outputs = outputs(parser);
                case "parameters" ->
                        binaryOutput = Boolean.TRUE.equals(flag(parser, "binary_data_output"));
                default -> parser.skipChildren();
            }
        }
        if (parser.nextToken() != null) {
            throw new InvalidRequest("there is more than one JSON value before the binary data");
        }
        if (inputs == null) {
            throw new InvalidRequest("the request has no \"inputs\"");
        }
        return new InferRequest(id, tensors(inputs, body, header), outputs, binaryOutput);
    }

    private static List<TensorObject> inputs(
            JsonParser parser, byte[] body, @Nullable Signature signature, Memory memory)
            throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidRequest("\"inputs\" must be a list");
        }
        var inputs = new ArrayList<TensorObject>(4);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (inputs.size() == 10_000) {
                throw new InvalidRequest("\"inputs\" has more than 10,000 members");
            }
            inputs.add(TensorObject.read(parser, body, 0, signature, memory));
        }
        return inputs;
    }

    /** The tensors, binary ones taken from the body in their order. */
    static List<Tensor> tensors(List<TensorObject> objects, byte[] body, int begin) {
        var tensors = new ArrayList<Tensor>(objects.size());
        for (var object : objects) {
            tensors.add(object.tensor(begin));
            begin = object.end(begin);
        }
        if (begin != body.length) {
            throw new InvalidRequest(
                    "%d bytes of binary data belong to no tensor".formatted(body.length - begin));
        }
        return tensors;
    }

    private static List<InferRequest.Output> outputs(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidRequest("\"outputs\" must be a list");
        }
        var outputs = new ArrayList<InferRequest.Output>(4);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT || outputs.size() == 10_000) {
                throw new InvalidRequest("\"outputs\" must be a list of at most 10,000 objects");
            }
            String name = null;
            Boolean binary = null;
            String member;
            while ((member = parser.nextFieldName()) != null) {
                var token = parser.nextToken();
                switch (member) {
                    case "name" -> {
                        if (token != JsonToken.VALUE_STRING) {
                            throw new InvalidRequest("the name of an output must be a string");
                        }
                        name = parser.getText();
                    }
                    case "parameters" -> binary = flag(parser, "binary_data");
                    default -> parser.skipChildren();
                }
            }
            if (name == null) {
                throw new InvalidRequest("an output has no \"name\"");
            }
            outputs.add(new InferRequest.Output(name, binary));
        }
        return outputs;
    }

    /** One boolean of a {@code parameters} object; null when it is not there. */
    private static @Nullable Boolean flag(JsonParser parser, String name) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new InvalidRequest("\"parameters\" must be an object");
        }
        Boolean value = null;
        String member;
        while ((member = parser.nextFieldName()) != null) {
            var token = parser.nextToken();
            if (member.equals(name)) {
                if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
                    throw new InvalidRequest("\"" + name + "\" must be true or false");
                }
                value = token == JsonToken.VALUE_TRUE;
            } else {
                parser.skipChildren();
            }
        }
        return value;
    }

    /** Writes a request with binary tensors, asking for what it says. */
    public static Message encode(InferRequest request) {
        return encode(request, null);
    }

    /**
     * The same with a member {@code info} beside the tensors, which {@link #decode} passes over.
     *
     * @param info JSON, written as it is
     */
    public static Message encode(InferRequest request, @Nullable String info) {
        int binary = 0;
        for (var input : request.inputs()) {
            binary = Math.addExact(binary, input.data().remaining());
        }
        var bytes =
                new Bytes(
                        512 + binary, (int) Math.min(Integer.MAX_VALUE - 8L, binary + (8L << 20)));
        try (var json = Json.FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            if (request.id() != null) {
                json.writeStringField("id", request.id());
            }
            if (info != null) {
                json.writeFieldName("info");
                json.writeRawValue(info);
            }
            if (request.binaryOutput()) {
                json.writeObjectFieldStart("parameters");
                json.writeBooleanField("binary_data_output", true);
                json.writeEndObject();
            }
            json.writeArrayFieldStart("inputs");
            for (var input : request.inputs()) {
                TensorObject.write(json, input, true);
            }
            json.writeEndArray();
            if (request.outputs() != null) {
                json.writeArrayFieldStart("outputs");
                for (var output : request.outputs()) {
                    json.writeStartObject();
                    json.writeStringField("name", output.name());
                    if (output.binary() != null) {
                        json.writeObjectFieldStart("parameters");
                        json.writeBooleanField("binary_data", output.binary());
                        json.writeEndObject();
                    }
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int header = bytes.size();
        for (var input : request.inputs()) {
            bytes.write(input.data());
        }
        return new Message(bytes.toArray(), header);
    }
}
