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
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Administration: what each role may do, who holds it, and why somebody may or may not. */
@Path("/admin/access")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.ACCESS_MANAGE)
public class AccessPages {

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance access(AccessView view);

        static native TemplateInstance access$answer(Answer answer);
    }

    /** A permission with what each role may: {@code all}, {@code own} or {@code no}. */
    public record Row(Permission permission, List<Cell> cells) {}

    public record Cell(Role role, String reach, String word, boolean fixed) {}

    /**
     * The answer to "may they, and why".
     *
     * @param yes people and programs that may, when it was asked who
     */
    public record Answer(
            @Nullable Decision decision, String sentence, List<String> yes, boolean asked) {}

    public record AccessView(
            List<Role> roles,
            List<Integer> heads,
            List<Row> rows,
            List<Roles.Assignment> assignments,
            List<AccessTokens.AccessToken> tokens,
            List<Account> accounts,
            List<Permission> permissions,
            @Nullable String who,
            @Nullable String what,
            @Nullable String on,
            Answer answer,
            @Nullable String fault) {}

    private final Accounts accounts;
    private final AccessTokens tokens;
    private final Roles roles;
    private final Access access;
    private final Subjects subjects;

    AccessPages(
            Accounts accounts, AccessTokens tokens, Roles roles, Access access, Subjects subjects) {
        this.accounts = accounts;
        this.tokens = tokens;
        this.roles = roles;
        this.access = access;
        this.subjects = subjects;
    }

    @GET
    public TemplateInstance access(
            @QueryParam("who") @Nullable String who,
            @QueryParam("what") @Nullable String what,
            @QueryParam("on") @Nullable String on) {
        return Templates.access(view(who, what, on, null));
    }

    private AccessView view(
            @Nullable String who,
            @Nullable String what,
            @Nullable String on,
            @Nullable String fault) {
        var matrix = roles.matrix();
        var assignments = roles.all();
        return new AccessView(
                List.of(Role.values()),
                Arrays.stream(Role.values())
                        .map(
                                role ->
                                        (int)
                                                assignments.stream()
                                                        .filter(a -> a.role() == role)
                                                        .map(Roles.Assignment::holder)
                                                        .distinct()
                                                        .count())
                        .toList(),
                Arrays.stream(Permission.values())
                        .map(
                                permission ->
                                        new Row(
                                                permission,
                                                Arrays.stream(Role.values())
                                                        .map(role -> cell(matrix, role, permission))
                                                        .toList()))
                        .toList(),
                assignments,
                tokens.all(),
                accounts.all(),
                List.of(Permission.values()),
                who,
                what,
                on,
                answer(who, what, on),
                fault);
    }

    private static Cell cell(Roles.Matrix matrix, Role role, Permission permission) {
        var reach = matrix.reach(role, permission);
        return new Cell(
                role,
                reach == null ? "no" : reach.id(),
                reach == null ? "no" : reach == Roles.Reach.ALL ? "yes" : "own teams only",
                role == Role.PLATFORM_ADMIN);
    }

    /** One person: the chain of reasons. Nobody named: all who may. */
    @GET
    @Path("answer")
    public TemplateInstance answered(
            @QueryParam("who") @Nullable String who,
            @QueryParam("what") @Nullable String what,
            @QueryParam("on") @Nullable String on) {
        return Templates.access$answer(answer(who, what, on));
    }

    private Answer answer(@Nullable String who, @Nullable String what, @Nullable String on) {
        var permission = what == null ? null : Permission.of(what).orElse(null);
        if (permission == null) {
            return new Answer(null, "", List.of(), false);
        }
        var model = on == null ? "" : on.strip().toLowerCase(Locale.ROOT);
        if (permission.onResource() && model.isEmpty()) {
            return new Answer(null, "Say which model: this is decided for each.", List.of(), true);
        }
        var resource =
                permission.onResource()
                        ? access.resource(model.contains(":") ? model : Resource.model(model))
                        : null;
        var about = resource == null ? "" : " " + resource.ref();
        if (who == null || who.isBlank()) {
            var may =
                    accounts.all().stream()
                            .filter(account -> !account.disabled())
                            .map(account -> subjects.of(account.name(), null, null))
                            .filter(
                                    subject ->
                                            access.decide(subject, permission, resource).allowed())
                            .map(Subject::ref)
                            .toList();
            return new Answer(
                    null,
                    may.isEmpty()
                            ? "Nobody may %s:%s.".formatted(permission.words(), about)
                            : "%d may %s%s:"
                                    .formatted(
                                            may.size(),
                                            permission.words(),
                                            about.isEmpty() ? "" : "," + about),
                    may,
                    true);
        }
        var account = accounts.get(who);
        if (account.disabled()) {
            return new Answer(
                    Decision.no("The account is shut out."),
                    "%s may do nothing.".formatted(account.ref()),
                    List.of(),
                    true);
        }
        var decision = access.decide(subjects.of(who, null, null), permission, resource);
        return new Answer(
                decision,
                "%s %s %s%s."
                        .formatted(
                                account.displayName(),
                                decision.allowed() ? "may" : "may not",
                                permission.words(),
                                about.isEmpty() ? "" : ":" + about),
                List.of(),
                true);
    }

    @POST
    @Path("matrix")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response allow(
            @FormParam("role") @Nullable String role,
            @FormParam("permission") @Nullable String permission,
            @FormParam("reach") @Nullable String reach) {
        var chosen = role(role);
        var what =
                Permission.of(permission == null ? "" : permission)
                        .orElseThrow(() -> new Invalid("There is no such permission."));
        if (reach == null || !List.of("no", "own", "all").contains(reach)) {
            throw new Invalid("A permission reaches no, own or all.");
        }
        roles.allow(
                chosen,
                what,
                reach.equals("no") ? null : Roles.Reach.valueOf(reach.toUpperCase(Locale.ROOT)));
        return Response.seeOther(URI.create("/admin/access#roles")).build();
    }

    static Role role(@Nullable String id) {
        return Role.of(id == null ? "" : id)
                .orElseThrow(() -> new Invalid("There is no such role."));
    }
}
