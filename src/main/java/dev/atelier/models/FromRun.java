package dev.atelier.models;

import dev.atelier.experiments.Artifacts;
import dev.atelier.identity.Caller;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a version of files that lie here already: of a run, a logged model or another version. */
@ApplicationScoped
class FromRun {

    private final RunSource sources;
    private final Registration registration;
    private final Caller caller;

    FromRun(RunSource sources, Registration registration, Caller caller) {
        this.sources = sources;
        this.registration = registration;
        this.caller = caller;
    }

    /**
     * The version refers to the files and is scanned.
     *
     * @param source what was found at {@code address}
     * @param owner of a model that is new; null for whoever asks
     */
    ModelVersion register(
            String model,
            @Nullable String owner,
            RunSource.Source source,
            String address,
            Map<String, String> tags,
            @Nullable String description,
            @Nullable String runLink)
            throws IOException {
        var actor = caller.entityRef();
        try (var draft = registration.draft(actor)) {
            for (Artifacts.File file : source.files()) {
                draft.hold(file.path(), file.blob());
            }
            return registration.register(
                    model,
                    draft,
                    new Parameters(
                            owner,
                            null,
                            null,
                            List.of(),
                            tags,
                            sources.lineage(source),
                            null,
                            null,
                            description,
                            address,
                            runLink,
                            true),
                    null,
                    Registration.Origin.person(actor));
        }
    }
}
