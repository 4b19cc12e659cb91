package dev.atelier.serving;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits of the sandbox runners; docs/serving.md explains them. */
@ConfigMapping(prefix = "atelier.serving")
interface ServingConfig {

    /** Walls: {@code auto} takes the best that hold. */
    enum Walls {
        AUTO,
        BUBBLEWRAP,
        LANDLOCK,
        LIMITS
    }

    @WithDefault("auto")
    Walls sandbox();

    /** Runs untrusted models even where no sandbox works. */
    @WithDefault("false")
    boolean untrustedUnconfined();

    /** Versions loaded at the same time, each in its own process. */
    @WithDefault("8")
    int loaded();

    /** Started runners that wait for a model. */
    @WithDefault("1")
    int warm();

    /** Whether the sandbox is tried out and warmed at the start, not at the first call. */
    @WithDefault("true")
    boolean eager();

    /** Whether runners start from a cache that is recorded once, beside the first start. */
    @WithDefault("true")
    boolean startUpCache();

    /** Wall clock of one call. */
    @WithDefault("10s")
    Duration limit();

    /** Wall clock of loading a version. */
    @WithDefault("30s")
    Duration loadLimit();

    /** Calls of one version under way or waiting. */
    @WithDefault("64")
    int queue();

    @WithDefault("64M")
    MemorySize maxRequest();

    @WithDefault("64M")
    MemorySize maxOutput();

    /** Bytes of requests that the portal holds at the same time. */
    @WithDefault("192M")
    MemorySize maxInFlight();

    /** Rows merged into one run; 1 switches merging off. */
    @WithDefault("64")
    int batch();

    /** Calls of one version that run side by side. */
    @WithDefault("2")
    int threads();

    /** Memory of a model beyond three times its files. */
    @WithDefault("512M")
    MemorySize memory();

    default Limits limits() {
        return new Limits(
                loaded(),
                warm(),
                limit(),
                loadLimit(),
                queue(),
                (int) maxRequest().asLongValue(),
                (int) maxOutput().asLongValue(),
                batch(),
                threads(),
                memory().asLongValue(),
                untrustedUnconfined());
    }
}
