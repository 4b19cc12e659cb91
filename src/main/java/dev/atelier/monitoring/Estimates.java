package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Cbpe;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Quality without labels: confidence-based performance estimation. Of all answers of a time that
 * were kept, so exact to the answers; and by a calibration that did not see them.
 */
@ApplicationScoped
class Estimates {

    /** The newest labelled predictions of before are calibrated by. */
    private static final int MOST_LABELS = 5_000;

    private static final Instant EVER = Instant.parse("2000-01-01T00:00:00Z");

    private final Labels labels;

    Estimates(Labels labels) {
        this.labels = labels;
    }

    /**
     * A calibration and where it comes from.
     *
     * @param why there is none, as a sentence
     */
    record Known(@Nullable Calibration calibration, Estimated.Source source, String why) {}

    /** That of the reference, or else of the labels that predictions before a time have. */
    Known calibration(
            String model, int version, @Nullable StoredReference reference, Instant before) {
        var given = reference == null ? null : reference.calibration();
        if (given != null && given.fault() == null) {
            return new Known(given, Estimated.Source.REFERENCE, "");
        }
        var known =
                labels.labelled(
                        new Labels.Part(model, version, null, null), EVER, before, MOST_LABELS);
        var learned = known.isEmpty() ? null : Calibration.of(known);
        if (learned != null && learned.fault() == null) {
            return new Known(learned, Estimated.Source.LABELS, "");
        }
        var ofReference =
                given == null
                        ? "The reference does not say what the truth was: send its rows with a column of labels, named by label."
                        : "The reference cannot calibrate it. " + given.fault();
        var ofLabels =
                learned == null
                        ? " No prediction of before has a label."
                        : " Nor can the labels of predictions of before. " + learned.fault();
        return new Known(null, Estimated.Source.REFERENCE, ofReference + ofLabels);
    }

    /** Answers that are gathered. */
    private static final class Gathered {
        private double[] scores = new double[64];
        private final BitSet predicted = new BitSet();
        private int n;

        void add(Calibration.Scored one) {
            if (n == scores.length) {
                scores = Arrays.copyOf(scores, 2 * n);
            }
            predicted.set(n, one.predicted());
            scores[n++] = one.score();
        }

        Cbpe estimate(Calibration calibration) {
            var said = new boolean[n];
            for (int i = 0; i < n; i++) {
                said[i] = predicted.get(i);
            }
            return Cbpe.of(calibration.curve(), Arrays.copyOf(scores, n), said);
        }
    }

    /** Estimates of a time, by what its moments belong to. */
    <K extends Comparable<K>> SortedMap<K, Cbpe> by(
            Calibration calibration,
            Labels.Part part,
            Instant from,
            Instant until,
            Function<Instant, K> key) {
        var gathered = new TreeMap<K, Gathered>();
        var output = calibration.output();
        if (output == null) {
            labels.each(
                    part,
                    from,
                    until,
                    one ->
                            gathered.computeIfAbsent(key.apply(one.at()), _ -> new Gathered())
                                    .add(calibration.read(one.outputs())));
        } else {
            labels.numbers(
                    part,
                    output,
                    from,
                    until,
                    one ->
                            gathered.computeIfAbsent(key.apply(one.at()), _ -> new Gathered())
                                    .add(Calibration.scored(one.value())));
        }
        var estimates = new TreeMap<K, Cbpe>();
        gathered.forEach((at, scores) -> estimates.put(at, scores.estimate(calibration)));
        return estimates;
    }

    /**
     * @param predictions of the time that were kept
     */
    Estimated of(Known known, Labels.Part part, long predictions, Instant from, Instant until) {
        var calibration = known.calibration();
        if (calibration == null) {
            return Estimated.none(known.why());
        }
        if (predictions == 0) {
            return Estimated.none(
                    "No prediction of this time has an identifier; only their answers are kept to be judged.");
        }
        return of(known, calibration, by(calibration, part, from, until, _ -> "").values());
    }

    /** The sum of what was estimated, as {@link #by} gives it. */
    static Estimated of(Known known, Calibration calibration, Collection<Cbpe> parts) {
        var sum = parts.stream().reduce(Cbpe.NONE, Cbpe::plus);
        if (sum.n() == 0) {
            return Estimated.none(
                    "None of %,d answers of this time is a probability from 0 to 1."
                            .formatted(sum.invalid()));
        }
        return new Estimated(
                Estimated.METHOD,
                sum.n(),
                sum.invalid(),
                new Estimated.CalibratedBy(known.source(), calibration.rows()),
                Estimated.figures(calibration.kind(), sum),
                note(known, calibration, sum));
    }

    private static String note(Known known, Calibration calibration, Cbpe sum) {
        var by =
                known.source() == Estimated.Source.REFERENCE
                        ? "%,d labelled rows of the reference"
                        : "%,d predictions of before that have a label";
        var text =
                "What the model's own probabilities imply, calibrated by "
                        + by.formatted(calibration.rows())
                        + ". It sees that inputs became harder, not that the answer to the same input changed.";
        return sum.invalid() == 0
                ? text
                : text
                        + " %,d answers are no probabilities and are left out."
                                .formatted(sum.invalid());
    }
}
