package dev.atelier.serving;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import dev.atelier.models.ModelVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI 3.1 document of one version: its inference call with the names, types and shapes of
 * its own tensors, and what {@code interface.json} says about their columns.
 */
final class ModelOpenApi {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ModelVersion version;
    private final Signature signature;
    private final @Nullable ModelInterface described;

    private ModelOpenApi(ModelVersion version, Signature signature) {
        this.version = version;
        this.signature = signature;
        this.described = version.modelInterface();
    }

    /** The document, for the address under which the version is called. */
    static ObjectNode of(ModelVersion version, Signature signature, String address) {
        return new ModelOpenApi(version, signature).document(address);
    }

    private ObjectNode document(String address) {
        var document = JSON.createObjectNode();
        document.put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", version.model())
                .put("version", Integer.toString(version.number()))
                .put("description", "Open Inference Protocol v2. " + columns());
        var post = document.putObject("paths").putObject(address + "/infer").putObject("post");
        post.put("operationId", "infer").put("summary", "Call " + version.model());
        var body = post.putObject("requestBody").put("required", true);
        var json = body.putObject("content").putObject("application/json");
        json.set("schema", reference("Request"));
        json.set("example", example());
        var responses = post.putObject("responses");
        responses
                .putObject("200")
                .put("description", "The outputs")
                .putObject("content")
                .putObject("application/json")
                .set("schema", reference("Response"));
        for (var failure :
                List.of(
                        List.of("400", "The request does not fit the model"),
                        List.of("429", "Too many calls wait; see Retry-After"),
                        List.of("500", "The model failed"),
                        List.of("503", "The model is on hold; see Retry-After"),
                        List.of("504", "The model took too long"))) {
            responses
                    .putObject(failure.getFirst())
                    .put("description", failure.getLast())
                    .putObject("content")
                    .putObject("application/json")
                    .set("schema", reference("Error"));
        }
        var schemas = document.putObject("components").putObject("schemas");
        schemas.set("Request", message("inputs", signature.inputs(), true));
        schemas.set("Response", message("outputs", signature.outputs(), false));
        var error = schemas.putObject("Error").put("type", "object");
        error.putArray("required").add("error");
        error.putObject("properties").putObject("error").put("type", "string");
        return document;
    }

    private static ObjectNode reference(String schema) {
        return JSON.createObjectNode().put("$ref", "#/components/schemas/" + schema);
    }

    /** A tensor is told from the others by its name, so each has a schema of its own. */
    private static ObjectNode message(String member, List<TensorSpec> specs, boolean request) {
        var message = JSON.createObjectNode().put("type", "object");
        message.putArray("required").add(member);
        var properties = message.putObject("properties");
        properties.putObject("id").put("type", "string");
        if (!request) {
            properties.putObject("model_name").put("type", "string");
            properties.putObject("model_version").put("type", "string");
        }
        var tensors = properties.putObject(member).put("type", "array");
        if (request) {
            tensors.put("minItems", specs.size()).put("maxItems", specs.size());
        }
        var any = tensors.putObject("items").putArray("oneOf");
        specs.forEach(spec -> any.add(tensor(spec)));
        return message;
    }

    private static ObjectNode tensor(TensorSpec spec) {
        var tensor = JSON.createObjectNode().put("type", "object").put("title", spec.name());
        tensor.putArray("required").add("name").add("datatype").add("shape").add("data");
        var properties = tensor.putObject("properties");
        properties.putObject("name").put("const", spec.name());
        properties.putObject("datatype").put("const", spec.datatype().name());
        var shape = properties.putObject("shape").put("type", "array");
        shape.put("minItems", spec.shape().size()).put("maxItems", spec.shape().size());
        if (!spec.shape().isEmpty()) {
            var dimensions = shape.putArray("prefixItems");
            for (long dimension : spec.shape()) {
                var each = dimensions.addObject().put("type", "integer").put("minimum", 0);
                if (dimension >= 0) {
                    each.put("const", dimension);
                }
            }
        }
        properties
                .putObject("data")
                .put("type", "array")
                .put("description", "Row by row, flat or nested as the shape says");
        return tensor;
    }

    /** A request with one row of zeros, or of the defaults that the interface gives. */
    private ObjectNode example() {
        var example = JSON.createObjectNode();
        var inputs = example.putArray("inputs");
        for (var spec : signature.inputs()) {
            var input = inputs.addObject();
            input.put("name", spec.name()).put("datatype", spec.datatype().name());
            var shape = input.putArray("shape");
            long elements = 1;
            for (long dimension : spec.shape()) {
                long size = dimension < 0 ? 1 : dimension;
                shape.add(size);
                elements = elements > 1000 ? elements : elements * size;
            }
            values(input.putArray("data"), spec, (int) Math.min(elements, 1000));
        }
        return example;
    }

    private void values(ArrayNode data, TensorSpec spec, int count) {
        for (int i = 0; i < count; i++) {
            var preset = preset(spec.name(), i);
            if (preset != null && preset.isValueNode()) {
                data.add(preset);
            } else if (spec.datatype() == DataType.BYTES) {
                data.add("");
            } else if (spec.datatype() == DataType.BOOL) {
                data.add(false);
            } else {
                data.add(0);
            }
        }
    }

    private com.fasterxml.jackson.databind.@Nullable JsonNode preset(String input, int index) {
        if (described == null) {
            return null;
        }
        return described.fields().stream()
                .filter(field -> field.input().equals(input))
                .filter(field -> field.index() == null ? index == 0 : field.index() == index)
                .map(ModelInterface.Field::preset)
                .filter(preset -> preset != null)
                .findFirst()
                .orElse(null);
    }

    private String columns() {
        if (described == null) {
            return "";
        }
        var text = new StringBuilder("What goes in:\n\n");
        for (var field : described.fields()) {
            text.append("- `").append(field.input());
            if (field.index() != null) {
                text.append('[').append(field.index()).append(']');
            }
            text.append("` ").append(field.label());
            if (field.unit() != null) {
                text.append(" in ").append(field.unit());
            }
            text.append('\n');
        }
        return text.toString();
    }
}
