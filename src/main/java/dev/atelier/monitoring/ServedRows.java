package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.inference.DataType;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.Tensor;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of one call, as the columns of the version's table. */
final class ServedRows {

    /** JSON has neither NaN nor infinities; this number is read as one, and counted as such. */
    private static final BigDecimal NOT_FINITE = new BigDecimal("1e400");

    private static final String TRUE = "true";
    private static final String FALSE = "false";

    /**
     * What one tensor holds; both are null where the call lacks it, or it has other rows.
     *
     * @param numbers row by row
     * @param texts row by row
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Values(
            ServedTable.Slice slice, double @Nullable [] numbers, @Nullable List<String> texts) {}

    private final int count;
    private final List<Values> values;

    private ServedRows(int count, List<Values> values) {
        this.count = count;
        this.values = values;
    }

    static ServedRows of(ServedTable table, InferRequest request, InferResponse answer) {
        int count = 0;
        var values = new ArrayList<Values>(table.slices().size());
        for (var slice : table.slices()) {
            var tensor = find(slice.output() ? answer.outputs() : request.inputs(), slice);
            if (values.isEmpty()) {
                count = tensor == null ? 0 : rows(tensor);
            }
            values.add(values(slice, tensor, count));
        }
        return new ServedRows(count, values);
    }

    private static @Nullable Tensor find(List<Tensor> tensors, ServedTable.Slice slice) {
        for (var tensor : tensors) {
            if (tensor.name().equals(slice.tensor())) {
                return tensor;
            }
        }
        return null;
    }

    private static int rows(Tensor tensor) {
        return tensor.shape().length == 0 ? 1 : Math.toIntExact(tensor.shape()[0]);
    }

    private static Values values(ServedTable.Slice slice, @Nullable Tensor tensor, int count) {
        if (tensor == null || tensor.elements() != (long) count * slice.width()) {
            return new Values(slice, null, null);
        }
        if (tensor.datatype() == DataType.BYTES) {
            return new Values(slice, null, tensor.strings());
        }
        return new Values(slice, activated(slice, tensor.numbers()), null);
    }

    private static double[] activated(ServedTable.Slice slice, double[] numbers) {
        switch (slice.activation()) {
            case NONE -> {}
            case SIGMOID -> {
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = 1 / (1 + Math.exp(-numbers[i]));
                }
            }
            case SOFTMAX -> {
                for (int from = 0; from < numbers.length; from += slice.width()) {
                    softmax(numbers, from, from + slice.width());
                }
            }
        }
        if (!slice.both()) {
            return numbers;
        }
        var both = new double[2 * numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            both[2 * i] = 1 - numbers[i];
            both[2 * i + 1] = numbers[i];
        }
        return both;
    }

    private static void softmax(double[] numbers, int from, int to) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, numbers[i]);
        }
        double sum = 0;
        for (int i = from; i < to; i++) {
            numbers[i] = Math.exp(numbers[i] - largest);
            sum += numbers[i];
        }
        for (int i = from; i < to; i++) {
            numbers[i] /= sum;
        }
    }

    int count() {
        return count;
    }

    /** Counts them, column by column; nothing is allocated for a value. */
    void countIn(ServedTallies tallies) {
        int place = 0;
        for (var one : values) {
            for (var column : one.slice.columns()) {
                var tally = tallies.of(place++);
                if (tally == null) {
                    continue; // the reference does not know it
                }
                if (one.texts != null) {
                    for (int row = 0; row < count; row++) {
                        tally.add(text(one.texts.get(row * one.slice.read() + column.at())));
                    }
                } else if (one.numbers == null) {
                    tally.addMissing(count);
                } else if (column.choices().isEmpty() && one.slice.datatype() != DataType.BOOL) {
                    for (int at = column.at(); at < one.numbers.length; at += one.slice.read()) {
                        tally.add(one.numbers[at]);
                    }
                } else {
                    for (int row = 0; row < count; row++) {
                        var text = category(one.slice, column, one.numbers, row);
                        if (text != null) {
                            tally.add(text);
                        } else if (column.span() == 1) {
                            tally.add(one.numbers[row * one.slice.read() + column.at()]);
                        } else {
                            tally.addMissing();
                        }
                    }
                }
            }
        }
        tallies.rows(count);
    }

    /** What numbers stand for; null where that is no category. */
    private static @Nullable String category(
            ServedTable.Slice slice, ServedTable.Column column, double[] numbers, int row) {
        int at = row * slice.read() + column.at();
        if (column.span() > 1) {
            for (int i = 0; i < column.span(); i++) {
                if (numbers[at + i] != 0) {
                    return Cell.cut(column.choices().get(i));
                }
            }
            return null;
        }
        if (!column.choices().isEmpty()) {
            int index = (int) numbers[at];
            return index == numbers[at] && index >= 0 && index < column.choices().size()
                    ? Cell.cut(column.choices().get(index))
                    : null;
        }
        return slice.datatype() == DataType.BOOL ? numbers[at] != 0 ? TRUE : FALSE : null;
    }

    /** PostgreSQL's texts have no NUL. */
    private static String text(String text) {
        return Cell.cut(text.indexOf('\0') < 0 ? text : text.replace('\0', '\ufffd'));
    }

    /** The inputs or outputs of a row as JSON, as whoever sends rows writes them. */
    ObjectNode json(int row, boolean output) {
        var json = JsonNodeFactory.instance.objectNode();
        for (var one : values) {
            if (one.slice.output() == output) {
                for (var column : one.slice.columns()) {
                    var value = json(one, column, row);
                    if (value != null) {
                        json.set(column.member(), value);
                    }
                }
            }
        }
        return json;
    }

    private static @Nullable JsonNode json(Values one, ServedTable.Column column, int row) {
        var nodes = JsonNodeFactory.instance;
        int at = row * one.slice.read() + column.at();
        if (one.texts != null) {
            return nodes.textNode(text(one.texts.get(at)));
        }
        if (one.numbers == null) {
            return null;
        }
        var text = category(one.slice, column, one.numbers, row);
        if (text != null) {
            return nodes.textNode(text);
        }
        if (column.span() > 1) {
            return null;
        }
        double value = one.numbers[at];
        if (!Double.isFinite(value)) {
            return nodes.numberNode(NOT_FINITE);
        }
        // A tenth in single precision is written as 0.1.
        return switch (one.slice.datatype()) {
            case FP32, FP16, BF16 -> nodes.numberNode((float) value);
            case FP64 -> nodes.numberNode(value);
            default ->
                    value == Math.rint(value) && Math.abs(value) < 1L << 62
                            ? nodes.numberNode((long) value)
                            : nodes.numberNode(value);
        };
    }
}
