package dev.atelier.monitoring.statistics;

import org.jspecify.annotations.Nullable;

/**
 * What became of one column in one window.
 *
 * @param why a sentence or two for people, with the figures
 * @param comparison none without data
 * @param pValue of the stability index alone
 * @param adjustedP of the stability index among all columns that were judged together; 1 where it
 *     was not judged
 * @param threshold the stability index above which it counts as large
 */
public record Verdict(
        State state,
        String why,
        @Nullable Comparison comparison,
        double pValue,
        double adjustedP,
        double threshold) {}
