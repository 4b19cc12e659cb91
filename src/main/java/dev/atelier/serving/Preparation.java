package dev.atelier.serving;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Memory;
import dev.atelier.inference.Message;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Tensor;
import java.io.IOException;
import java.util.List;

/**
 * What a person's value became.
 *
 * @param answer how the call went; its error is for people when it is not ok
 * @param tensors inputs for the model. Text: {@code input_ids} and what else the graph has, each
 *     {@code [1, tokens]}. Image: one of the field's layout. Audio: {@code [windows, samples]}, to
 *     be given to the model row by row
 * @param info what was done. Text with a tokenizer: {@code tokens}, {@code truncated}. Image:
 *     {@code width} and {@code height} of the picture as read, {@code left}, {@code top}, {@code
 *     innerWidth}, {@code innerHeight} of it within the tensor, in the tensor's pixels. Audio:
 *     {@code seconds}, {@code rate}, {@code windows}, {@code sourceRate}
 */
public record Preparation(Answer answer, List<Tensor> tensors, JsonNode info) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public boolean ok() {
        return answer.ok();
    }

    /** The sentence that says what went wrong; empty when nothing did. */
    public String error() {
        return answer.error();
    }

    static Message request(ModelInterface.Field field, byte[] value) {
        try {
            var header = JSON.writeValueAsBytes(field);
            var body = new byte[header.length + value.length];
            System.arraycopy(header, 0, body, 0, header.length);
            System.arraycopy(value, 0, body, header.length, value.length);
            return new Message(body, header.length);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A field cannot be written as JSON", e);
        }
    }

    static Preparation of(Answer answer) {
        if (!answer.ok()) {
            return new Preparation(answer, List.of(), JsonNodeFactory.instance.objectNode());
        }
        var message = answer.message();
        try {
            var request =
                    RequestCodec.decode(message.body(), message.headerLength(), null, Memory.HEAP);
            var info = JSON.readTree(message.body(), 0, message.headerLength()).path("info");
            return new Preparation(answer, request.inputs(), info);
        } catch (InvalidRequest | IOException e) {
            var failed = Answer.of(Outcome.FAILED, "The runner answered nonsense.", 0);
            return new Preparation(failed, List.of(), JsonNodeFactory.instance.objectNode());
        }
    }
}
