package dev.atelier.experiments;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits of what runs record. */
@ConfigMapping(prefix = "atelier.experiments")
interface ExperimentsConfig {

    /** Bytes of one artifact. */
    @WithDefault("64G")
    MemorySize maxArtifactSize();

    /** How long a deleted experiment, run or logged model can be restored. */
    @WithDefault("30d")
    Duration retention();
}
