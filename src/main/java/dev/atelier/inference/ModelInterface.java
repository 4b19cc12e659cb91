package dev.atelier.inference;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What stands between people's values and a model's tensors: {@code interface.json}, described in
 * {@code docs/model-interface.md}. A statement of whoever registered the model, so never trusted
 * beyond what the graph confirms ({@link #contradictions}).
 *
 * @param notes what of a model's own examples and settings could not be used, in sentences
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ModelInterface(
        @Nullable String task,
        List<Field> fields,
        List<Output> outputs,
        List<Example> examples,
        @Nullable String background,
        @Nullable HeldOut heldout,
        List<String> notes) {

    /** Fields beyond this are refused: a form of ten thousand controls helps nobody. */
    private static final int MOST_FIELDS = 2_000;

    private static final ObjectMapper JSON =
            JsonMapper.builder()
                    .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                    .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
                    .build();

    public ModelInterface {
        fields = orEmpty(fields);
        outputs = orEmpty(outputs);
        examples = orEmpty(examples);
        notes = orEmpty(notes);
    }

    /**
     * One control of the form. Members that do not belong to its type are null.
     *
     * @param input the graph input; empty for text with a tokenizer, which feeds several
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Field(
            String name,
            String input,
            @Nullable Integer index,
            FieldType type,
            @Nullable String title,
            @Nullable String unit,
            @Nullable String help,
            @Nullable String group,
            boolean advanced,
            @JsonProperty("default") @Nullable JsonNode preset,
            @Nullable Double minimum,
            @Nullable Double maximum,
            List<Double> quartiles,
            @Nullable Double step,
            boolean integer,
            List<JsonNode> values,
            List<Double> shares,
            @Nullable String encoding,
            @Nullable String tokenizer,
            @Nullable Integer maxTokens,
            boolean multiline,
            @Nullable String layout,
            @Nullable Integer width,
            @Nullable Integer height,
            @Nullable String channels,
            @Nullable String resize,
            @Nullable JsonNode padding,
            @Nullable String align,
            @Nullable Integer maxWidth,
            @Nullable Double scale,
            List<Double> mean,
            List<Double> std,
            boolean invert,
            @Nullable Integer rate,
            @Nullable Integer samples,
            List<State> state,
            @Nullable JsonNode value,
            List<Long> shape) {

        public Field {
            input = input == null ? "" : input;
            quartiles = orEmpty(quartiles);
            values = orEmpty(values);
            shares = orEmpty(shares);
            mean = orEmpty(mean);
            std = orEmpty(std);
            state = orEmpty(state);
            shape = orEmpty(shape);
        }

        /** A cell or text that nobody described, named after its input. */
        public static Field plain(
                String name,
                String input,
                @Nullable Integer index,
                FieldType type,
                @Nullable String title,
                boolean integer) {
            return new Field(
                    name, input, index, type, title, null, null, null, false, null, null, null,
                    List.of(), null, integer, List.of(), List.of(), null, null, null, false, null,
                    null, null, null, null, null, null, null, null, List.of(), List.of(), false,
                    null, null, List.of(), null, List.of());
        }

        public String label() {
            return title == null ? name.replace('_', ' ') : title;
        }

        /** The choices of a category; a plain value is its own label. */
        public List<Choice> choices() {
            return values.stream()
                    .map(
                            v ->
                                    v.isObject()
                                            ? new Choice(
                                                    v.path("value"),
                                                    v.path("label")
                                                            .asText(v.path("value").asText()))
                                            : new Choice(v, v.asText()))
                    .toList();
        }

        public boolean oneHot() {
            return "one-hot".equals(encoding);
        }

        /** How many columns of its input the field takes. */
        public int columns() {
            return oneHot() ? values.size() : 1;
        }
    }

    /** How a field is shown and what it becomes. */
    public enum FieldType {
        NUMBER,
        CATEGORY,
        BOOLEAN,
        TEXT,
        IMAGE,
        AUDIO,
        @JsonEnumDefaultValue
        TENSOR,
        CONSTANT
    }

    public record Choice(JsonNode value, String label) {}

    /** A tensor that goes from one audio window's output to the next one's input, zero at first. */
    public record State(String input, String output, List<Long> shape) {}

    /** How one output of the graph is told to people. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Output(
            String name,
            OutputKind kind,
            @Nullable String title,
            List<String> labels,
            @Nullable String positive,
            @Nullable Double threshold,
            @Nullable String activation,
            @Nullable String unit,
            @Nullable Integer decimals,
            @Nullable Double error,
            @Nullable String pooling,
            boolean normalize,
            @Nullable String format,
            @Nullable Double scoreThreshold,
            @Nullable Double iouThreshold,
            @Nullable Double regionThreshold,
            @Nullable Double expand,
            @Nullable String decoder,
            @Nullable String alphabet,
            @Nullable Integer blank,
            @Nullable String box,
            @Nullable String coordinates,
            @Nullable String scores,
            @Nullable String classes,
            List<String> columns,
            boolean transposed,
            @Nullable Integer background) {

        public Output {
            labels = orEmpty(labels);
            columns = orEmpty(columns);
        }

        /** An output that nobody described. */
        public static Output plain(String name, OutputKind kind) {
            return new Output(
                    name, kind, null, List.of(), null, null, null, null, null, null, null, false,
                    null, null, null, null, null, null, null, null, null, null, null, null,
                    List.of(), false, null);
        }

        /** Outputs that only help to read this one. */
        public List<String> companions() {
            return Stream.of(scores, classes).filter(Objects::nonNull).toList();
        }

        public String label() {
            return title == null ? name.replace('_', ' ') : title;
        }
    }

    public enum OutputKind {
        PROBABILITIES,
        VALUE,
        LABEL,
        EMBEDDING,
        DETECTIONS,
        TEXT,
        TIMELINE,
        @JsonEnumDefaultValue
        TENSOR
    }

    /**
     * A call to start from: values by field name, and what the model answered when it was written.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Example(String title, Map<String, JsonNode> values, @Nullable JsonNode expect) {
        public Example {
            values = values == null ? Map.of() : Map.copyOf(values);
        }
    }

    /** Labelled rows the model has not seen. */
    public record HeldOut(String file, String target) {}

    /** Where the file is wrong: a path like {@code fields[2].minimum}, and why. */
    public static final class Malformed extends Exception {
        private final String at;

        Malformed(String at, String reason) {
            super(reason);
            this.at = at;
        }

        public String at() {
            return at;
        }
    }

    /** A field or output that the graph does not bear out. */
    public record Contradiction(String at, String reason) {}

    /**
     * Reads the file.
     *
     * @throws Malformed when it is not JSON, a member has the wrong type, or a name is missing or
     *     twice
     */
    public static ModelInterface parse(String json) throws Malformed {
        ModelInterface read;
        try {
            read = JSON.readValue(json, ModelInterface.class);
        } catch (JsonMappingException e) {
            throw new Malformed(path(e), e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw new Malformed(
                    at == null ? "" : "line " + at.getLineNr(),
                    "is not JSON: " + e.getOriginalMessage());
        }
        if (read == null) {
            throw new Malformed("", "is empty");
        }
        if (read.fields.size() > MOST_FIELDS) {
            throw new Malformed("fields", "has more than " + MOST_FIELDS + " entries");
        }
        var names = new HashSet<String>();
        for (int i = 0; i < read.fields.size(); i++) {
            var field = read.fields.get(i);
            var at = "fields[" + i + "]";
            if (blank(field.name)) {
                throw new Malformed(at + ".name", "is missing");
            }
            if (!names.add(field.name)) {
                throw new Malformed(at + ".name", "\"" + field.name + "\" is there twice");
            }
            if (blank(field.input) && field.tokenizer == null) {
                throw new Malformed(at + ".input", "must name an input of the graph");
            }
            if (field.type == null) {
                throw new Malformed(at + ".type", "is missing");
            }
            if (field.type == FieldType.CATEGORY && field.values.isEmpty()) {
                throw new Malformed(at + ".values", "must list the categories");
            }
        }
        for (int i = 0; i < read.outputs.size(); i++) {
            if (blank(read.outputs.get(i).name) || read.outputs.get(i).kind == null) {
                throw new Malformed("outputs[" + i + "]", "needs a name and a kind");
            }
        }
        return read;
    }

    /** What the graph does not bear out; the graph wins, and people are told. */
    public List<Contradiction> contradictions(Signature signature) {
        var inputs =
                signature.inputs().stream()
                        .collect(Collectors.toMap(TensorSpec::name, s -> s, (a, b) -> a));
        var found = new ArrayList<Contradiction>();
        for (int i = 0; i < fields.size(); i++) {
            var field = fields.get(i);
            var input = inputs.get(field.input);
            if (input == null && field.tokenizer == null) {
                found.add(
                        new Contradiction(
                                "fields[" + i + "].input",
                                "the graph has no input \"%s\"; it has %s"
                                        .formatted(
                                                field.input, String.join(", ", inputs.keySet()))));
            } else if (input != null && field.index != null) {
                var width = input.shape().isEmpty() ? 0 : input.shape().getLast();
                if (field.index < 0 || (width >= 0 && field.index + field.columns() > width)) {
                    found.add(
                            new Contradiction(
                                    "fields[" + i + "].index",
                                    "%d lies outside input \"%s\" of shape %s"
                                            .formatted(field.index, field.input, input.shape())));
                }
            }
        }
        var names = signature.outputs().stream().map(TensorSpec::name).toList();
        for (int i = 0; i < outputs.size(); i++) {
            if (!names.contains(outputs.get(i).name)) {
                found.add(
                        new Contradiction(
                                "outputs[" + i + "].name",
                                "the graph has no output \"%s\"; it has %s"
                                        .formatted(outputs.get(i).name, String.join(", ", names))));
            }
            for (var companion : outputs.get(i).companions()) {
                if (!names.contains(companion)) {
                    found.add(
                            new Contradiction(
                                    "outputs[" + i + "]",
                                    "the graph has no output \"%s\"; it has %s"
                                            .formatted(companion, String.join(", ", names))));
                }
            }
        }
        return found;
    }

    private static boolean blank(@Nullable String text) {
        return text == null || text.isBlank();
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    private static String path(JsonMappingException e) {
        var path = new StringBuilder();
        for (var reference : e.getPath()) {
            if (reference.getFieldName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
            }
        }
        return path.toString();
    }
}
