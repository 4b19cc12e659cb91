package dev.atelier.transfer;

import java.util.HashMap;
import java.util.Map;

/** As {@link ImportsNearby}, and whoever does not answer is left after a second. */
public class ImportsImpatient extends ImportsNearby {

    @Override
    public Map<String, String> getConfigOverrides() {
        var all = new HashMap<>(super.getConfigOverrides());
        all.put("atelier.outbound.timeout", "1s");
        all.put("atelier.imports.tries", "50");
        return all;
    }
}
