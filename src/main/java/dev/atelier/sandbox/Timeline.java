package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A probability over time; the path runs over a 1000 × 1000 box. */
record Timeline(
        String title,
        String path,
        double seconds,
        double mean,
        double over,
        double threshold,
        List<Span> spans)
        implements Part {
    static Timeline of(Output output, double[] curve, double window) {
        var threshold = output.threshold() == null ? 0.5 : output.threshold();
        var path = new StringBuilder();
        var spans = new ArrayList<Span>();
        var above = 0;
        var from = -1;
        for (int i = 0; i < curve.length; i++) {
            path.append(i == 0 ? "M" : "L")
                    .append(Figures.plain(1000.0 * i / Math.max(1, curve.length - 1)))
                    .append(' ')
                    .append(Figures.plain(1000 - 1000 * Math.clamp(curve[i], 0, 1)));
            if (curve[i] >= threshold) {
                above++;
                from = from < 0 ? i : from;
            } else if (from >= 0) {
                spans.add(new Span(from * window, i * window));
                from = -1;
            }
        }
        if (from >= 0) {
            spans.add(new Span(from * window, curve.length * window));
        }
        return new Timeline(
                output.label(),
                path.toString(),
                curve.length * window,
                Arrays.stream(curve).average().orElse(0),
                (double) above / Math.max(1, curve.length),
                threshold,
                spans);
    }

    @Override
    public String summary() {
        return title.toLowerCase(Locale.ROOT) + " in " + Figures.percent(over) + " of the time";
    }

    public String overPercent() {
        return Figures.percent(over);
    }

    public String meanFigure() {
        return Figures.decimal(mean, 3);
    }

    public String length() {
        return Figures.decimal(seconds, 1);
    }

    public String limit() {
        return Figures.decimal(threshold, 2);
    }

    public String limitY() {
        return Figures.plain(1000 - 1000 * threshold);
    }

    /** Seconds from the start. */
    record Span(double from, double to) {
        public String start() {
            return Figures.decimal(from, 2);
        }

        public String end() {
            return Figures.decimal(to, 2);
        }
    }
}
