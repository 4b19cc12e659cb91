package dev.atelier.sharing;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.repositories.RepositoryShell;
import dev.atelier.repositories.RepositoryShells;
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

/** The tab of a repository where one reads, and its owner decides, who may see it and push. */
@Path("/repositories/{team}/{repository}/access")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.REPOSITORY_READ)
public class RepositorySharingPages {

    @CheckedTemplate(basePath = "sharing")
    static class Templates {
        static native TemplateInstance repository(
                RepositoryShell shell,
                Sharing.View view,
                List<Resource.Visibility> visibilities,
                List<Use> uses,
                @Nullable String fault);
    }

    private final RepositoryShells shells;
    private final Sharing sharing;
    private final Policies policies;
    private final Holders holders;

    RepositorySharingPages(
            RepositoryShells shells, Sharing sharing, Policies policies, Holders holders) {
        this.shells = shells;
        this.sharing = sharing;
        this.policies = policies;
        this.holders = holders;
    }

    @GET
    public TemplateInstance access(
            @PathParam("team") String team, @PathParam("repository") String name) {
        return page(team, name, null);
    }

    private TemplateInstance page(String team, String name, @Nullable String fault) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        return Templates.repository(
                shells.shell(repository, "access"),
                sharing.view(repository.ref()),
                Arrays.asList(Resource.Visibility.values()),
                Use.of(Thing.REPOSITORY),
                fault);
    }

    /** Of one whose sharing the caller decides. */
    private String decided(String team, String name) {
        return shells.repository(Permission.MODEL_SHARE, team, name).ref();
    }

    @Needs(Permission.MODEL_SHARE)
    @POST
    @Path("visibility")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response show(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @FormParam("visibility") @Nullable String visibility) {
        policies.show(decided(team, name), SharingPages.visibility(visibility));
        return back(team, name);
    }

    @Needs(Permission.MODEL_SHARE)
    @POST
    @Path("grants")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response grant(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @FormParam("holder") @Nullable String holder,
            @FormParam("use") @Nullable String use,
            @FormParam("until") @Nullable String until,
            @FormParam("reason") @Nullable String reason) {
        var ref = decided(team, name);
        try {
            policies.grant(
                    ref,
                    holders.named(holder == null ? "" : holder),
                    Use.of(Thing.REPOSITORY, use).permissions(),
                    reason == null ? "" : reason.strip(),
                    SharingPages.endOf(until));
        } catch (Invalid e) {
            return Response.status(422).entity(page(team, name, e.detail())).build();
        }
        return back(team, name);
    }

    @Needs(Permission.MODEL_SHARE)
    @POST
    @Path("revocation")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response revoke(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @FormParam("holder") @Nullable String holder) {
        policies.revoke(decided(team, name), holder == null ? "" : holder);
        return back(team, name);
    }

    private static Response back(String team, String name) {
        return Response.seeOther(URI.create("/repositories/%s/%s/access#who".formatted(team, name)))
                .build();
    }
}
