package dev.atelier.models;

import dev.atelier.experiments.Purge;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Models that were deleted and can be restored. */
@Path("/deleted-models")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.MODEL_REGISTER)
public class DeletedModelPages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance deleted(
                List<ModelDeletion.Deleted> models, long days, @Nullable String fault);
    }

    private final ModelDeletion deletion;
    private final Purge purge;

    DeletedModelPages(ModelDeletion deletion, Purge purge) {
        this.deletion = deletion;
        this.purge = purge;
    }

    @GET
    public TemplateInstance list() {
        return page(null);
    }

    private TemplateInstance page(@Nullable String fault) {
        return Templates.deleted(deletion.mine(), purge.patience().toDays(), fault);
    }

    @POST
    @Path("{id}/restoration")
    public Response restore(@PathParam("id") String id) {
        try {
            var model = deletion.restore(id);
            return Response.seeOther(URI.create("/models/" + model.name() + "/versions")).build();
        } catch (Conflict e) {
            return Response.status(422).entity(page(e.detail())).build();
        }
    }
}
