package dev.atelier.platform.doctor;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.util.Objects;

/** The portal's settings, read without the portal: environment, properties, defaults. */
final class Settings {

    private Settings() {}

    static <T> T read(Class<T> mapping) throws IOException {
        var loader = Settings.class.getClassLoader();
        var ours = Objects.requireNonNull(loader.getResource("application.properties"));
        return new SmallRyeConfigBuilder()
                .forClassLoader(loader)
                .addDefaultInterceptors()
                .addSystemSources()
                .addDiscoveredConverters()
                .withProfile("prod")
                .withSources(new PropertiesConfigSource(ours, 250))
                .withMapping(mapping)
                .withMappingIgnore("**")
                .build()
                .getConfigMapping(mapping);
    }
}
