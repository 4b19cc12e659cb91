package dev.atelier.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.NotFound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The controls that ask for a model's input, made from its interface file where there is one and
 * from the graph for every input the file leaves out.
 */
record Form(List<Field> fields, Signature signature, ModelInterface description) {

    /** Wider inputs are asked for as JSON: nobody types 500 numbers one by one. */
    private static final int WIDEST_ROW = 64;

    private static final ModelInterface NOTHING =
            new ModelInterface(null, List.of(), List.of(), List.of(), null, null, List.of());

    static Form of(Signature signature, @Nullable ModelInterface description) {
        var given = description == null ? NOTHING : description;
        var inputs =
                signature.inputs().stream()
                        .collect(Collectors.toMap(TensorSpec::name, s -> s, (a, b) -> a));
        var fields = new ArrayList<Field>();
        var covered = new java.util.HashSet<String>();
        for (var field : given.fields()) {
            if (field.tokenizer() != null) {
                covered.addAll(Set.of("input_ids", "attention_mask", "token_type_ids"));
                fields.add(field);
            } else if (inputs.containsKey(field.input())) {
                covered.add(field.input());
                field.state().forEach(state -> covered.add(state.input()));
                fields.add(field);
            }
        }
        for (var input : signature.inputs()) {
            if (!covered.contains(input.name())) {
                fields.addAll(derived(input));
            }
        }
        return new Form(List.copyOf(fields), signature, given);
    }

    /**
     * @throws NotFound saying why the version cannot be tried
     */
    static Form of(ModelVersion version) {
        var signature = version.signature();
        if (!version.servable() || signature == null) {
            throw new NotFound(
                    "Version %d of \"%s\" cannot be tried: %s"
                            .formatted(
                                    version.number(),
                                    version.model(),
                                    version.unservable() == null
                                            ? "it holds no model that Atelier can run."
                                            : version.unservable()));
        }
        return of(signature, version.modelInterface());
    }

    /** Fields for an input that nobody described. */
    private static List<Field> derived(TensorSpec input) {
        var shape = input.shape();
        var columns =
                shape.size() <= 1
                        ? 1
                        : shape.subList(1, shape.size()).stream()
                                .reduce(
                                        1L,
                                        (a, b) -> a < 0 || b < 0 ? -1 : Math.multiplyExact(a, b));
        var manyRows = !shape.isEmpty() && shape.getFirst() > 1;
        if (shape.size() > 2 || manyRows || columns < 1 || columns > WIDEST_ROW) {
            return List.of(field(input, null, FieldType.TENSOR, null));
        }
        var type =
                switch (input.datatype()) {
                    case BYTES -> FieldType.TEXT;
                    case BOOL -> FieldType.BOOLEAN;
                    default -> FieldType.NUMBER;
                };
        if (columns == 1) {
            return List.of(field(input, null, type, null));
        }
        var fields = new ArrayList<Field>();
        for (int column = 0; column < columns; column++) {
            fields.add(field(input, column, type, input.name() + " " + (column + 1)));
        }
        return fields;
    }

    private static Field field(
            TensorSpec input, @Nullable Integer column, FieldType type, @Nullable String title) {
        var integer =
                switch (input.datatype()) {
                    case FP16, BF16, FP32, FP64, BYTES, BOOL -> false;
                    default -> true;
                };
        return Field.plain(
                column == null ? input.name() : input.name() + "." + column,
                input.name(),
                column,
                type,
                title,
                integer);
    }

    /** Groups in the order of their first field; fields without a group come under "". */
    Map<String, List<Field>> groups() {
        var groups = new LinkedHashMap<String, List<Field>>();
        for (var field : fields) {
            if (field.type() != FieldType.CONSTANT && !field.advanced()) {
                groups.computeIfAbsent(
                                field.group() == null ? "" : field.group(), _ -> new ArrayList<>())
                        .add(field);
            }
        }
        return groups;
    }

    List<Field> advanced() {
        return fields.stream()
                .filter(field -> field.advanced() && field.type() != FieldType.CONSTANT)
                .toList();
    }

    Optional<Field> field(FieldType type) {
        return fields.stream().filter(f -> f.type() == type).findFirst();
    }

    /** The described output of a kind, else the graph's first. */
    Output output(OutputKind kind) {
        return description.outputs().stream()
                .filter(o -> o.kind() == kind)
                .findFirst()
                .orElseGet(() -> Output.plain(signature.outputs().getFirst().name(), kind));
    }

    /** The input of the graph that a field feeds. */
    TensorSpec spec(Field field) {
        return signature.inputs().stream()
                .filter(s -> s.name().equals(field.input()))
                .findFirst()
                .orElseThrow();
    }

    /** Whether every field is one cell of a table, so that rows can be batched and explained. */
    boolean tabular() {
        return !fields.isEmpty() && fields.stream().allMatch(Form::isCell);
    }

    static boolean isCell(Field field) {
        return switch (field.type()) {
            case NUMBER, CATEGORY, BOOLEAN, CONSTANT -> true;
            case TEXT, IMAGE, AUDIO, TENSOR -> false;
        };
    }

    /** Whether people compare texts here: an embedding says nothing alone. */
    boolean comparesTexts() {
        return description.outputs().stream().anyMatch(o -> o.kind() == OutputKind.EMBEDDING)
                && fields.stream().anyMatch(f -> f.type() == FieldType.TEXT);
    }

    boolean takesFiles() {
        return fields.stream()
                .anyMatch(f -> f.type() == FieldType.IMAGE || f.type() == FieldType.AUDIO);
    }

    /** What stands in a control before anybody typed: the stated default, else a typical value. */
    static String preset(Field field) {
        if (field.preset() != null) {
            return text(field.preset());
        }
        return switch (field.type()) {
            case NUMBER -> field.quartiles().size() == 3 ? number(field.quartiles().get(1)) : "0";
            case CATEGORY -> text(field.choices().getFirst().value());
            case BOOLEAN -> "false";
            case TEXT, IMAGE, AUDIO, TENSOR, CONSTANT -> "";
        };
    }

    /** A JSON value as a control holds it. */
    static String text(JsonNode value) {
        return value.isValueNode()
                ? value.isDouble() ? number(value.doubleValue()) : value.asText()
                : value.toString();
    }

    static JsonNode node(String text) {
        return JsonNodeFactory.instance.textNode(text);
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    static boolean isFloating(DataType type) {
        return switch (type) {
            case FP16, BF16, FP32, FP64 -> true;
            default -> false;
        };
    }
}
