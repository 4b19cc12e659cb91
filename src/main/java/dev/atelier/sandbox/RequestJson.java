package dev.atelier.sandbox;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.atelier.inference.DataType;
import dev.atelier.inference.Tensor;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/** A request of the Open Inference Protocol as JSON that people read: one tensor a line. */
final class RequestJson {

    private static final JsonFactory JSON = new JsonFactory();

    private RequestJson() {}

    /** Half precision has no JSON form in the protocol; it is written as FP32 numbers would be. */
    static String of(List<Tensor> inputs) {
        return inputs.stream()
                .map(RequestJson::tensor)
                .collect(Collectors.joining(",\n  ", "{\"inputs\": [\n  ", "]}"));
    }

    private static String tensor(Tensor tensor) {
        var text = new StringWriter();
        try (var out = JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("name", tensor.name());
            out.writeStringField("datatype", tensor.datatype().name());
            out.writeFieldName("shape");
            out.writeArray(tensor.shape(), 0, tensor.shape().length);
            out.writeArrayFieldStart("data");
            data(out, tensor);
            out.writeEndArray();
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void data(JsonGenerator out, Tensor tensor) throws IOException {
        if (tensor.datatype() == DataType.BYTES) {
            for (var value : tensor.strings()) {
                out.writeString(value);
            }
            return;
        }
        for (var value : tensor.numbers()) {
            switch (tensor.datatype()) {
                case BOOL -> out.writeBoolean(value != 0);
                case FP16, BF16, FP32 -> out.writeNumber((float) value);
                case FP64 -> out.writeNumber(value);
                default -> out.writeNumber((long) value);
            }
        }
    }
}
