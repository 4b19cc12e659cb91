package dev.atelier.platform.blobs;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where blobs lie, and how long what nobody needs is kept. */
@ConfigMapping(prefix = "atelier.blobs")
interface BlobsConfig {

    enum Store {
        DISK,
        S3
    }

    @WithDefault("disk")
    Store store();

    /** Folder of the disk store, and of the local copies of the S3 store. */
    Optional<Path> folder();

    /** Uploads are refused when they would leave less than this on the disk. */
    @WithDefault("128M")
    MemorySize reserve();

    /** Local copies kept of blobs that lie in S3. */
    @WithDefault("10G")
    MemorySize cache();

    Upkeep upkeep();

    S3 s3();

    interface Upkeep {
        @WithDefault("1h")
        Duration every();

        /** An unreferenced blob is condemned after this, and deleted after as long again. */
        @WithDefault("24h")
        Duration grace();

        /** A file without a row is put aside after this. */
        @WithDefault("48h")
        Duration orphan();

        /** A file put aside is deleted after this. */
        @WithDefault("7d")
        Duration quarantine();

        /** Each blob is read and compared once in this time. */
        @WithDefault("7d")
        Duration scrub();

        /** Bytes a second that the scrub reads at most. */
        @WithDefault("20M")
        MemorySize scrubRate();
    }

    interface S3 {
        Optional<String> bucket();

        /** For stores other than Amazon's. */
        Optional<String> endpoint();

        @WithDefault("us-east-1")
        String region();

        Optional<String> accessKey();

        Optional<String> secretKey();

        /** Keys start with this, so that a bucket may be shared. */
        Optional<String> prefix();
    }
}
