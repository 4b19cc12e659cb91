package dev.atelier.serving;

import dev.atelier.platform.confinement.SandboxLevel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Pools for tests, with limits that are reached soon. */
final class Pools {

    private Pools() {}

    static final Limits LIMITS =
            new Limits(
                    4,
                    1,
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(15),
                    64,
                    16 << 20,
                    16 << 20,
                    64,
                    2,
                    512L << 20,
                    true);

    static RunnerPool start(Path folder, FileSource files, SandboxLevel level) throws IOException {
        return start(folder, files, level, LIMITS);
    }

    static RunnerPool start(Path folder, FileSource files, SandboxLevel level, Limits limits)
            throws IOException {
        var installation = RunnerInstallation.in(folder);
        return new RunnerPool(
                limits, new Sandbox(installation, level, limits.maxRequest()), folder, files);
    }
}
