package dev.atelier.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.database.Sql;
import io.quarkus.arc.Arc;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.transaction.Transactional;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The audit log. A row is written in the transaction of the change it tells of: both happen or
 * neither.
 */
@ApplicationScoped
public class Audit {

    /** What the portal does by itself: a schedule, a start, an import. */
    public static final String SYSTEM = "system:atelier";

    private final Sql sql;
    private final ObjectMapper json;
    private final Instance<Caller> caller;

    Audit(Sql sql, ObjectMapper json, Instance<Caller> caller) {
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
        write(caller.get().entityRef(), action, resource, "done", detail);
    }

    /** Records an act of the portal itself. */
    @Transactional(Transactional.TxType.MANDATORY)
    public void recordBySystem(String action, String resource, Map<String, ?> detail) {
        write(SYSTEM, action, resource, "done", detail);
    }

    /** Records an act of somebody who is not (yet) the caller: who signs in, or a start. */
    @Transactional(Transactional.TxType.MANDATORY)
    void recordAs(String actor, String action, String resource, Map<String, ?> detail) {
        write(actor, action, resource, "done", detail);
    }

    /** Records that the caller was refused something, whatever becomes of the request. */
    @Transactional(Transactional.TxType.REQUIRES_NEW)
    void refused(String action, String resource, Map<String, ?> detail) {
        write(caller.get().entityRef(), action, resource, "refused", detail);
    }

    /** Records that somebody could not sign in. */
    @Transactional(Transactional.TxType.REQUIRES_NEW)
    void failedSignIn(String name, Map<String, ?> detail) {
        write("anonymous", "session.begin", "user:default/" + name, "failed", detail);
    }

    private void write(
            String actor, String action, String resource, String outcome, Map<String, ?> detail) {
        try {
            sql.update(
                    """
                    insert into audit_event (actor, action, resource, outcome, origin, detail)
                    values (?, ?, ?, ?, ?, ?::jsonb)
                    """,
                    actor,
                    action,
                    resource,
                    outcome,
                    origin(),
                    json.writeValueAsString(detail));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Audit detail is not JSON: " + action, e);
        }
    }

    private @Nullable String origin() {
        return Arc.container().requestContext().isActive() ? caller.get().origin() : null;
    }
}
