package dev.atelier.repositories;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import io.quarkus.arc.Arc;
import java.util.Map;

/** Who does something, as the audit log is told: the caller, or the portal where there is none. */
final class Acts {

    private Acts() {}

    private static boolean asked() {
        return Arc.container().requestContext().isActive()
                && Arc.container().instance(Caller.class).get().present();
    }

    static String actor() {
        return asked() ? Arc.container().instance(Caller.class).get().entityRef() : Audit.SYSTEM;
    }

    static void record(Audit audit, String action, String resource, Map<String, ?> detail) {
        if (asked()) {
            audit.record(action, resource, detail);
        } else {
            audit.recordBySystem(action, resource, detail);
        }
    }
}
