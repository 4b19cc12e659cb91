package dev.atelier.monitoring;

import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import dev.atelier.models.ModelVersion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How the tensors of a version are the columns of a table: as its interface names them, else as its
 * graph does. {@code [N]} and {@code [N, 1]} are a column by the name of the tensor, {@code [N, K]}
 * are K columns {@code name[0]} to {@code name[K-1]}.
 *
 * @param slices inputs first
 * @param why a sentence where it is no table; then there are no slices
 */
record ServedTable(List<Slice> slices, @Nullable String why) {

    /** What is done to the numbers of a row before they are columns. */
    enum Activation {
        NONE,
        SIGMOID,
        SOFTMAX
    }

    /**
     * The columns of one tensor.
     *
     * @param width values that a row has in the tensor
     * @param both whether the one value of a row is the probability of the second of two classes,
     *     which are the columns
     */
    record Slice(
            String tensor,
            boolean output,
            DataType datatype,
            int width,
            Activation activation,
            boolean both,
            List<Column> columns) {

        /** Values that a row has as columns are read from it. */
        int read() {
            return both ? 2 : width;
        }
    }

    /**
     * @param name in the profile
     * @param member of the inputs or outputs of a row
     * @param at its first value in the row
     * @param span how many values; more than one for a category that is coded by them, of which one
     *     is not zero
     * @param choices categories by their number; empty for what is counted as it is
     */
    record Column(String name, String member, int at, int span, List<String> choices) {}

    private static final Set<String> TOKENS =
            Set.of("input_ids", "attention_mask", "token_type_ids");

    private static final int LONGEST_NAME = Columns.LONGEST_NAME - Prediction.OUTPUT.length();

    ServedTable {
        slices = List.copyOf(slices);
    }

    private static ServedTable none(String why) {
        return new ServedTable(List.of(), why);
    }

    /** Why calls of a version that is served here are not counted; empty when they are. */
    static Optional<String> untold(ModelVersion version) {
        return version.servable() ? Optional.ofNullable(of(version).why()) : Optional.empty();
    }

    boolean isTable() {
        return !slices.isEmpty();
    }

    /** All columns, in the order of the slices. */
    List<Column> columns() {
        return slices.stream().flatMap(one -> one.columns().stream()).toList();
    }

