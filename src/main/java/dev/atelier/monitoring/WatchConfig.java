package dev.atelier.monitoring;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** How models are watched. */
@ConfigMapping(prefix = "atelier.monitoring")
interface WatchConfig {

    /** How often it is looked for what was counted. */
    @WithDefault("20s")
    Duration look();

    /** What was judged is not judged again for so long, however much comes. */
    @WithDefault("60s")
    Duration pace();

    /** How long after its end an hour is taken for complete. */
    @WithDefault("5m")
    Duration grace();

    /** Where an Alertmanager listens; open incidents are sent there. */
    Optional<URI> alertmanager();
}
