package dev.atelier.sandbox;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Which parts of a picture an answer rests on: each patch is covered and the model is asked again
 * (Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks").
 *
 * <p>What covers a patch is itself something the model sees. Each patch is therefore covered twice,
 * with the picture's mean colour and with the colour of its border; the effect is the mean of the
 * two, and half their difference says how far it depends on the cover.
 */
final class Occlusion {

    private static final int LEAST_GRID = 4;
    private static final int MOST_GRID = 10;

    /** Smaller patches show noise. */
    private static final int LEAST_PIXELS = 4;

    /** The model, seen as a function of pictures: one flat tensor each, one number each. */
    @FunctionalInterface
    interface Answers {
        double[] of(double[][] pictures) throws NoAnswer;
    }

    /**
     * A picture as the model sees it.
     *
     * @param values flat, of one picture
     * @param last whether the channels are the last dimension
     */
    record Picture(double[] values, int channels, int width, int height, boolean last) {

        private int at(int channel, int x, int y) {
            return last ? (y * width + x) * channels + channel : (channel * height + y) * width + x;
        }
    }

    /** The part of the frame where the picture lies, in whole pixels. */
    record Area(int left, int top, int right, int bottom) {
        static Area of(Frame frame) {
            var left = (int) Math.clamp(Math.round(frame.left()), 0, frame.width() - 1);
            var top = (int) Math.clamp(Math.round(frame.top()), 0, frame.height() - 1);
            return new Area(
                    left,
                    top,
                    (int)
                            Math.clamp(
                                    Math.round(frame.left() + frame.innerWidth()),
                                    left + 1,
                                    frame.width()),
                    (int)
                            Math.clamp(
                                    Math.round(frame.top() + frame.innerHeight()),
                                    top + 1,
                                    frame.height()));
        }

        int width() {
            return right - left;
        }

        int height() {
            return bottom - top;
        }
    }

    /**
     * What a search may cost.
     *
     * @param nanos wall clock in all
     * @param batch pictures a run of the model
     */
    record Limits(long nanos, int batch) {}

    /**
     * @param value the answer to the whole picture
     * @param effects {@code [rows][columns]}: how much the answer falls when the patch is covered;
     *     NaN where the time was over before
     * @param spreads half the difference between the two covers
     * @param pictures that were shown to the model
     */
    record Found(
            double value,
            Area area,
            int columns,
            int rows,
            double[][] effects,
            double[][] spreads,
            int pictures) {

        int missed() {
            return (int)
                    Arrays.stream(effects)
                            .flatMapToDouble(Arrays::stream)
                            .filter(Double::isNaN)
                            .count();
        }
    }

    private Occlusion() {}

    /**
     * @param gone whether nobody waits any more
     * @throws NoAnswer when the model does not answer, or takes too long for any map
     */
    static Found explain(
            Picture picture,
            Area area,
            Answers answers,
            Limits limits,
            LongSupplier clock,
            BooleanSupplier gone)
            throws NoAnswer {
        var began = clock.getAsLong();
        var ends = began + limits.nanos;
        // The first run may warm the model up; the second is the measure.
        var value = answers.of(new double[][] {picture.values})[0];
        var warm = clock.getAsLong();
        answers.of(new double[][] {picture.values});
        var each = Math.max(1, clock.getAsLong() - warm);
        var affordable = (int) Math.min(10_000, (ends - clock.getAsLong()) / each);
        if (affordable < LEAST_GRID * LEAST_GRID) {
            throw new NoAnswer(
                    "One run of this model takes %d ms, and a map needs %d of them: that is longer than the %d s an explanation may take."
                            .formatted(
                                    each / 1_000_000,
                                    2 * LEAST_GRID * LEAST_GRID,
                                    limits.nanos / 1_000_000_000));
        }
        var side = Math.clamp((int) Math.sqrt(affordable / 2.0), LEAST_GRID, MOST_GRID);
        var columns = Math.clamp(area.width() / LEAST_PIXELS, 1, side);
        var rows = Math.clamp(area.height() / LEAST_PIXELS, 1, side);
        var covers = new double[][] {mean(picture, area), border(picture, area)};
        var effects = new double[rows][columns];
        var spreads = new double[rows][columns];
        var shown = 2;
        var together = Math.max(1, limits.batch / 2);
        for (int first = 0; first < rows * columns; first += together) {
            var count = Math.min(together, rows * columns - first);
            if (clock.getAsLong() >= ends || gone.getAsBoolean()) {
                for (int i = first; i < rows * columns; i++) {
                    effects[i / columns][i % columns] = Double.NaN;
                }
                break;
            }
            var batch = new double[count * 2][];
            for (int i = 0; i < count; i++) {
                for (int cover = 0; cover < 2; cover++) {
                    batch[i * 2 + cover] =
                            covered(picture, area, columns, rows, first + i, covers[cover]);
                }
            }
            var results = answers(answers, batch, limits.batch);
            shown += batch.length;
            for (int i = 0; i < count; i++) {
                var one = value - results[i * 2];
                var other = value - results[i * 2 + 1];
                var cell = first + i;
                effects[cell / columns][cell % columns] = (one + other) / 2;
                spreads[cell / columns][cell % columns] = Math.abs(one - other) / 2;
            }
        }
        return new Found(value, area, columns, rows, effects, spreads, shown);
    }

    /** Two covers of one patch are two runs for a model that takes one picture at a time. */
    private static double[] answers(Answers answers, double[][] batch, int most) throws NoAnswer {
        if (batch.length <= most) {
            return answers.of(batch);
        }
        var results = new double[batch.length];
        for (int i = 0; i < batch.length; i += most) {
            var part = answers.of(Arrays.copyOfRange(batch, i, Math.min(batch.length, i + most)));
            System.arraycopy(part, 0, results, i, part.length);
        }
        return results;
    }

    private static double[] covered(
            Picture picture, Area area, int columns, int rows, int cell, double[] colour) {
        var values = picture.values.clone();
        var column = cell % columns;
        var row = cell / columns;
        for (int y = edge(area.top, area.height(), row, rows);
                y < edge(area.top, area.height(), row + 1, rows);
                y++) {
            for (int x = edge(area.left, area.width(), column, columns);
                    x < edge(area.left, area.width(), column + 1, columns);
                    x++) {
                for (int c = 0; c < picture.channels; c++) {
                    values[picture.at(c, x, y)] = colour[c];
                }
            }
        }
        return values;
    }

    /** Where the n-th of some even parts begins. */
    static int edge(int start, int length, int part, int parts) {
        return start + (int) Math.round((double) length * part / parts);
    }

    private static double[] mean(Picture picture, Area area) {
        var sum = new double[picture.channels];
        for (int y = area.top; y < area.bottom; y++) {
            for (int x = area.left; x < area.right; x++) {
                for (int c = 0; c < picture.channels; c++) {
                    sum[c] += picture.values[picture.at(c, x, y)];
                }
            }
        }
        return divided(sum, (double) area.width() * area.height());
    }

    private static double[] border(Picture picture, Area area) {
        var sum = new double[picture.channels];
        var count = 0;
        for (int y = area.top; y < area.bottom; y++) {
            for (int x = area.left; x < area.right; x++) {
                if (y == area.top
                        || y == area.bottom - 1
                        || x == area.left
                        || x == area.right - 1) {
                    count++;
                    for (int c = 0; c < picture.channels; c++) {
                        sum[c] += picture.values[picture.at(c, x, y)];
                    }
                }
            }
        }
        return divided(sum, count);
    }

    private static double[] divided(double[] sum, double count) {
        return Arrays.stream(sum).map(s -> s / count).toArray();
    }
}
