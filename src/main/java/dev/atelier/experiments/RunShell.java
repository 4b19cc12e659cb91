package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands around every page of a run.
 *
 * @param tab {@code overview}, {@code charts}, {@code system} or {@code artifacts}
 * @param parent the run it is nested in
 * @param metrics how many keys it has besides those of the machine
 * @param system how many of the machine
 * @param mayRecord whether whoever looks may change it
 */
record RunShell(
        Experiment experiment,
        Run run,
        String tab,
        Map<String, String> tags,
        @Nullable Run parent,
        int metrics,
        int system,
        boolean mayRecord) {

    public String address() {
        return run.address();
    }

    public RunState state() {
        return RunState.of(run.status());
    }

    public String started() {
        return Figures.minute(Instant.ofEpochMilli(run.startTime()));
    }

    public String took() {
        return RunState.took(run);
    }

    /** Who it was, and as whom if their client says otherwise. */
    public String by() {
        var account = Figures.actor(run.createdBy());
        return run.userId().isEmpty() || run.userId().equals(account)
                ? account
                : run.userId() + ", recorded by " + account;
    }

    public String source() {
        var source = tags.getOrDefault("mlflow.source.name", "");
        return source.substring(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1);
    }

    public String commit() {
        return tags.getOrDefault("mlflow.source.git.commit", "");
    }

    public String commitShort() {
        var commit = commit();
        return commit.substring(0, Math.min(10, commit.length()));
    }

    public String parentAddress() {
        return parent == null ? "" : parent.address();
    }
}
