package dev.atelier.webhooks;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** A portal that may call this machine, and looks often. */
public class LocalReceivers implements QuarkusTestResourceLifecycleManager {

    @Override
    public Map<String, String> start() {
        return Map.of(
                "atelier.outbound.allow",
                "127.0.0.1@127.0.0.0/8",
                "atelier.webhooks.look",
                "200ms");
    }

    @Override
    public void stop() {}
}
