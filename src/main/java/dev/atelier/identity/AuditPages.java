package dev.atelier.identity;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriBuilder;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The audit log for people: filter, page on, verify, export. */
@Path("/admin/audit")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.AUDIT_READ)
public class AuditPages {

    private static final int EVENTS = 50;

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance audit(AuditView view);

        static native TemplateInstance audit$verdict(AuditChain.Verification found);
    }

    public record AuditView(
            List<AuditLog.Event> events,
            AuditLog.Filter filter,
            String since,
            List<String> actions,
            String query,
            @Nullable Long older) {}

    private final AuditLog log;
    private final DataSource database;
    private final SealKeys keys;

    AuditPages(AuditLog log, DataSource database, SealKeys keys) {
        this.log = log;
        this.database = database;
        this.keys = keys;
    }

    @GET
    public TemplateInstance audit(
            @QueryParam("actor") @Nullable String actor,
            @QueryParam("action") @Nullable String action,
            @QueryParam("resource") @Nullable String resource,
            @QueryParam("outcome") @Nullable String outcome,
            @QueryParam("since") @DefaultValue("P7D") String since,
            @QueryParam("before") @Nullable Long before) {
        var filter = AuditLog.Filter.of(actor, action, resource, outcome, since, before);
        var events = log.page(filter, EVENTS + 1);
        var shown = events.subList(0, Math.min(EVENTS, events.size()));
        return Templates.audit(
                new AuditView(
                        shown,
                        filter,
                        since,
                        log.actions(),
                        query(filter, since),
                        events.size() > EVENTS ? shown.getLast().id() : null));
    }

    private static String query(AuditLog.Filter filter, String since) {
        var uri = UriBuilder.fromPath("");
        uri.queryParam("since", "{s}");
        var values = new ArrayList<Object>(List.of(since));
        for (var pair :
                new @Nullable String[][] {
                    {"actor", filter.actor()},
                    {"action", filter.action()},
                    {"resource", filter.resource()},
                    {"outcome", filter.outcome()}
                }) {
            if (pair[1] != null) {
                uri.queryParam(pair[0], "{" + pair[0] + "}");
                values.add(pair[1]);
            }
        }
        return uri.build(values.toArray()).toString();
    }

    @POST
    @Path("verification")
    public TemplateInstance verify() throws SQLException {
        return Templates.audit$verdict(AuditChain.verify(database, keys, null));
    }
}
