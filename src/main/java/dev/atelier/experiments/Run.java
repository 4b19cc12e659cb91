package dev.atelier.experiments;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One execution of somebody's code.
 *
 * @param userId as the client said; {@code createdBy} is who it was
 * @param startTime milliseconds since 1970, as the client said
 * @param endTime milliseconds since 1970; null until it ends
 * @param deletedAt null as long as it is there
 */
public record Run(
        UUID id,
        long experiment,
        String name,
        String userId,
        String createdBy,
        Status status,
        long startTime,
        @Nullable Long endTime,
        @Nullable Instant deletedAt) {

    /** As MLflow names them. */
    public enum Status {
        RUNNING,
        SCHEDULED,
        FINISHED,
        FAILED,
        KILLED;

        static Optional<Status> of(String name) {
            return Arrays.stream(values()).filter(status -> status.name().equals(name)).findFirst();
        }
    }

    /** As MLflow writes it: 32 hexadecimal digits. */
    public String hex() {
        return Ids.hex(id);
    }

    /** Of its page. */
    public String address() {
        return "/experiments/%d/runs/%s".formatted(experiment, hex());
    }

    boolean deleted() {
        return deletedAt != null;
    }
}
