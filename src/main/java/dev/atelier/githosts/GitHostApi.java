package dev.atelier.githosts;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/**
 * Git hosts and the portal's tokens there, for programs. A token that is kept is never given out.
 */
@Path("/api/v1/git-hosts")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.CONNECTION_MANAGE)
@Tag(name = "Git hosts")
public class GitHostApi {

    /** A token for a host. */
    public record Kept(@Nullable String token) {}

    private final HostConnections connections;

    GitHostApi(HostConnections connections) {
        this.connections = connections;
    }

    @GET
    @Operation(summary = "The Git hosts of the settings, and where their tokens are")
    public List<HostConnections.Connection> hosts() {
        return connections.all();
    }

    @PUT
    @Path("{name}/token")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Keep a token for a host, encrypted, in place of the one before")
    public void keep(@PathParam("name") String name, @Nullable Kept kept) {
        connections.keep(name, kept == null || kept.token == null ? "" : kept.token);
    }

    @DELETE
    @Path("{name}/token")
    @Operation(summary = "Forget the token that is kept for a host")
    public void drop(@PathParam("name") String name) {
        connections.drop(name);
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Path("{name}/trial")
    @Operation(summary = "Ask a host whom the portal's token may publish for")
    public HostConnections.Trial trial(@PathParam("name") String name) {
        return connections.trial(name);
    }
}
