package dev.atelier.sharing;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import dev.atelier.platform.problems.Invalid;
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
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Who may use a model, for programs; see {@link ExperimentSharingApi} for experiments. */
@Path("/api/v1/models/{name}/access")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Access")
public class SharingApi {

    /**
     * Who may do what with a model or an experiment.
     *
     * @param visibility {@code company}, {@code team} or {@code restricted}
     * @param youMay permissions of the caller on it
     * @param grants only for whoever may share it
     */
    public record Standing(
            String resource,
            @Nullable String owner,
            String visibility,
            List<String> youMay,
            List<Grant> grants) {

        static Standing of(Sharing.Standing standing) {
            return new Standing(
                    standing.resource(),
                    standing.owner(),
                    standing.visibility().id(),
                    standing.youMay().stream().map(Permission::id).toList(),
                    standing.shares().stream()
                            .map(
                                    share ->
                                            new Grant(
                                                    share.holder(),
                                                    ids(share.permissions()),
                                                    share.reason(),
                                                    share.until(),
                                                    share.grantedAt(),
                                                    share.grantedBy()))
                            .toList());
        }
    }

    /** What a holder was allowed; {@code until} is left out when it does not end. */
    public record Grant(
            String holder,
            Set<String> permissions,
            String reason,
            @Nullable Instant until,
            Instant grantedAt,
            String grantedBy) {}

    public record Shown(@Nullable String visibility) {}

    /**
     * @param holder reference or name of a person, program or team
     * @param use of a model see, try, call, download or change; of an experiment follow or record
     */
    public record Wish(
            @Nullable String holder,
            @Nullable String use,
            @Nullable String reason,
            @Nullable Instant until) {

        static Wish of(@Nullable Wish sent) {
            if (sent == null) {
                throw new Invalid("Send {\"holder\": …, \"use\": …}.");
            }
            return sent;
        }

        void grant(String ref, Policies policies, Holders holders) {
            policies.grant(
                    ref,
                    holders.named(holder == null ? "" : holder),
                    Use.of(Thing.of(ref), use).permissions(),
                    reason == null ? "" : reason.strip(),
                    until);
        }
    }

    private final Sharing sharing;
    private final Policies policies;
    private final Holders holders;

    SharingApi(Sharing sharing, Policies policies, Holders holders) {
        this.sharing = sharing;
        this.policies = policies;
        this.holders = holders;
    }

    static Set<String> ids(Set<Permission> permissions) {
        return permissions.stream()
                .map(Permission::id)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Needs(value = Permission.MODEL_READ, model = "name")
    @GET
    public Standing access(@PathParam("name") String name) {
        return Standing.of(sharing.standing(sharing.existing(name)));
    }

    @Needs(value = Permission.MODEL_SHARE, model = "name")
    @PUT
    @Path("visibility")
    public void show(@PathParam("name") String name, @Nullable Shown wish) {
        policies.show(
                sharing.existing(name),
                SharingPages.visibility(wish == null ? null : wish.visibility()));
    }

    @Needs(value = Permission.MODEL_SHARE, model = "name")
    @POST
    @Path("grants")
    public void grant(@PathParam("name") String name, @Nullable Wish wish) {
        Wish.of(wish).grant(sharing.existing(name), policies, holders);
    }

    @Needs(value = Permission.MODEL_SHARE, model = "name")
    @DELETE
    @Path("grants")
    public void revoke(
            @PathParam("name") String name, @QueryParam("holder") @Nullable String holder) {
        policies.revoke(sharing.existing(name), holder == null ? "" : holder);
    }
}
