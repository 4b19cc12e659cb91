package dev.atelier.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The audit log for programs and auditors. */
@Path("/api/v1/audit")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.AUDIT_READ)
public class AuditApi {

    private static final int MOST = 1000;

    private final AuditLog log;
    private final DataSource database;
    private final SealKeys keys;
    private final Sealing sealing;
    private final ObjectMapper json;

    AuditApi(AuditLog log, DataSource database, SealKeys keys, Sealing sealing, ObjectMapper json) {
        this.log = log;
        this.database = database;
        this.keys = keys;
        this.sealing = sealing;
        this.json = json;
    }

    /** A page, the newest first; ask on with {@code before} the last one's number. */
    @GET
    public List<AuditLog.Event> events(
            @QueryParam("actor") @Nullable String actor,
            @QueryParam("action") @Nullable String action,
            @QueryParam("resource") @Nullable String resource,
            @QueryParam("outcome") @Nullable String outcome,
            @QueryParam("since") @Nullable String since,
            @QueryParam("before") @Nullable Long before,
            @QueryParam("limit") @DefaultValue("100") int limit) {
        if (limit < 1 || limit > MOST) {
            throw new Invalid(
                    "A page has 1 to " + MOST + " events.",
                    List.of(new Invalid.Field("limit", "is between 1 and " + MOST)));
        }
        return log.page(AuditLog.Filter.of(actor, action, resource, outcome, since, before), limit);
    }

    /** All events of a filter as JSON Lines, the oldest first. */
    @GET
    @Path("export")
    @Produces("application/x-ndjson")
    public Response export(
            @QueryParam("actor") @Nullable String actor,
            @QueryParam("action") @Nullable String action,
            @QueryParam("resource") @Nullable String resource,
            @QueryParam("outcome") @Nullable String outcome,
            @QueryParam("since") @Nullable String since) {
        var filter = AuditLog.Filter.of(actor, action, resource, outcome, since, null);
        StreamingOutput lines =
                out ->
                        log.<IOException>each(
                                filter,
                                event -> {
                                    out.write(json.writeValueAsBytes(event));
                                    out.write('\n');
                                });
        return Response.ok(lines)
                .header("Content-Disposition", "attachment; filename=\"audit.jsonl\"")
                .build();
    }

    /** The newest seal, to be kept where nobody of this portal can reach it. */
    @GET
    @Path("seal")
    public Sealing.Newest seal() {
        return sealing.newest().orElseThrow(() -> new NotFound("Nothing was sealed yet."));
    }

    /**
     * Walks the whole chain.
     *
     * @param head one noted before, {@code 17:ab12…}, which must still be there
     */
    @GET
    @Path("verification")
    public AuditChain.Verification verification(@QueryParam("head") @Nullable String head)
            throws SQLException {
        return AuditChain.verify(database, keys, head == null || head.isBlank() ? null : head);
    }
}
