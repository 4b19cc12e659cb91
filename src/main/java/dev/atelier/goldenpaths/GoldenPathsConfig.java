package dev.atelier.goldenpaths;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits of golden paths; docs/golden-paths.md explains them. */
@ConfigMapping(prefix = "atelier.golden-paths")
interface GoldenPathsConfig {

    /** Tasks that run at the same time on one replica. */
    @WithDefault("10")
    int concurrentTasks();

    /** How often it looks for tasks when nothing calls. */
    @WithDefault("1s")
    Duration look();

    /** Wall clock of one step. */
    @WithDefault("30m")
    Duration stepLimit();

    /** All files of one task together. */
    @WithDefault("64M")
    MemorySize workspaceMost();

    /** One file that is uploaded for a question; as much as a file of a model. */
    @WithDefault("${atelier.models.max-file-size:2147483647}")
    MemorySize uploadFileMost();

    /** Files of one upload. */
    @WithDefault("${atelier.models.max-files:1000}")
    int uploadFilesMost();

    /** Processes that render expressions and files. */
    @WithDefault("2")
    int renderers();

    /** Wall clock of the expressions of one value: a step's input, an output. */
    @WithDefault("10s")
    Duration renderingLimit();

    /** Wall clock of files that are rendered together, a quarter of a megabyte at a time. */
    @WithDefault("60s")
    Duration filesRenderingLimit();

    /** What one request to a rendering process may give. */
    @WithDefault("32M")
    MemorySize renderingMost();

    /**
     * Leaves expressions that cannot be rendered as they are, which is what Backstage does. Off: a
     * step with a wrong expression fails and says where and why.
     */
    @WithDefault("false")
    boolean lenientExpressions();
}
