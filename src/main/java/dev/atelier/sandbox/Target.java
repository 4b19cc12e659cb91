package dev.atelier.sandbox;

import dev.atelier.inference.DataType;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The one number of an answer that is explained and swept: the chance of the positive class, else
 * of the class that was chosen, else the value.
 *
 * @param column which of the output's columns
 * @param title what the number is, for people
 * @param share whether it is a probability
 */
record Target(Output output, int column, String title, boolean share) {

    /** Finds it in an answer of one row; empty when the model gives neither classes nor a value. */
    static Optional<Target> of(InferResponse answer, List<Output> described) {
        for (var tensor : answer.outputs()) {
            var output = Verdict.output(tensor, described);
            if (tensor.datatype() == DataType.BYTES || tensor.elements() == 0) {
                continue;
            }
            if (output.kind() == OutputKind.VALUE && tensor.elements() == 1) {
                return Optional.of(new Target(output, 0, output.label(), false));
            }
            if (output.kind() == OutputKind.PROBABILITIES) {
                return Optional.of(chance(output, tensor));
            }
        }
        return Optional.empty();
    }

    private static Target chance(Output output, Tensor tensor) {
        var values = tensor.numbers();
        var column = 0;
        var positive = output.positive() == null ? -1 : output.labels().indexOf(output.positive());
        if (positive >= 0 && positive < values.length) {
            column = positive;
        } else {
            for (int i = 1; i < values.length; i++) {
                column = values[i] > values[column] ? i : column;
            }
        }
        var label =
                column < output.labels().size()
                        ? output.labels().get(column)
                        : values.length == 1 ? output.label() : "class " + column;
        return new Target(output, column, "Chance of “" + label + "”", true);
    }

    /** The number for every row of a batch. */
    double[] of(InferResponse answer, int rows) {
        var tensor = answer.output(output.name());
        if (tensor == null || tensor.elements() % rows != 0) {
            throw new IllegalStateException(
                    "The model answered %s for %d rows.".formatted(tensor, rows));
        }
        var values = tensor.numbers();
        var width = values.length / rows;
        var numbers = new double[rows];
        for (int row = 0; row < rows; row++) {
            numbers[row] = activated(values, row * width, width);
        }
        return numbers;
    }

    private double activated(double[] values, int from, int width) {
        var value = values[from + column];
        if ("sigmoid".equals(output.activation())) {
            return 1 / (1 + Math.exp(-value));
        }
        if ("softmax".equals(output.activation())) {
            var sum = 0.0;
            for (int i = 0; i < width; i++) {
                sum += Math.exp(values[from + i] - value);
            }
            return 1 / sum;
        }
        return value;
    }

    /** The number for people, with its unit. */
    String text(double value) {
        if (share) {
            return Figures.percent(value);
        }
        var decimals = output.decimals() == null ? 2 : Math.clamp(output.decimals(), 0, 10);
        return Figures.decimal(value, decimals)
                + (output.unit() == null ? "" : " " + output.unit());
    }

    /** A difference for people: signed, a share in points of 1. */
    String difference(double value) {
        var decimals =
                share ? 2 : output.decimals() == null ? 2 : Math.clamp(output.decimals(), 0, 10);
        var text = Figures.decimal(Math.abs(value), decimals);
        var zero = text.chars().noneMatch(c -> c >= '1' && c <= '9');
        return zero ? "0" : (value < 0 ? "−" : "+") + text;
    }
}
