package dev.atelier;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.nio.file.Path;
import java.util.Map;

/** The portal as a fresh clone starts it: with the entities and models of {@code catalog/}. */
public class Seeded implements QuarkusTestProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "atelier.catalog.folders",
                Path.of("catalog").toAbsolutePath()
                        + ","
                        + Path.of("golden-paths").toAbsolutePath(),
                "atelier.models.bundles",
                Path.of("target/bundles").toAbsolutePath().toString());
    }
}
