package dev.atelier.transfer;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Limits of imports. */
@ConfigMapping(prefix = "atelier.imports")
interface TransferConfig {

    /** Folders below which an administrator may name one to import; none: nobody may. */
    Optional<List<String>> roots();

    /** Bytes of an uploaded archive. */
    @WithDefault("64G")
    MemorySize maxArchiveSize();

    /** Bytes that an archive may unpack to. */
    @WithDefault("256G")
    MemorySize maxUnpackedSize();

    /** How often it is looked for imports that nobody woke it for. */
    @WithDefault("2s")
    Duration look();

    /** Before a request that failed is sent again; doubled each time. */
    @WithDefault("1s")
    Duration pause();

    /** Before an import goes on whose server does not answer; doubled each time, up to an hour. */
    @WithDefault("30s")
    Duration away();

    /** How often an import is begun again before it waits for somebody. */
    @WithDefault("20")
    int tries();
}
