package dev.atelier.identity;

import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
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
     * @param q what was searched for
     * @param total how many match
     * @param shown which of them are on this page: {@code 51 to 100}
     * @param before address of the page before this one, null on the first
     * @param after address of the page after this one, null on the last
     * @param said what came of the last form
     */
    public record PeopleView(
            String q,
            List<Person> people,
            int total,
            String shown,
            @Nullable String before,
            @Nullable String after,
            List<Role> roles,
            Said said) {}

    /**
     * What came of a form.
     *
     * @param link a one-time link made just now, for that account
     * @param issued a token made just now
     * @param fault why nothing was changed
     */
    public record Said(
            @Nullable String invited,
            @Nullable String link,
            AccessTokens.@Nullable Issued issued,
            @Nullable String fault) {
        static final Said NOTHING = new Said(null, null, null, null);
    }

    public record Person(
            Account account, List<Roles.Assignment> roles, List<String> teams, boolean self) {}

    private final Accounts accounts;
    private final AccessTokens tokens;
    private final Roles roles;
    private final Subjects subjects;
    private final PublicAddress address;
    private final Caller caller;
    private final RoutingContext context;

    PeoplePages(
            Accounts accounts,
            AccessTokens tokens,
            Roles roles,
            Subjects subjects,
            PublicAddress address,
            Caller caller,
            RoutingContext context) {
        this.accounts = accounts;
        this.tokens = tokens;
        this.roles = roles;
        this.subjects = subjects;
        this.address = address;
        this.caller = caller;
        this.context = context;
    }

    @GET
    public TemplateInstance people(
            @QueryParam("q") @DefaultValue("") String q,
            @QueryParam("page") @DefaultValue("1") int page) {
        return Templates.people(view(accounts.page(q, page), q, Said.NOTHING));
    }

    private PeopleView view(Accounts.Page page, String q, Said said) {
        var found = page.accounts();
        var given =
                roles.of(found.stream().map(Account::ref).toList()).stream()
                        .collect(Collectors.groupingBy(Roles.Assignment::holder));
        var self = caller.entityRef();
        var people = new ArrayList<Person>();
        var all = subjects.of(found);
        for (int i = 0; i < all.size(); i++) {
            people.add(
                    new Person(
                            found.get(i),
                            given.getOrDefault(all.get(i).ref(), List.of()),
                            all.get(i).teams().stream().sorted().toList(),
                            all.get(i).ref().equals(self)));
        }
        int passed = (page.number() - 1) * Accounts.PAGE;
        int end = passed + people.size();
        return new PeopleView(
                q,
                people,
                page.total(),
                "%d to %d".formatted(passed + 1, end),
                page.number() > 1 ? list(q, page.number() - 1) : null,
                end < page.total() ? list(q, page.number() + 1) : null,
                List.of(Role.values()),
                said);
    }

    private static String list(String q, int page) {
        return UriBuilder.fromPath("/admin/people")
                .queryParam("q", "{q}")
                .queryParam("page", page)
                .build(q)
                .toString();
    }

    /** The page with what came of a form, not a redirect: links and tokens are shown once. */
    private Response answer(int status, @Nullable Account about, Said said) {
        var page = accounts.page("", about == null ? 1 : accounts.pageOf(about));
        return Response.status(status)
                .type(MediaType.TEXT_HTML_TYPE)
                .entity(Templates.people(view(page, "", said)))
                .build();
    }

    private Response back(Account account) {
        return Response.seeOther(
                        URI.create(
                                "/admin/people?page="
                                        + accounts.pageOf(account)
                                        + "#"
                                        + account.name()))
                .build();
    }

    @ServerExceptionMapper({Invalid.class, Conflict.class})
    public Response refused(Problem e) {
        return answer(422, null, new Said(null, null, null, e.detail()));
    }

    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response create(
            @FormParam("name") @Nullable String name,
            @FormParam("display") @Nullable String display,
            @FormParam("kind") @Nullable String kind,
            @FormParam("owner") @Nullable String owner,
            @FormParam("role") @Nullable String role) {
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
        return service ? back(account) : link(account.name());
    }

    @Limited(Limit.TOKENS)
    @POST
    @Path("{name}/link")
    public Response link(@PathParam("name") String name) {
        var account = accounts.get(name);
        var code = accounts.invite(name, caller.entityRef());
        var link = address.of(context, "/welcome#" + code).toString();
        return answer(200, account, new Said(name, link, null, null));
    }

    /** A token for a program. */
    @Limited(Limit.TOKENS)
    @POST
    @Path("{name}/tokens")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response token(
            @PathParam("name") String name,
            @FormParam("token") @Nullable String token,
            @FormParam("days") @Nullable Integer days) {
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
        return answer(200, account, new Said(null, null, issued, null));
    }

    @POST
    @Path("{name}/state")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response disable(
            @PathParam("name") String name,
            @FormParam("disabled") @DefaultValue("true") boolean off) {
        accounts.disable(name, off, caller.entityRef());
        return back(accounts.get(name));
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
        return back(account);
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
        var holder = roles.withdraw(id);
        return accounts.find(holder.substring(holder.indexOf('/') + 1))
                .filter(account -> account.ref().equals(holder))
                .map(this::back)
                .orElseGet(() -> Response.seeOther(URI.create("/admin/people")).build());
    }

    @POST
    @Path("{name}/teams")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response member(
            @PathParam("name") String name,
            @FormParam("team") @Nullable String team,
            @FormParam("leave") @DefaultValue("false") boolean leave) {
        if (team == null || team.isBlank()) {
            throw new Invalid("Name the team.");
        }
        accounts.setMember(name, team(team), !leave, caller.entityRef());
        return back(accounts.get(name));
    }

    @POST
    @Path("{name}/tokens/{id}/revocation")
    public Response revoke(@PathParam("name") String name, @PathParam("id") long id) {
        tokens.revoke(name, id, caller.entityRef());
        return Response.seeOther(URI.create("/admin/access#tokens")).build();
    }
}
