package dev.atelier.identity;

import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One's own account for programs. */
@Path("/api/v1/account")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "one's own account")
public class AccountApi {

    /** Who the token or session stands for, and what it may do. */
    public record Me(
            String ref,
            String name,
            String displayName,
            List<String> roles,
            List<String> teams,
            List<String> permissions) {}

    /**
     * A token somebody wants.
     *
     * @param days how long it lasts; 30 when left out
     * @param scopes permissions it is limited to; null means all of the account
     */
    public record TokenWish(
            @Nullable String name, @Nullable Integer days, @Nullable List<String> scopes) {}

    private final Accounts accounts;
    private final AccessTokens tokens;
    private final Caller caller;

    AccountApi(Accounts accounts, AccessTokens tokens, Caller caller) {
        this.accounts = accounts;
        this.tokens = tokens;
        this.caller = caller;
    }

    @GET
    public Me me() {
        var subject = caller.signedIn();
        return new Me(
                subject.ref(),
                subject.name(),
                subject.displayName(),
                subject.roles().stream()
                        .map(
                                held ->
                                        held.role().id()
                                                + (held.team() == null ? "" : "@" + held.team()))
                        .distinct()
                        .sorted()
                        .toList(),
                subject.teams().stream().sorted().toList(),
                java.util.Arrays.stream(Permission.values())
                        .filter(caller::may)
                        .map(Permission::id)
                        .toList());
    }

    @GET
    @Path("tokens")
    public List<AccessTokens.AccessToken> tokens() {
        return tokens.of(caller.signedIn().name());
    }

    /** Answers {@code {"token": …, "secret": "atl_…"}}; the secret is shown this once. */
    @Limited(Limit.TOKENS)
    @POST
    @Path("tokens")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Permission.TOKEN_HOLD)
    public Response issue(@Nullable TokenWish wish) {
        if (wish == null) {
            throw new Invalid("Send a JSON object with the token's name.");
        }
        var subject = caller.signedIn();
        var issued =
                tokens.issue(
                        accounts.get(subject.name()),
                        wish.name() == null ? "" : wish.name(),
                        AccountPages.narrowed(subject, wish.scopes()),
                        Duration.ofDays(wish.days() == null ? 30 : wish.days()),
                        subject.ref());
        return Response.created(URI.create("/api/v1/account/tokens/" + issued.token().id()))
                .entity(Map.of("token", issued.token(), "secret", issued.secret()))
                .build();
    }

    @DELETE
    @Path("tokens/{id}")
    public void revoke(@PathParam("id") long id) {
        var subject = caller.signedIn();
        tokens.revoke(subject.name(), id, subject.ref());
    }
}
