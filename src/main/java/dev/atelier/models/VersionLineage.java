package dev.atelier.models;

import dev.atelier.catalog.LineageDrawing;
import dev.atelier.experiments.RunOrigins.Origin;
import org.jspecify.annotations.Nullable;

/**
 * The lineage of a version as it is shown.
 *
 * @param origin of the run that made it; null when there is none that the caller may see
 */
public record VersionLineage(LineageDrawing drawing, @Nullable Origin origin) {}
