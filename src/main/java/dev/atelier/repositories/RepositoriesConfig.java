package dev.atelier.repositories;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Where repositories lie, and what a push may bring. */
@ConfigMapping(prefix = "atelier.repositories")
interface RepositoriesConfig {

    /** Folder of the repositories; none: {@code repositories} in the data folder. */
    Optional<String> folder();

    /** Bytes of one push. */
    @WithDefault("1G")
    MemorySize maxPack();

    /** Bytes of one file, tree or commit. */
    @WithDefault("100M")
    MemorySize maxObject();

    /** Objects of one push. */
    @WithDefault("1000000")
    int maxObjects();

    /** Branches and tags of a repository. */
    @WithDefault("10000")
    int maxRefs();

    /** Clones and fetches that are answered at once. */
    @WithDefault("4")
    int fetches();

    /** Pushes that are received at once. */
    @WithDefault("2")
    int pushes();

    /** How long one waits for its turn before it is told to come again. */
    @WithDefault("20s")
    Duration patience();

    /** How long a client may say nothing. */
    @WithDefault("60s")
    Duration silence();
}
