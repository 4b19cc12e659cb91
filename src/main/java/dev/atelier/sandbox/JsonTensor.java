package dev.atelier.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import dev.atelier.platform.problems.Invalid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A tensor that somebody typed as JSON, nested as its shape is or flat. */
final class JsonTensor {

    private static final int MOST_VALUES = 2_000_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonTensor() {}

    /**
     * @throws Invalid naming the field when this is no JSON, ragged, or does not fill the shape
     */
    static Tensor read(Field field, TensorSpec spec, String text) {
        try {
            var node = JSON.readTree(text);
            if (node == null || node.isMissingNode()) {
                throw new IllegalArgumentException("Enter JSON for shape " + spec.shape() + ".");
            }
            var shape = nesting(node);
            var values = new ArrayList<JsonNode>();
            flatten(node, values, shape, 0);
            if (shape.length != spec.shape().size() && shape.length <= 1) {
                shape = fill(spec, values.size());
            }
            check(spec, shape);
            if (spec.datatype() == DataType.BYTES) {
                return Tensor.strings(
                        spec.name(),
                        shape,
                        values.stream().map(JsonNode::asText).toArray(String[]::new));
            }
            return Tensor.numbers(
                    spec.name(),
                    spec.datatype(),
                    shape,
                    values.stream().mapToDouble(JsonTensor::number).toArray());
        } catch (JsonProcessingException e) {
            throw wrong(field, "This is not JSON: " + e.getOriginalMessage());
        } catch (IllegalArgumentException e) {
            throw wrong(field, String.valueOf(e.getMessage()));
        }
    }

    private static Invalid wrong(Field field, String reason) {
        return new Invalid(
                "One field needs a look", List.of(new Invalid.Field(field.name(), reason)));
    }

    private static double number(JsonNode node) {
        if (node.isNumber()) {
            return node.doubleValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue() ? 1 : 0;
        }
        throw new IllegalArgumentException("Numbers are expected, not %s.".formatted(node));
    }

    private static long[] nesting(JsonNode node) {
        var shape = new ArrayList<Long>();
        for (var at = node; at.isArray() && shape.size() < 16; at = at.path(0)) {
            shape.add((long) at.size());
        }
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    private static void flatten(JsonNode node, List<JsonNode> into, long[] shape, int depth) {
        if (depth < shape.length) {
            if (!node.isArray() || node.size() != shape[depth]) {
                throw new IllegalArgumentException(
                        "The nesting is ragged: at depth %d, %d values were expected."
                                .formatted(depth + 1, shape[depth]));
            }
            node.forEach(child -> flatten(child, into, shape, depth + 1));
        } else if (node.isArray()) {
            throw new IllegalArgumentException("The nesting is ragged.");
        } else if (into.size() >= MOST_VALUES) {
            throw new IllegalArgumentException(
                    "More than %d values: use the API for tensors of this size."
                            .formatted(MOST_VALUES));
        } else {
            into.add(node);
        }
    }

    private static void check(TensorSpec spec, long[] shape) {
        var fits = shape.length == spec.shape().size();
        for (int i = 0; fits && i < shape.length; i++) {
            fits = spec.shape().get(i) < 0 || spec.shape().get(i) == shape[i];
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "The shape %s is expected, with any size for −1; yours is %s."
                            .formatted(
                                    spec.shape().toString().replace('-', '−'),
                                    Arrays.toString(shape)));
        }
    }

    /**
     * The shape that flat values take: free dimensions are 1, but for the first, which takes the
     * rest.
     */
    private static long[] fill(TensorSpec spec, int count) {
        var shape = spec.shape().stream().mapToLong(d -> d < 0 ? 1 : d).toArray();
        var product = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        for (int i = 0; i < shape.length && product != 0; i++) {
            if (spec.shape().get(i) < 0) {
                shape[i] = count / product;
                product *= shape[i];
                break;
            }
        }
        if (product != count) {
            throw new IllegalArgumentException(
                    "%d values do not fill shape %s.".formatted(count, spec.shape()));
        }
        return shape;
    }
}
