package dev.atelier.models;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.net.URI;

/** Buttons that take a version away and bring it back. */
@Path("/models/{model}/versions/{version}")
@RunOnVirtualThread
@Needs(value = Permission.MODEL_REGISTER, model = "model")
public class DeletionPages {

    private final Models models;
    private final Versions versions;
    private final Deletion deletion;

    DeletionPages(Models models, Versions versions, Deletion deletion) {
        this.models = models;
        this.versions = versions;
        this.deletion = deletion;
    }

    @POST
    @Path("/deletion")
    public Response delete(@PathParam("model") String name, @PathParam("version") String version) {
        deletion.delete(versions.find(name, version));
        return list(name);
    }

    @POST
    @Path("/restoration")
    public Response restore(@PathParam("model") String name, @PathParam("version") int version) {
        deletion.restore(models.get(name), version);
        return list(name);
    }

    private Response list(String name) {
        return Response.seeOther(URI.create("/models/" + models.get(name).name() + "/versions"))
                .build();
    }
}
