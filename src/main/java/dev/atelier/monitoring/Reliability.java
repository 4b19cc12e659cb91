package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.ScoreHistogram;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Scores beside what happened: on the diagonal, a score is a probability. A square of 260 pixels
 * below 16, from 34 on.
 *
 * @param error expected calibration error
 * @param line path through the points, in pixels
 */
public record Reliability(
        String finding, String error, long labelled, String line, List<Point> points) {

    private static final double SIDE = 260;
    private static final double LEFT = 34;
    private static final double TOP = 16;
    private static final double SMALLEST = 3;
    private static final double LARGEST = 9;

    /** The more predictions, the larger. */
    public record Point(String x, String y, String radius, String title) {}

    static Reliability of(ScoreHistogram histogram) {
        var points = new ArrayList<Point>();
        var line = new StringBuilder();
        double all = histogram.n();
        for (var bin : histogram.calibration()) {
            if (bin.n() == 0) {
                continue;
            }
            var x = text(LEFT + SIDE * bin.meanScore());
            var y = text(TOP + SIDE * (1 - bin.positiveShare()));
            line.append(line.isEmpty() ? 'M' : 'L').append(x).append(' ').append(y);
            points.add(
                    new Point(
                            x,
                            y,
                            text(SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(bin.n() / all)),
                            "scores from %.1f to %.1f, %,d predictions: said %.2f, happened %.2f"
                                    .formatted(
                                            bin.from(),
                                            bin.to(),
                                            bin.n(),
                                            bin.meanScore(),
                                            bin.positiveShare())));
        }
        double error = histogram.expectedCalibrationError();
        return new Reliability(
                "Of %,d labelled scores, said and happened differ by %s on average"
                        .formatted(histogram.n(), Table.figure(error)),
                Table.figure(error),
                histogram.n(),
                line.toString(),
                points);
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