    /** Names in the profile of what the model gives. */
    Set<String> outputs() {
        return slices.stream()
                .filter(Slice::output)
                .flatMap(one -> one.columns().stream())
                .map(Column::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    static ServedTable of(ModelVersion version) {
        return version.signature() == null
                ? none("Nobody says what it takes and gives.")
                : of(version.signature(), version.modelInterface());
    }

    static ServedTable of(Signature signature, @Nullable ModelInterface description) {
        var fields = description == null ? List.<Field>of() : description.fields();
        var slices = new ArrayList<Slice>();
        var others = new ArrayList<String>();
        var names = new Names();
        for (var spec : signature.inputs()) {
            var slice = input(spec, fields, names, others);
            if (slice != null) {
                slices.add(slice);
            }
        }
        if (slices.isEmpty()) {
            return none(
                    others.isEmpty()
                            ? "It takes nothing that is a column."
                            : others.getFirst() + " Only rows of a table are counted by column.");
        }
        names.inputs = Set.copyOf(names.taken);
        for (var spec : signature.outputs()) {
            var slice = output(spec, description, names);
            if (slice != null) {
                slices.add(slice);
            }
        }
        int count = slices.stream().mapToInt(one -> one.columns().size()).sum();
        return count > Columns.MOST
                ? none(
                        "It has %,d columns; at most %,d are counted."
                                .formatted(count, Columns.MOST))
                : new ServedTable(slices, null);
    }

    /** Values of a row; 0 where a row is no list of columns. */
    private static int width(TensorSpec spec, int described) {
        var shape = spec.shape();
        return switch (shape.size()) {
            case 0 -> 1;
            case 1 -> shape.getFirst() > 1 ? 0 : 1;
            case 2 -> {
                long width = shape.getLast() < 0 ? described : shape.getLast();
                yield width <= Columns.MOST ? (int) width : 0;
            }
            default -> 0;
        };
    }

    private static @Nullable Slice input(
            TensorSpec spec, List<Field> fields, Names names, List<String> others) {
        if (TOKENS.contains(spec.name()) && fields.stream().anyMatch(f -> f.tokenizer() != null)) {
            others.add("Its input is text.");
            return null;
        }
        if (fields.stream()
                .flatMap(field -> field.state().stream())
                .anyMatch(state -> state.input().equals(spec.name()))) {
            return null;
        }
        var own = fields.stream().filter(field -> field.input().equals(spec.name())).toList();
        for (var field : own) {
            var other = other(field.type());
            if (other != null) {
                others.add("Its input %s is %s.".formatted(spec.name(), other));
                return null;
            }
        }
        int width = width(spec, own.stream().mapToInt(f -> at(f) + f.columns()).max().orElse(0));
        if (width < 1) {
            others.add(
                    "Its input %s of shape %s is no list of rows with a number of columns that is known."
                            .formatted(spec.name(), spec.shape()));
            return null;
        }
        var columns =
                own.isEmpty()
                        ? plain(spec, width, names)
                        : own.stream()
                                .filter(field -> field.type() != FieldType.CONSTANT)
                                .filter(f -> at(f) >= 0 && at(f) + f.columns() <= width)
                                .sorted(Comparator.comparingInt(ServedTable::at))
                                .filter(field -> names.take(field.name()) != null)
                                .map(ServedTable::column)
                                .toList();
        return columns.isEmpty()
                ? null
                : new Slice(
                        spec.name(),
                        false,
                        spec.datatype(),
                        width,
                        Activation.NONE,
                        false,
                        columns);
    }

    private static @Nullable String other(FieldType type) {
        return switch (type) {
            case IMAGE -> "an image";
            case AUDIO -> "a recording";
            case TEXT -> "text";
            case TENSOR -> "a tensor of its own kind";
            case NUMBER, CATEGORY, BOOLEAN, CONSTANT -> null;
        };
    }

    private static int at(Field field) {
        return field.index() == null ? 0 : field.index();
    }

    private static Column column(Field field) {
        return new Column(
                field.name(),
                field.name(),
                at(field),
                field.columns(),
                field.oneHot()
                        ? field.choices().stream().map(one -> one.value().asText()).toList()
                        : List.of());
    }

    private static List<Column> plain(TensorSpec spec, int width, Names names) {
        return named(
                IntStream.range(0, width)
                        .mapToObj(i -> width == 1 ? spec.name() : spec.name() + "[" + i + "]")
                        .toList(),
                names);
    }

    private static List<Column> named(List<String> members, Names names) {
        var columns = new ArrayList<Column>();
        for (int i = 0; i < members.size(); i++) {
            var name = names.take(members.get(i));
            if (name != null) {
                columns.add(new Column(name, members.get(i), i, 1, List.of()));
            }
        }
        return columns;
    }

    /** Each column has a name of its own, as {@link Prediction#cells} has it. */
    private static final class Names {
        Set<String> inputs = Set.of();
        final Set<String> taken = new HashSet<>();

        /** The name of a member of a row; null where there is one of it, or it is no name. */
        @Nullable String take(String member) {
            var name = inputs.contains(member) ? Prediction.OUTPUT + member : member;
            return !member.isBlank()
                            && member.length() <= LONGEST_NAME
                            && member.chars().noneMatch(Character::isISOControl)
                            && taken.add(name)
                    ? name
                    : null;
        }
    }

    private static @Nullable Slice output(
            TensorSpec spec, @Nullable ModelInterface description, Names names) {
        var described =
                description == null
                        ? null
                        : description.outputs().stream()
                                .filter(one -> one.name().equals(spec.name()))
                                .findFirst()
                                .orElse(null);
        var kind = described == null ? OutputKind.TENSOR : described.kind();
        var slice =
                switch (kind) {
                    case PROBABILITIES -> probabilities(spec, described, names);
                    case LABEL -> label(spec, described, names);
                    case VALUE, TENSOR -> values(spec, names);
                    case EMBEDDING, DETECTIONS, TEXT, TIMELINE -> null;
                };
        return slice == null || slice.columns().isEmpty() ? null : slice;
    }

    private static @Nullable Slice values(TensorSpec spec, Names names) {
        int width = width(spec, 0);
        return width < 1
                ? null
                : new Slice(
                        spec.name(),
                        true,
                        spec.datatype(),
                        width,
                        Activation.NONE,
                        false,
                        plain(spec, width, names));
    }

    private static @Nullable Slice label(TensorSpec spec, @Nullable Output described, Names names) {
        var plain = values(spec, names);
        if (plain == null || plain.width() > 1 || described == null) {
            return plain;
        }
        return new Slice(
                plain.tensor(),
                true,
                plain.datatype(),
                1,
                Activation.NONE,
                false,
                plain.columns().stream()
                        .map(
                                one ->
                                        new Column(
                                                one.name(),
                                                one.member(),
                                                one.at(),
                                                1,
                                                described.labels()))
                        .toList());
    }

    /** Columns are named by the classes, so that labels find them. */
    private static @Nullable Slice probabilities(
            TensorSpec spec, @Nullable Output described, Names names) {
        var labels = described == null ? List.<String>of() : described.labels();
        int width = width(spec, labels.size());
        boolean both = width == 1 && labels.size() == 2;
        if (described == null || width < 1 || new HashSet<>(labels).size() < labels.size()) {
            return values(spec, names);
        }
        var activation =
                switch (described.activation()) {
                    case "sigmoid" -> Activation.SIGMOID;
                    case "softmax" -> Activation.SOFTMAX;
                    case null, default -> Activation.NONE;
                };
        return new Slice(
                spec.name(),
                true,
                spec.datatype(),
                width,
                activation,
                both,
                both || labels.size() == width ? named(labels, names) : plain(spec, width, names));
    }
}
