package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.atelier.inference.DataType;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import dev.atelier.models.StatedSignature.Parameter;
import dev.atelier.models.StatedSignature.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code MLmodel} file of MLflow states: flavours, the signature as JSON in YAML strings,
 * and where an example of the input lies.
 *
 * @param stated null where it has no signature
 * @param example path of the input example beside it, null where there is none that is a table
 */
record MlModel(
        List<String> flavors,
        @Nullable StatedSignature stated,
        @Nullable String example,
        List<String> faults) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST = 2_000;

    static MlModel read(String text) {
        var flavors = new ArrayList<String>();
        try {
            var root = Yaml.read(text);
            root.path("flavors").fieldNames().forEachRemaining(flavors::add);
            var info = root.path("saved_input_example_info");
            var example =
                    "split".equals(info.path("pandas_orient").asText())
                            ? info.path("artifact_path").textValue()
                            : null;
            return new MlModel(flavors, stated(root.path("signature")), example, List.of());
        } catch (JsonProcessingException e) {
            return new MlModel(
                    flavors,
                    null,
                    null,
                    List.of("MLmodel cannot be read: " + e.getOriginalMessage() + "."));
        }
    }

    private static @Nullable StatedSignature stated(JsonNode signature)
            throws JsonProcessingException {
        if (!signature.isObject()) {
            return null;
        }
        var params = new ArrayList<Parameter>();
        for (var param : list(signature.path("params"))) {
            var type = param.path("type").asText("object");
            params.add(
                    new Parameter(
                            param.path("name").asText(),
                            param.path("shape").isArray() ? "array(" + type + ")" : type,
                            param.path("default").isNull() ? null : param.get("default")));
        }
        return new StatedSignature(
                parts(signature.path("inputs")), parts(signature.path("outputs")), params);
    }

    private static JsonNode list(JsonNode text) throws JsonProcessingException {
        var list = text.isTextual() ? JSON.readTree(text.asText()) : JSON.createArrayNode();
        return list.size() <= MOST ? list : JSON.createArrayNode();
    }

    private static List<Part> parts(JsonNode text) throws JsonProcessingException {
        var parts = new ArrayList<Part>();
        for (var spec : list(text)) {
            var tensor = spec.path("tensor-spec");
            parts.add(
                    new Part(
                            spec.path("name").textValue(),
                            tensor.isObject() ? tensor.path("dtype").asText() : type(spec, 0),
                            tensor.isObject() ? shape(tensor.path("shape")) : null,
                            spec.path("required").asBoolean(true)));
        }
        return parts;
    }

    /** A column's type; lists and objects as they nest. */
    private static String type(JsonNode spec, int depth) {
        var type = spec.path("type").asText("any");
        if (depth > 10) {
            return type;
        }
        return switch (type) {
            case "array" -> "array(" + type(spec.path("items"), depth + 1) + ")";
            case "map" -> "map(" + type(spec.path("values"), depth + 1) + ")";
            case "object" ->
                    StreamSupport.stream(
                                    ((Iterable<String>) spec.path("properties")::fieldNames)
                                            .spliterator(),
                                    false)
                            .map(
                                    name ->
                                            name
                                                    + ": "
                                                    + type(
                                                            spec.path("properties").path(name),
                                                            depth + 1))
                            .collect(Collectors.joining(", ", "{", "}"));
            default -> type;
        };
    }

    private static List<Long> shape(JsonNode sizes) {
        var shape = new ArrayList<Long>();
        sizes.forEach(size -> shape.add(size.asLong(-1)));
        return shape;
    }

    /** Where it and the graph differ; the graph wins. Columns of one matrix are no difference. */
    List<String> contradictions(@Nullable Signature signature) {
        var found = new ArrayList<>(faults);
        if (signature == null || stated == null) {
            return found;
        }
        var inputs = stated.inputs();
        if (inputs.size() != signature.inputs().size()) {
            return found;
        }
        for (var part : inputs) {
            var input = input(signature, part);
            if (input.isEmpty()) {
                if (part.shape() != null || inputs.size() > 1) {
                    found.add(
                            "MLmodel states an input \"%s\" that the graph does not have."
                                    .formatted(part.name()));
                }
                continue;
            }
            if (part.shape() != null
                    && !(part.datatype().equals(Optional.of(input.get().datatype()))
                            && fits(part.shape(), input.get().shape()))) {
                found.add(
                        "MLmodel states %s for the input \"%s\"; the graph takes %s %s."
                                .formatted(
                                        part.exact(),
                                        input.get().name(),
                                        input.get().datatype(),
                                        input.get().shape()));
            }
        }
        return found;
    }

    /** The graph's input of that name, or its only one for a tensor without a name. */
    private static Optional<TensorSpec> input(Signature signature, Part part) {
        return signature.inputs().stream()
                .filter(
                        input ->
                                part.name() == null
                                        ? signature.inputs().size() == 1
                                        : input.name().equals(part.name()))
                .findFirst();
    }

    private static boolean fits(List<Long> stated, List<Long> graph) {
        if (stated.size() != graph.size()) {
            return graph.isEmpty(); // the graph states no shape
        }
        for (int i = 0; i < stated.size(); i++) {
            if (stated.get(i) >= 0 && graph.get(i) >= 0 && !stated.get(i).equals(graph.get(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * An {@code interface.json} that gives the graph's columns the names, types and example values
     * that MLflow knows: the graph of a table is often one matrix. Null where they do not fit.
     *
     * @param exampleJson the text of {@link #example}, or null
     */
    @Nullable String form(Signature signature, @Nullable String exampleJson) {
        if (stated == null || !stated.tabular()) {
            return null;
        }
        var columns = stated.inputs();
        var inputs = signature.inputs();
        var matrix =
                inputs.size() == 1
                        && inputs.getFirst().shape().size() == 2
                        && (inputs.getFirst().shape().getLast() == columns.size()
                                || (inputs.getFirst().shape().getLast() < 0 && columns.size() > 1));
        var form = JSON.createObjectNode().put("schema", "atelier.dev/interface/v1");
        var fields = form.putArray("fields");
        for (int i = 0; i < columns.size(); i++) {
            var column = columns.get(i);
            var input =
                    matrix
                            ? inputs.getFirst()
                            : inputs.stream()
                                    .filter(in -> in.name().equals(column.name()))
                                    .filter(MlModel::oneColumn)
                                    .findFirst()
                                    .orElse(null);
            var type = input == null ? null : control(column, input);
            if (input == null || type == null) {
                return null;
            }
            var field = fields.addObject();
            field.put("name", name(column)).put("input", input.name());
            if (matrix) {
                field.put("index", i);
            }
            field.put("type", type).put("title", column.name());
            if (type.equals("number") && whole(column)) {
                field.put("integer", true);
            }
            if (!column.required()) {
                field.put("help", "Stated as optional.");
            }
        }
        if (columns.stream().map(MlModel::name).distinct().count() < columns.size()) {
            return null;
        }
        example(form.putArray("examples"), exampleJson);
        return form.toPrettyString();
    }

    private static boolean oneColumn(TensorSpec input) {
        return input.shape().size() == 1
                || (input.shape().size() == 2 && input.shape().getLast() == 1);
    }

    private static boolean whole(Part column) {
        return column.type().equals("long") || column.type().equals("integer");
    }

    private static @Nullable String control(Part column, TensorSpec input) {
        var text = input.datatype() == DataType.BYTES;
        return switch (column.type()) {
            case "double", "float", "long", "integer" -> text ? null : "number";
            case "boolean" -> text ? null : "boolean";
            case "string" -> text ? "text" : null;
            default -> null;
        };
    }

    /** The column's name in the form of a field's. */
    private static String name(Part column) {
        var name =
                String.valueOf(column.name())
                        .replaceAll("[^\\p{Alnum}]+", "_")
                        .replaceAll("_$", "");
        return name.isEmpty() ? "column" : name;
    }

    /** The rows of a data frame in pandas' orientation "split", three at most. */
    private void example(ArrayNode to, @Nullable String text) {
        if (text == null || stated == null) {
            return;
        }
        try {
            var frame = JSON.readTree(text);
            var names = new ArrayList<String>();
            frame.path("columns").forEach(column -> names.add(column.asText()));
            var rows = frame.path("data");
            for (int i = 0; i < Math.min(3, rows.size()); i++) {
                var values = JSON.createObjectNode();
                for (var column : stated.inputs()) {
                    int at = names.indexOf(Objects.requireNonNull(column.name()));
                    if (at >= 0 && rows.get(i).path(at).isValueNode()) {
                        values.set(name(column), rows.get(i).path(at));
                    }
                }
                var example = to.addObject();
                example.put("title", "Example row " + (i + 1)).set("values", values);
            }
        } catch (JsonProcessingException e) {
            to.removeAll(); // no example is better than a broken form
        }
    }
}
