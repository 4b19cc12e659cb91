package dev.atelier.experiments;

import java.util.List;
import java.util.Map;

/**
 * A run with all that a list of runs shows of it to whoever asks.
 *
 * @param metrics the latest of each key
 * @param tags without the one that names the run it is nested in, where that is hidden
 * @param unseen how many more logged models it names, which are hidden
 */
public record FullRun(
        Run run,
        List<Metrics.Point> metrics,
        Map<String, String> params,
        Map<String, String> tags,
        List<RunLinks.Input> inputs,
        List<RunLinks.ModelLink> modelInputs,
        List<RunLinks.ModelLink> modelOutputs,
        int unseen) {}
