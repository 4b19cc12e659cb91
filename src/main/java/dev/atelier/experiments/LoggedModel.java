package dev.atelier.experiments;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A model that a run logged (MLflow 3): files with params and metrics, before or without a
 * registered version.
 *
 * @param sourceRun the run that made it; null when none did, or it was purged, or is hidden from
 *     whoever asks
 */
public record LoggedModel(
        UUID id,
        long experiment,
        String name,
        @Nullable String modelType,
        @Nullable UUID sourceRun,
        Status status,
        @Nullable String statusMessage,
        Instant createdAt,
        Instant changedAt,
        @Nullable Instant deletedAt,
        Map<String, String> tags,
        Map<String, String> params,
        List<Metric> metrics) {

    public enum Status {
        PENDING,
        READY,
        UPLOAD_FAILED
    }

    /**
     * A figure of it, on a data set if its client said which.
     *
     * @param run that measured it; null when that is hidden from whoever asks
     */
    public record Metric(
            Metrics.Point point, String dataSetName, String dataSetDigest, @Nullable UUID run) {}

    /** As MLflow writes it: {@code m-} and 32 hexadecimal digits. */
    public String text() {
        return Ids.model(id);
    }
}
