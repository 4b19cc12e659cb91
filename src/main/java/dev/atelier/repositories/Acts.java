package dev.atelier.repositories;

import dev.atelier.identity.Audit;

import io.quarkus.arc.Arc;

import java.util.Map;

/** Writes into the audit log who did something: the caller, or the portal where there is none. */
final class Acts {

    private Acts() {}

    static void record(Audit audit, String action, String resource, Map<String, ?> detail) {
        if (Arc.container().requestContext().isActive()) {
            audit.record(action, resource, detail);
        } else {
            audit.recordBySystem(action, resource, detail);
        }
    }
}
