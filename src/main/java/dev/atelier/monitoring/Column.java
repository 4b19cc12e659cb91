package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Reference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Values of one column, as a reference is made of them. */
final class Column {

    private final Map<String, Long> texts = new HashMap<>();
    private double[] numbers = new double[16];
    private int count;
    private long missing;
    private long odd;
    private long text;

    void add(Cell cell) {
        switch (cell) {
            case Cell.Missing _ -> missing++;
            case Cell.Odd _ -> odd++;
            case Cell.Text(var value) -> {
                text++;
                texts.merge(value, 1L, Long::sum);
            }
            case Cell.Number(var value) -> {
                if (count == numbers.length) {
                    numbers = Arrays.copyOf(numbers, count * 2);
                }
                numbers[count++] = value;
            }
        }
    }

    void addMissing(long times) {
        missing += times;
    }

    /** It is of numbers where most of its values are. */
    Reference reference(String name) {
        return count >= text && count > 0
                ? Reference.numeric(name, Arrays.copyOf(numbers, count), missing, odd + text)
                : Reference.categorical(name, texts, missing, odd + count);
    }
}
