package dev.atelier.models;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Limits of registration. */
@ConfigMapping(prefix = "atelier.models")
interface ModelsConfig {

    /** Bytes of one file. ONNX itself ends at 2 GiB. */
    @WithDefault("2147483647")
    MemorySize maxFileSize();

    @WithDefault("1000")
    int maxFiles();

    /** How long a registration waits for the verdict before it answers SCANNING. */
    @WithDefault("2s")
    Duration waitForVerdict();

    /** Folders that hold files of bundles which the build unpacked. */
    Optional<List<Path>> bundles();
}
