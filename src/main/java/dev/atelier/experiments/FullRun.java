package dev.atelier.experiments;

import java.util.List;
import java.util.Map;

/**
 * A run with all that a list of runs shows of it.
 *
 * @param metrics the latest of each key
 */
public record FullRun(
        Run run,
        List<Metrics.Point> metrics,
        Map<String, String> params,
        Map<String, String> tags,
        List<RunLinks.Input> inputs,
        List<RunLinks.ModelLink> modelInputs,
        List<RunLinks.ModelLink> modelOutputs) {}
