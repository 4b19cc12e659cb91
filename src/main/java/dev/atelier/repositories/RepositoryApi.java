package dev.atelier.repositories;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Repositories as JSON. */
@Path("/api/v1/repositories")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.REPOSITORY_READ)
public class RepositoryApi {

    private static final int MOST = 200;

    /**
     * A repository as it is answered.
     *
     * @param cloneUrl what {@code git clone} is told
     * @param pushedAt left out while it is empty
     */
    public record Answer(
            String team,
            String name,
            String owner,
            String description,
            String defaultBranch,
            String cloneUrl,
            Instant createdAt,
            String createdBy,
            @com.fasterxml.jackson.annotation.JsonInclude(
                            com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL)
                    @Nullable Instant pushedAt) {}

    /**
     * What is to be made.
     *
     * @param owner reference of a team or person, say {@code group:default/vision}; left out for
     *     the caller
     */
    public record Wish(
            @Nullable String owner, @Nullable String name, @Nullable String description) {}

    private final Repositories repositories;
    private final Caller caller;
    private final Sight sight;
    private final RoutingContext request;

    RepositoryApi(Repositories repositories, Caller caller, Sight sight, RoutingContext request) {
        this.repositories = repositories;
        this.caller = caller;
        this.sight = sight;
        this.request = request;
    }

    private Answer answer(GitRepository one) {
        return new Answer(
                one.team(),
                one.name(),
                one.owner(),
                one.description(),
                one.defaultBranch(),
                repositories.url(one, request).toString(),
                one.createdAt(),
                one.createdBy(),
                one.pushedAt());
    }

    /** The latest pushed to first; {@code q} is looked for in names and descriptions. */
    @GET
    public List<Answer> list(
            @RestQuery @Nullable String q,
            @RestQuery @Nullable String team,
            @RestQuery @Nullable Integer after) {
        return repositories
                .listed(
                        q == null ? "" : q.strip(),
                        team == null ? "" : team.strip(),
                        sight.blind().closed(),
                        MOST,
                        after == null ? 0 : Math.max(0, after))
                .stream()
                .map(this::answer)
                .toList();
    }

    @Needs(Permission.REPOSITORY_CREATE)
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response create(@Nullable Wish wish) {
        if (wish == null || wish.name == null) {
            throw new Invalid(
                    "Say what it shall be called.",
                    List.of(new Invalid.Field("name", "is missing")));
        }
        var owner =
                wish.owner == null || wish.owner.isBlank()
                        ? caller.entityRef()
                        : wish.owner.strip();
        caller.requireAsOwner(
                Permission.REPOSITORY_CREATE, Repositories.refOf(owner, wish.name), owner);
        var made =
                repositories.create(
                        owner,
                        wish.name,
                        wish.description == null ? "" : wish.description,
                        caller.entityRef());
        return Response.created(URI.create("/api/v1" + made.address()))
                .entity(answer(made))
                .build();
    }

    private GitRepository allowed(Permission permission, String team, String name) {
        var repository = repositories.get(team, name);
        caller.require(Permission.REPOSITORY_READ, repository.ref());
        if (permission != Permission.REPOSITORY_READ) {
            caller.require(permission, repository.ref());
        }
        return repository;
    }

    @GET
    @Path("/{team}/{repository}")
    public Answer show(@PathParam("team") String team, @PathParam("repository") String name) {
        return answer(allowed(Permission.REPOSITORY_READ, team, name));
    }

    /** For good, with all of its history. */
    @Needs(Permission.REPOSITORY_DELETE)
    @DELETE
    @Path("/{team}/{repository}")
    public void delete(@PathParam("team") String team, @PathParam("repository") String name) {
        repositories.delete(allowed(Permission.REPOSITORY_DELETE, team, name));
    }
}
