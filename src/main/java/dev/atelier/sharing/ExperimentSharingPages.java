package dev.atelier.sharing;

import dev.atelier.experiments.ExperimentShell;
import dev.atelier.experiments.ExperimentShells;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tab of an experiment where one reads, and its owner decides, who may see it and record. */
@Path("/experiments/{experiment}/access")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class ExperimentSharingPages {

    @CheckedTemplate(basePath = "sharing")
    static class Templates {
        static native TemplateInstance experiment(
                ExperimentShell shell,
                Sharing.View view,
                List<Resource.Visibility> visibilities,
                List<Use> uses,
                @Nullable String fault);
    }

    private final ExperimentShells shells;
    private final Sharing sharing;
    private final Policies policies;
    private final Holders holders;

    ExperimentSharingPages(
            ExperimentShells shells, Sharing sharing, Policies policies, Holders holders) {
        this.shells = shells;
        this.sharing = sharing;
        this.policies = policies;
        this.holders = holders;
    }

    @GET
    public TemplateInstance access(@PathParam("experiment") String id) {
        return page(id, null);
    }

    private TemplateInstance page(String id, @Nullable String fault) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        return Templates.experiment(
                shells.shell(experiment, "access"),
                sharing.view(experiment.ref()),
                Arrays.asList(Resource.Visibility.values()),
                Use.of(Thing.EXPERIMENT),
                fault);
    }

    /** Of one whose sharing the caller decides. */
    private String decided(String id) {
        return shells.experiment(id, Permission.EXPERIMENT_SHARE).ref();
    }

    @Needs(Permission.EXPERIMENT_SHARE)
    @POST
    @Path("visibility")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response show(
            @PathParam("experiment") String id,
            @FormParam("visibility") @Nullable String visibility) {
        policies.show(decided(id), SharingPages.visibility(visibility));
        return back(id);
    }

    @Needs(Permission.EXPERIMENT_SHARE)
    @POST
    @Path("grants")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response grant(
            @PathParam("experiment") String id,
            @FormParam("holder") @Nullable String holder,
            @FormParam("use") @Nullable String use,
            @FormParam("until") @Nullable String until,
            @FormParam("reason") @Nullable String reason) {
        var ref = decided(id);
        try {
            policies.grant(
                    ref,
                    holders.named(holder == null ? "" : holder),
                    Use.of(Thing.EXPERIMENT, use).permissions(),
                    reason == null ? "" : reason.strip(),
                    SharingPages.endOf(until));
        } catch (Invalid e) {
            return Response.status(422).entity(page(id, e.detail())).build();
        }
        return back(id);
    }

    @Needs(Permission.EXPERIMENT_SHARE)
    @POST
    @Path("revocation")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response revoke(
            @PathParam("experiment") String id, @FormParam("holder") @Nullable String holder) {
        policies.revoke(decided(id), holder == null ? "" : holder);
        return back(id);
    }

    private static Response back(String id) {
        return Response.seeOther(URI.create("/experiments/%s/access#who".formatted(id))).build();
    }
}
