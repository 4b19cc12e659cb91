package dev.atelier.sharing;

import dev.atelier.experiments.ExperimentShells;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Who may see an experiment and record in it, for programs; the same as for models. */
@Path("/api/v1/experiments/{experiment}/access")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Access")
public class ExperimentSharingApi {

    private final ExperimentShells experiments;
    private final Sharing sharing;
    private final Policies policies;
    private final Holders holders;

    ExperimentSharingApi(
            ExperimentShells experiments, Sharing sharing, Policies policies, Holders holders) {
        this.experiments = experiments;
        this.sharing = sharing;
        this.policies = policies;
        this.holders = holders;
    }

    @Needs(Permission.EXPERIMENT_READ)
    @GET
    public SharingApi.Standing access(@PathParam("experiment") String id) {
        return SharingApi.Standing.of(
                sharing.standing(experiments.experiment(id, Permission.EXPERIMENT_READ).ref()));
    }

    /** Of one whose sharing the caller decides. */
    private String decided(String id) {
        return experiments.experiment(id, Permission.EXPERIMENT_SHARE).ref();
    }

    @Needs(Permission.EXPERIMENT_SHARE)
    @PUT
    @Path("visibility")
    public void show(@PathParam("experiment") String id, SharingApi.@Nullable Shown wish) {
        policies.show(
                decided(id), SharingPages.visibility(wish == null ? null : wish.visibility()));
    }

    @Needs(Permission.EXPERIMENT_SHARE)
    @POST
    @Path("grants")
    public void grant(@PathParam("experiment") String id, SharingApi.@Nullable Wish wish) {
        SharingApi.Wish.of(wish).grant(decided(id), policies, holders);
    }

    @Needs(Permission.EXPERIMENT_SHARE)
    @DELETE
    @Path("grants")
    public void revoke(
            @PathParam("experiment") String id, @QueryParam("holder") @Nullable String holder) {
        policies.revoke(decided(id), holder == null ? "" : holder);
    }
}
