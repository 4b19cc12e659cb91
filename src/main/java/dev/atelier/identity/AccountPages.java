package dev.atelier.identity;

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
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One's own account: roles and teams, password, sessions, access tokens. */
@Path("/account")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "one's own account")
public class AccountPages {

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance account(View view);
    }

    /** A permission that a token may be limited to. */
    public record Scope(String id, String words) {}

    /**
     * What the page draws.
     *
     * @param issued a token made just now, the only time it is shown
     * @param connectable the sign-in provider's name, when this local account can be handed to it
     * @param fault why the last form was not taken
     */
    public record View(
            Subject subject,
            Account account,
            List<Sessions.Session> sessions,
            List<AccessTokens.AccessToken> tokens,
            List<Scope> scopes,
            boolean mayHold,
            @Nullable String connectable,
            AccessTokens.@Nullable Issued issued,
            @Nullable String fault) {}

    private final Accounts accounts;
    private final Sessions sessions;
    private final AccessTokens tokens;
    private final Provider provider;
    private final Caller caller;

    AccountPages(
            Accounts accounts,
            Sessions sessions,
            AccessTokens tokens,
            Provider provider,
            Caller caller) {
        this.accounts = accounts;
        this.sessions = sessions;
        this.tokens = tokens;
        this.provider = provider;
        this.caller = caller;
    }

    @GET
    public TemplateInstance account() {
        return Templates.account(view(null, null));
    }

    private View view(AccessTokens.@Nullable Issued issued, @Nullable String fault) {
        var subject = caller.signedIn();
        var account = accounts.get(subject.name());
        return new View(
                subject,
                account,
                sessions.of(subject.name()),
                tokens.of(subject.name()),
                Arrays.stream(Permission.values())
                        .filter(p -> caller.may(p))
                        .map(p -> new Scope(p.id(), p.words()))
                        .toList(),
                caller.may(Permission.TOKEN_HOLD),
                provider.configured()
                                && account.person()
                                && account.issuer() == null
                                && subject.session() != null
                        ? provider.name()
                        : null,
                issued,
                fault);
    }

    private Response refused(Invalid e) {
        return Response.status(422).entity(Templates.account(view(null, e.detail()))).build();
    }

    @POST
    @Path("password")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response password(
            @FormParam("old") @Nullable String old,
            @FormParam("password") @Nullable String password,
            @FormParam("again") @Nullable String again) {
        var subject = caller.signedIn();
        try {
            if (password == null || !password.equals(again)) {
                throw new Invalid("The two new passwords differ.");
            }
            accounts.changePassword(
                    accounts.get(subject.name()),
                    old == null ? "" : old,
                    password,
                    subject.session() == null ? -1 : subject.session());
        } catch (Invalid e) {
            return refused(e);
        }
        return Response.seeOther(URI.create("/account")).build();
    }

    /** Answers the page itself, not a redirect: the token is shown once and stored nowhere. */
    @Limited(Limit.TOKENS)
    @POST
    @Path("tokens")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Needs(Permission.TOKEN_HOLD)
    public Response issue(
            @FormParam("name") @Nullable String name,
            @FormParam("days") @Nullable Integer days,
            @FormParam("scope") List<String> scope,
            @FormParam("all") @Nullable String all) {
        var subject = caller.signedIn();
        try {
            var issued =
                    tokens.issue(
                            accounts.get(subject.name()),
                            name == null ? "" : name,
                            narrowed(subject, "on".equals(all) ? null : scope),
                            Duration.ofDays(days == null ? 30 : days),
                            subject.ref());
            return Response.ok(Templates.account(view(issued, null))).build();
        } catch (Invalid e) {
            return refused(e);
        }
    }

    /** A token made with a token may do no more than that one. */
    static @Nullable Set<Permission> narrowed(Subject subject, @Nullable List<String> ids) {
        if (ids == null) {
            return subject.scopes();
        }
        var scopes = new LinkedHashSet<Permission>();
        for (var id : ids) {
            var permission =
                    Permission.of(id)
                            .orElseThrow(
                                    () ->
                                            new Invalid(
                                                    "There is no permission \"" + id + "\".",
                                                    List.of(
                                                            new Invalid.Field(
                                                                    "scopes", "are unknown"))));
            if (subject.scopes() == null || subject.scopes().contains(permission)) {
                scopes.add(permission);
            }
        }
        return scopes;
    }

    @POST
    @Path("tokens/{id}/revocation")
    public Response revoke(@PathParam("id") long id) {
        var subject = caller.signedIn();
        tokens.revoke(subject.name(), id, subject.ref());
        return Response.seeOther(URI.create("/account#tokens")).build();
    }

    @POST
    @Path("sessions/{id}/end")
    public Response end(@PathParam("id") long id) {
        sessions.end(caller.signedIn(), id);
        return Response.seeOther(URI.create("/account#sessions")).build();
    }
}
