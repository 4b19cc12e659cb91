package dev.atelier.catalog;

import dev.atelier.Temporary;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.util.Map;

/** A configured folder of entity files that tests write into. */
public class CatalogFolder implements QuarkusTestResourceLifecycleManager {

    static Path path() {
        return Path.of(System.getProperty("atelier.test.catalog"));
    }

    @Override
    public Map<String, String> start() {
        var folder = Temporary.folder("atelier-catalog");
        System.setProperty("atelier.test.catalog", folder.toString());
        return Map.of(
                "atelier.catalog.folders",
                folder.toString(),
                "atelier.outbound.allow",
                "127.0.0.1@127.0.0.0/8",
                "atelier.outbound.timeout",
                "2s");
    }

    @Override
    public void stop() {}
}
