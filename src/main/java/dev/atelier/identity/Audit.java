package dev.atelier.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The audit log. A row is written in the transaction of the change it tells of: both happen or
 * neither.
 */
@ApplicationScoped
public class Audit {

    private final Sql sql;
    private final ObjectMapper json;
    private final Caller caller;

    Audit(Sql sql, ObjectMapper json, Caller caller) {
        this.sql = sql;
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
            sql.update(
                    """
                    insert into audit_event (actor, action, resource, origin, detail)
                    values (?, ?, ?, ?, ?::jsonb)
                    """,
                    actor,
                    action,
                    resource,
                    origin,
                    json.writeValueAsString(detail));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Audit detail is not JSON: " + action, e);
        }
    }
}
