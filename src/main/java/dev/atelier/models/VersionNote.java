package dev.atelier.models;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What people say of a version beside its files; unlike those it may change.
 *
 * @param description in a sentence or more, as Markdown
 * @param stage one of MLflow's old stages; aliases do what they did
 * @param source where its files were taken from, as its client named it
 * @param runLink address of the run that made it, in another tracking server
 */
public record VersionNote(
        int number,
        @Nullable String description,
        String stage,
        Map<String, String> tags,
        @Nullable String source,
        @Nullable String runLink,
        Instant changedAt) {}
