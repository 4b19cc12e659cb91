package dev.atelier.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The audit log. A row is written in the transaction of the change it tells of: both happen or
 * neither.
 */
@ApplicationScoped
public class Audit {

    private final EntityManager entities;
    private final ObjectMapper json;
    private final Caller caller;

    Audit(EntityManager entities, ObjectMapper json, Caller caller) {
        this.entities = entities;
        this.json = json;
        this.caller = caller;
    }

    /**
     * Records an act of the current caller.
     *
     * @param action verb with its feature, say {@code model-version.register}
     * @param resource entity reference or address of what was acted on
     */
    @Transactional(Transactional.TxType.MANDATORY)
    public void record(String action, String resource, Map<String, ?> detail) {
        write(caller.entityRef(), caller.origin(), action, resource, detail);
    }

    /** Records an act of the portal itself: a schedule, a start, an import. */
    @Transactional(Transactional.TxType.MANDATORY)
    public void recordBySystem(String action, String resource, Map<String, ?> detail) {
        write("system:atelier", null, action, resource, detail);
    }

    private void write(
            String actor,
            @Nullable String origin,
            String action,
            String resource,
            Map<String, ?> detail) {
        try {
            entities.createNativeQuery(
                            """
                            insert into audit_event (actor, action, resource, origin, detail)
                            values (:actor, :action, :resource, :origin, cast(:detail as jsonb))
                            """)
                    .setParameter("actor", actor)
                    .setParameter("action", action)
                    .setParameter("resource", resource)
                    .setParameter("origin", origin)
                    .setParameter("detail", json.writeValueAsString(detail))
                    .executeUpdate();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Audit detail is not JSON: " + action, e);
        }
    }
}
