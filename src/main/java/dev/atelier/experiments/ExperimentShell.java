package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What stands around every page of an experiment.
 *
 * @param tab {@code runs}, {@code about} or {@code access}
 * @param runs how many it has, {@link RunTables#COUNTED} and one when more
 * @param newest the run that began last
 * @param mayRecord whether whoever looks may add runs and change it
 */
public record ExperimentShell(
        Experiment experiment,
        String tab,
        String ownerName,
        @Nullable String ownerAddress,
        long runs,
        @Nullable Run newest,
        boolean mayRecord) {

    public String address() {
        return "/experiments/" + experiment.id();
    }

    public String runCount() {
        return RunTable.count(runs);
    }

    /** The first lines of its note. */
    public String summary() {
        var note = experiment.tags().getOrDefault(ExperimentShells.NOTE_TAG, "").strip();
        var end = note.indexOf("\n\n");
        var first = (end < 0 ? note : note.substring(0, end)).replace('\n', ' ').strip();
        return first.startsWith("#") || first.length() > 300 ? "" : first.replaceAll("[*_`]", "");
    }

    public String started(Run run) {
        return Figures.minute(Instant.ofEpochMilli(run.startTime()));
    }

    public RunState state(Run run) {
        return RunState.of(run.status());
    }
}
