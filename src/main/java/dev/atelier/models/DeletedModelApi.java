package dev.atelier.models;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** Models that were deleted and can be restored, for programs. */
@Path("/api/v1/deleted-models")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.MODEL_REGISTER)
public class DeletedModelApi {

    private final ModelDeletion deletion;

    DeletedModelApi(ModelDeletion deletion) {
        this.deletion = deletion;
    }

    /** Those that the caller may restore, the newest first. */
    @GET
    public List<ModelDeletion.Deleted> list() {
        return deletion.mine();
    }

    @POST
    @Path("/{id}/restoration")
    public Model restore(@PathParam("id") String id) {
        return deletion.restore(id);
    }
}
