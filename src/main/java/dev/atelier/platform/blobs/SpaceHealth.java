package dev.atelier.platform.blobs;

import dev.atelier.platform.DataFolder;
import dev.atelier.platform.DiskSpace;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Says in readiness that a disk fills up. It stays up: reading works on a full disk. */
@Readiness
@ApplicationScoped
class SpaceHealth implements HealthCheck {

    private final Blobs blobs;

    SpaceHealth(Blobs blobs) {
        this.blobs = blobs;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named("Disk space").up();
        var degraded =
                Stream.concat(blobs.shortage().stream(), dataFolder())
                        .collect(Collectors.joining(" "));
        return degraded.isEmpty()
                ? response.build()
                : response.withData("degraded", degraded).build();
    }

    private static Stream<String> dataFolder() {
        try {
            return DiskSpace.shortage("The disk of the data folder", DataFolder.path()).stream();
        } catch (IOException e) {
            return Stream.of("The data folder cannot be looked at: " + e.getMessage());
        }
    }
}
