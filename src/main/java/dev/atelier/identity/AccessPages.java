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

    /** How many who may are listed. */
    private static final int LISTED = 50;

    /**
     * The answer to "may they, and why".
     *
     * @param yes people and programs that may, when it was asked who; the first of them
     * @param more how many more may
     */
    public record Answer(
            @Nullable Decision decision,
            String sentence,
            List<String> yes,
            int more,
            boolean asked) {

        private static Answer of(@Nullable Decision decision, String sentence) {
            return new Answer(decision, sentence, List.of(), 0, true);
        }
    }

    /**
     * What the page draws.
     *
     * @param heads how many hold each role
     * @param tokens that are good, those used last first
     * @param moreTokens how many more there are
     */
    public record AccessView(
            List<Role> roles,
            List<Integer> heads,
            List<Row> rows,
            List<AccessTokens.AccessToken> tokens,
            int moreTokens,
            List<Permission> permissions,
            @Nullable String who,
            @Nullable String what,
            @Nullable String on,
            Answer answer) {}

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
            @QueryParam("on") @Nullable String on,
            @QueryParam("tokens") @Nullable String tokens) {
        return Templates.access(view(who, what, on, "all".equals(tokens)));
    }

    private AccessView view(
            @Nullable String who, @Nullable String what, @Nullable String on, boolean allTokens) {
        var live = tokens.live();
        int shown = allTokens ? live.size() : Math.min(LISTED, live.size());
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
                live.subList(0, shown),
                live.size() - shown,
                List.of(Permission.values()),
                who,
                what,
                on,
                answer(who, what, on));
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
            return new Answer(null, "", List.of(), 0, false);
        }
        var model = on == null ? "" : on.strip().toLowerCase(Locale.ROOT);
        if (permission.onResource() && model.isEmpty()) {
            return Answer.of(null, "Say which model: this is decided for each.");
        }
        var resource =
                permission.onResource()
                        ? access.resource(model.contains(":") ? model : Resource.model(model))
                        : null;
        return who == null || who.isBlank()
                ? whoMay(permission, resource)
                : may(who.strip().toLowerCase(Locale.ROOT), permission, resource);
    }

    private Answer whoMay(Permission permission, @Nullable Resource resource) {
        var may =
                subjects.of(accounts.enabled()).stream()
                        .filter(subject -> access.decide(subject, permission, resource).allowed())
                        .map(Subject::ref)
                        .toList();
        var what = permission.words() + (resource == null ? "" : ", " + resource.ref());
        return may.isEmpty()
                ? Answer.of(null, "Nobody may %s.".formatted(what))
                : new Answer(
                        null,
                        "%,d may %s:".formatted(may.size(), what),
                        may.subList(0, Math.min(LISTED, may.size())),
                        Math.max(0, may.size() - LISTED),
                        true);
    }

    private Answer may(String who, Permission permission, @Nullable Resource resource) {
        var found = accounts.find(who.substring(who.indexOf('/') + 1));
        if (found.isEmpty()) {
            return Answer.of(null, "There is no account \"%s\".".formatted(who));
        }
        var account = found.get();
        if (account.disabled()) {
            return Answer.of(
                    Decision.no("The account is shut out."),
                    "%s may do nothing.".formatted(account.ref()));
        }
        var decision = access.decide(subjects.of(account), permission, resource);
        return Answer.of(
                decision,
                "%s %s %s%s."
                        .formatted(
                                account.displayName(),
                                decision.allowed() ? "may" : "may not",
                                permission.words(),
                                resource == null ? "" : ": " + resource.ref()));
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
