package dev.atelier.sandbox;

import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns rows of field values into tensors, one for each input that is asked for cell by cell.
 *
 * <p>A row is {@code [fields]}: a {@link Double} for numbers and booleans, a {@link String} or
 * {@link Double} for categories, in the order of {@link Form#fields()}.
 */
final class Rows {

    private final Form form;
    private final Map<TensorSpec, List<Integer>> fieldsOfInput = new LinkedHashMap<>();

    Rows(Form form) {
        this.form = form;
        for (var input : form.signature().inputs()) {
            var positions = new ArrayList<Integer>();
            for (int i = 0; i < form.fields().size(); i++) {
                if (form.fields().get(i).input().equals(input.name())) {
                    positions.add(i);
                }
            }
            if (!positions.isEmpty()
                    && positions.stream().allMatch(p -> Form.isCell(form.fields().get(p)))) {
                fieldsOfInput.put(input, positions);
            }
        }
    }

    /** Most rows one call may carry: 1 where the graph fixes its first dimension. */
    int most() {
        return form.signature().inputs().stream()
                        .allMatch(input -> !input.shape().isEmpty() && input.shape().getFirst() < 0)
                ? Integer.MAX_VALUE
                : 1;
    }

    List<Tensor> tensors(Object[][] rows) {
        var tensors = new ArrayList<Tensor>();
        fieldsOfInput.forEach((input, fields) -> tensors.add(tensor(input, fields, rows)));
        return tensors;
    }

    private Tensor tensor(TensorSpec input, List<Integer> positions, Object[][] rows) {
        var width = width(input, positions);
        var shape =
                switch (input.shape().size()) {
                    case 0 -> new long[0];
                    case 1 -> new long[] {rows.length};
                    default -> new long[] {rows.length, width};
                };
        if (input.datatype() == DataType.BYTES) {
            var texts = new String[rows.length * width];
            java.util.Arrays.fill(texts, "");
            for (int row = 0; row < rows.length; row++) {
                for (int position : positions) {
                    texts[row * width + column(position)] = text(rows[row][position]);
                }
            }
            return Tensor.strings(input.name(), shape, texts);
        }
        var values = new double[rows.length * width];
        for (int row = 0; row < rows.length; row++) {
            for (int position : positions) {
                var field = form.fields().get(position);
                if (field.oneHot()) {
                    var chosen = choice(field, rows[row][position]);
                    values[row * width + column(position) + chosen] = 1;
                } else {
                    values[row * width + column(position)] = number(field, rows[row][position]);
                }
            }
        }
        return Tensor.numbers(input.name(), input.datatype(), shape, values);
    }

    private int width(TensorSpec input, List<Integer> positions) {
        var last = input.shape().size() < 2 ? 1 : input.shape().getLast();
        return last > 0
                ? Math.toIntExact(last)
                : positions.stream()
                        .mapToInt(p -> column(p) + form.fields().get(p).columns())
                        .max()
                        .orElse(1);
    }

    private int column(int position) {
        var index = form.fields().get(position).index();
        return index == null ? 0 : index;
    }

    private static int choice(Field field, Object value) {
        var choices = field.choices();
        for (int i = 0; i < choices.size(); i++) {
            if (Form.text(choices.get(i).value()).equals(text(value))) {
                return i;
            }
        }
        throw new IllegalArgumentException(text(value) + " is no choice of " + field.name());
    }

    private static double number(Field field, Object value) {
        if (value instanceof Double number) {
            return number;
        }
        if (field.type() == FieldType.CATEGORY) {
            return Double.parseDouble((String) value);
        }
        throw new IllegalArgumentException(field.name() + " takes numbers");
    }

    private static String text(Object value) {
        return value instanceof Double number ? Form.number(number) : (String) value;
    }
}
