package dev.atelier.identity;

import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Administration of people and programs: accounts, their roles and teams, links and tokens. */
@Path("/admin/people")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.ACCESS_MANAGE)
public class PeoplePages {

    private static final Pattern TEAM =
            Pattern.compile("group:[a-z0-9][a-z0-9_.-]{0,62}/[a-z0-9][a-z0-9_.-]{0,62}");

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance people(PeopleView view);
    }

    /**
     * People and programs.
     *
     * @param link a one-time link made just now, for that account
     */
    public record PeopleView(
            List<Person> people,
            List<Role> roles,
            @Nullable String invited,
            @Nullable String link,
            AccessTokens.@Nullable Issued issued,
            @Nullable String fault) {}

    public record Person(
            Account account, List<Roles.Assignment> roles, List<String> teams, boolean self) {}

    private final Accounts accounts;
    private final AccessTokens tokens;
    private final Roles roles;
    private final Subjects subjects;
    private final Caller caller;

    PeoplePages(
            Accounts accounts, AccessTokens tokens, Roles roles, Subjects subjects, Caller caller) {
        this.accounts = accounts;
        this.tokens = tokens;
        this.roles = roles;
        this.subjects = subjects;
        this.caller = caller;
    }

    @GET
    public TemplateInstance people() {
        return Templates.people(people(null, null, null, null));
    }

    private PeopleView people(
            @Nullable String invited,
            @Nullable String link,
            AccessTokens.@Nullable Issued issued,
            @Nullable String fault) {
        var assignments = roles.all();
        var self = caller.entityRef();
        return new PeopleView(
                accounts.all().stream()
                        .map(
                                account ->
                                        new Person(
                                                account,
                                                assignments.stream()
                                                        .filter(
                                                                a ->
                                                                        a.holder()
                                                                                .equals(
                                                                                        account
                                                                                                .ref()))
                                                        .toList(),
                                                accounts.teams(account).stream().sorted().toList(),
                                                account.ref().equals(self)))
                        .toList(),
                List.of(Role.values()),
                invited,
                link,
                issued,
                fault);
    }

    private Response refused(Problem e) {
        return Response.status(422)
                .entity(Templates.people(people(null, null, null, e.detail())))
                .build();
    }

    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response create(
            @FormParam("name") @Nullable String name,
            @FormParam("display") @Nullable String display,
            @FormParam("kind") @Nullable String kind,
            @FormParam("owner") @Nullable String owner,
            @FormParam("role") @Nullable String role,
            @Context UriInfo uri) {
        try {
            var by = caller.entityRef();
            var service = "service".equals(kind);
            var chosen = role == null || role.isBlank() ? null : AccessPages.role(role);
            var account =
                    accounts.create(
                            name == null ? "" : name.strip().toLowerCase(Locale.ROOT),
                            service ? Account.Kind.SERVICE : Account.Kind.PERSON,
                            display,
                            owner == null || owner.isBlank() ? by : owner.strip(),
                            by);
            if (chosen != null) {
                roles.assign(account.ref(), chosen, null, by);
            }
            return service
                    ? Response.seeOther(URI.create("/admin/people#" + account.name())).build()
                    : link(account.name(), uri);
        } catch (Invalid | Conflict e) {
            return refused(e);
        }
    }

    /** Answers the page itself: the link is shown once. */
    @POST
    @Path("{name}/link")
    public Response link(@PathParam("name") String name, @Context UriInfo uri) {
        try {
            var code = accounts.invite(name, caller.entityRef());
            return Response.ok(
                            Templates.people(
                                    people(
                                            name,
                                            uri.getBaseUri().resolve("/welcome#" + code).toString(),
                                            null,
                                            null)))
                    .header("Cache-Control", "no-store")
                    .build();
        } catch (Conflict e) {
            return refused(e);
        }
    }

    /** A token for a program, shown once. */
    @POST
    @Path("{name}/tokens")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response token(
            @PathParam("name") String name,
            @FormParam("token") @Nullable String token,
            @FormParam("days") @Nullable Integer days) {
        try {
            var account = accounts.get(name);
            if (account.person()) {
                throw new Conflict("People make their own tokens, on their account page.");
            }
            var issued =
                    tokens.issue(
                            account,
                            token == null ? "" : token,
                            null,
                            Duration.ofDays(days == null ? 90 : days),
                            caller.entityRef());
            return Response.ok(Templates.people(people(null, null, issued, null)))
                    .header("Cache-Control", "no-store")
                    .build();
        } catch (Invalid | Conflict e) {
            return refused(e);
        }
    }

    @POST
    @Path("{name}/state")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response disable(
            @PathParam("name") String name,
            @FormParam("disabled") @DefaultValue("true") boolean off) {
        try {
            accounts.disable(name, off, caller.entityRef());
            return Response.seeOther(URI.create("/admin/people#" + accounts.get(name).name()))
                    .build();
        } catch (Conflict e) {
            return refused(e);
        }
    }

    @POST
    @Path("{name}/roles")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response assign(
            @PathParam("name") String name,
            @FormParam("role") @Nullable String role,
            @FormParam("team") @Nullable String team) {
        var account = accounts.get(name);
        roles.assign(
                account.ref(),
                AccessPages.role(role),
                team == null || team.isBlank() ? null : team(team),
                caller.entityRef());
        subjects.forget();
        return Response.seeOther(URI.create("/admin/people#" + account.name())).build();
    }

    private static String team(String text) {
        var given = text.strip().toLowerCase(Locale.ROOT);
        var ref = given.contains(":") ? given : "group:default/" + given;
        if (!TEAM.matcher(ref).matches()) {
            throw new Invalid(
                    "A team is the name of a group, or a reference such as group:default/vision.",
                    List.of(new Invalid.Field("team", "is no group")));
        }
        return ref;
    }

    @POST
    @Path("roles/{id}/withdrawal")
    public Response withdraw(@PathParam("id") long id) {
        try {
            roles.withdraw(id);
        } catch (Conflict e) {
            return refused(e);
        } finally {
            subjects.forget();
        }
        return Response.seeOther(URI.create("/admin/people")).build();
    }

    @POST
    @Path("{name}/teams")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response member(
            @PathParam("name") String name,
            @FormParam("team") @Nullable String team,
            @FormParam("leave") @DefaultValue("false") boolean leave) {
        if (team == null || team.isBlank()) {
            return refused(new Invalid("Name the team."));
        }
        accounts.setMember(name, team(team), !leave, caller.entityRef());
        return Response.seeOther(URI.create("/admin/people#" + accounts.get(name).name())).build();
    }

    @POST
    @Path("{name}/tokens/{id}/revocation")
    public Response revoke(@PathParam("name") String name, @PathParam("id") long id) {
        tokens.revoke(name, id, caller.entityRef());
        return Response.seeOther(URI.create("/admin/access#tokens")).build();
    }
}
