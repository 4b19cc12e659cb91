package dev.atelier.repositories;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Ago;
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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The list of repositories, and what their owners decide about each. */
@Path("/repositories")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.REPOSITORY_READ)
public class RepositoryPages {

    private static final int ROWS = 50;

    @CheckedTemplate(basePath = "repositories")
    static class Templates {
        static native TemplateInstance repositories(Listing page);

        static native TemplateInstance settings(RepositoryShell shell, Settings page);
    }

    /**
     * The list.
     *
     * @param more address of those that follow, null at the end
     * @param owners whom the caller may make one for; empty when nobody
     */
    public record Listing(
            String q,
            List<Row> rows,
            @Nullable String more,
            List<String> owners,
            @Nullable String fault,
            String wished,
            String described) {}

    /** A repository in the list. */
    public record Row(GitRepository repository, String owner, String active) {}

    public record Settings(List<String> branches, @Nullable String fault) {}

    private final Repositories repositories;
    private final RepositoryShells shells;
    private final Contents contents;
    private final Caller caller;
    private final Sight sight;

    RepositoryPages(
            Repositories repositories,
            RepositoryShells shells,
            Contents contents,
            Caller caller,
            Sight sight) {
        this.repositories = repositories;
        this.shells = shells;
        this.contents = contents;
        this.caller = caller;
        this.sight = sight;
    }

    @GET
    public TemplateInstance list(
            @RestQuery @Nullable String q, @RestQuery @Nullable Integer after) {
        return list(
                q == null ? "" : q.strip(), after == null ? 0 : Math.max(0, after), null, "", "");
    }

    private TemplateInstance list(
            String q, int after, @Nullable String fault, String wished, String described) {
        var found = repositories.listed(q, "", sight.blind().closed(), ROWS + 1, after);
        var shown = found.subList(0, Math.min(ROWS, found.size()));
        var names = shells.names(shown);
        var now = Instant.now();
        return Templates.repositories(
                new Listing(
                        q,
                        shown.stream()
                                .map(
                                        one ->
                                                new Row(
                                                        one,
                                                        names.getOrDefault(one.owner(), one.team()),
                                                        one.pushedAt() == null
                                                                ? "empty, made "
                                                                        + Ago.of(
                                                                                one.createdAt(),
                                                                                now)
                                                                : "pushed "
                                                                        + Ago.of(
                                                                                one.pushedAt(),
                                                                                now)))
                                .toList(),
                        found.size() > ROWS
                                ? "/repositories?after=%d&q=%s"
                                        .formatted(
                                                after + ROWS,
                                                URLEncoder.encode(q, StandardCharsets.UTF_8))
                                : null,
                        caller.may(Permission.REPOSITORY_CREATE) ? shells.owners() : List.of(),
                        fault,
                        wished,
                        described));
    }

    @Needs(Permission.REPOSITORY_CREATE)
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response create(
            @FormParam("name") @Nullable String name,
            @FormParam("owner") @Nullable String owner,
            @FormParam("description") @Nullable String description) {
        var chosen = owner == null || owner.isBlank() ? caller.entityRef() : owner.strip();
        var wished = name == null ? "" : name.strip();
        var described = description == null ? "" : description.strip();
        try {
            caller.requireAsOwner(
                    Permission.REPOSITORY_CREATE, Repositories.refOf(chosen, wished), chosen);
            return to(repositories.create(chosen, wished, described, caller.entityRef()).address());
        } catch (Invalid | Conflict e) {
            return Response.status(422).entity(list("", 0, e.detail(), wished, described)).build();
        }
    }

    private static Response to(String address) {
        return Response.seeOther(URI.create(address)).build();
    }

    @Needs(Permission.REPOSITORY_WRITE)
    @GET
    @Path("{team}/{repository}/settings")
    public TemplateInstance settings(
            @PathParam("team") String team, @PathParam("repository") String name) {
        return settings(shells.repository(Permission.REPOSITORY_WRITE, team, name), null);
    }

    private TemplateInstance settings(GitRepository repository, @Nullable String fault) {
        return Templates.settings(
                shells.shell(repository, "settings"),
                new Settings(contents.branches(repository), fault));
    }

    @Needs(Permission.REPOSITORY_WRITE)
    @POST
    @Path("{team}/{repository}/settings")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response change(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @FormParam("description") @Nullable String description,
            @FormParam("branch") @Nullable String branch) {
        var repository = shells.repository(Permission.REPOSITORY_WRITE, team, name);
        try {
            if (description != null && !description.strip().equals(repository.description())) {
                repository = repositories.describe(repository, description);
            }
            if (branch != null && !branch.equals(repository.defaultBranch())) {
                repositories.setDefaultBranch(repository, branch);
            }
        } catch (Invalid e) {
            return Response.status(422).entity(settings(repository, e.detail())).build();
        }
        return to(repository.address() + "/settings");
    }

    @Needs(Permission.REPOSITORY_DELETE)
    @POST
    @Path("{team}/{repository}/deletion")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response delete(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @FormParam("typed") @Nullable String typed) {
        var repository = shells.repository(Permission.REPOSITORY_DELETE, team, name);
        if (!repository.fullName().equals(typed == null ? "" : typed.strip())) {
            return Response.status(422)
                    .entity(
                            settings(
                                    repository,
                                    "Type %s to delete it.".formatted(repository.fullName())))
                    .build();
        }
        repositories.delete(repository);
        return to("/repositories");
    }
}
