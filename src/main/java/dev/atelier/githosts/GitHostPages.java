package dev.atelier.githosts;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;

/** Git hosts for administrators: which there are, and the tokens that the portal has there. */
@Path("/admin/git-hosts")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CONNECTION_MANAGE)
public class GitHostPages {

    @CheckedTemplate(basePath = "githosts")
    static class Templates {
        static native TemplateInstance hosts(View view);
    }

    /**
     * @param trial of the host that was just asked
     * @param fault why nothing was changed
     */
    public record View(
            List<HostConnections.Connection> hosts,
            HostConnections.@Nullable Trial trial,
            @Nullable String fault) {}

    private final HostConnections connections;

    GitHostPages(HostConnections connections) {
        this.connections = connections;
    }

    @GET
    public TemplateInstance hosts() {
        return page(null, null);
    }

    private TemplateInstance page(HostConnections.@Nullable Trial trial, @Nullable String fault) {
        return Templates.hosts(new View(connections.all(), trial, fault));
    }

    /** Keeps a token, and asks the host at once whether it is good. */
    @Limited(Limit.REQUESTS)
    @POST
    @Path("{name}/token")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response keep(@PathParam("name") String name, @RestForm @Nullable String token) {
        try {
            connections.keep(name, token == null ? "" : token);
        } catch (Invalid e) {
            return Response.status(422).entity(page(null, e.detail())).build();
        }
        return Response.ok(page(connections.trial(name), null)).build();
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Path("{name}/trial")
    public TemplateInstance trial(@PathParam("name") String name) {
        return page(connections.trial(name), null);
    }

    @POST
    @Path("{name}/removal")
    public Response drop(@PathParam("name") String name) {
        connections.drop(name);
        return Response.seeOther(URI.create("/admin/git-hosts")).build();
    }
}
