package dev.atelier.transfer;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Servers on this machine may be imported from, and nothing waits longer than a test should. */
public class ImportsNearby implements QuarkusTestProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "atelier.outbound.allow", "127.0.0.1@127.0.0.0/8,localhost@127.0.0.0/8",
                "atelier.outbound.timeout", "5s",
                "atelier.imports.look", "100ms",
                "atelier.imports.pause", "5ms",
                "atelier.imports.away", "200ms",
                "atelier.imports.tries", "5",
                "atelier.imports.roots", System.getProperty("java.io.tmpdir"));
    }
}
