package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.monitoring.statistics.Cbpe;
import dev.atelier.monitoring.statistics.Estimate;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The quality that a model's own probabilities imply, before labels come.
 *
 * @param method {@code CBPE}; null where there is no estimate
 * @param n predictions it is of
 * @param left predictions whose answer is no probability
 * @param calibration what the probabilities were calibrated by
 * @param figures by the names that they have in {@link Quality}
 * @param note what it assumes, or why there is none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Estimated(
        @Nullable String method,
        long n,
        long left,
        @Nullable CalibratedBy calibration,
        Map<String, Band> figures,
        String note) {

    static final String METHOD = "CBPE";

    /** Where a calibration comes from. */
    enum Source {
        /** The rows of the reference and their labels. */
        REFERENCE,
        /** Labelled predictions of before the time that is estimated. */
        LABELS
    }

    /**
     * @param rows labelled ones that it was learned from
     */
    record CalibratedBy(Source source, long rows) {}

    /**
     * @param low, high three standard errors to both sides, within 0 and 1
     */
    record Band(double value, double low, double high) {}

    Estimated {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    static Estimated none(String why) {
        return new Estimated(null, 0, 0, null, Map.of(), why);
    }

    /** The values alone, flat, as those of the quality by labels are. */
    @JsonAnyGetter
    Map<String, Double> flat() {
        var flat = new LinkedHashMap<String, Double>();
        figures.forEach((name, band) -> flat.put(name, band.value()));
        return flat;
    }

    /** The figures of an estimate; those that are undefined are not there. */
    static Map<String, Band> figures(Calibration.Kind kind, Cbpe estimate) {
        var figures = new LinkedHashMap<String, Band>();
        put(figures, "accuracy", estimate.accuracy());
        if (kind == Calibration.Kind.SCORE) {
            put(figures, "precision", estimate.precision());
            put(figures, "recall", estimate.recall());
            put(figures, "f1", estimate.f1());
            put(figures, "auroc", estimate.areaUnderCurve());
        }
        return figures;
    }

    private static void put(Map<String, Band> figures, String name, Estimate one) {
        if (Double.isFinite(one.value()) && Double.isFinite(one.standardError())) {
            figures.put(name, new Band(one.value(), one.low(), one.high()));
        }
    }
}
