package dev.atelier.identity;

import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooMany;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
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
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Signing in with a local account, choosing the first password, signing out. */
@Path("/")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class SignInPages {

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance login(Login view);

        static native TemplateInstance welcome(@Nullable String fault);
    }

    /**
     * The sign-in form.
     *
     * @param next where to go then, an address of this portal
     * @param name as typed before
     * @param fault why the last try failed
     */
    public record Login(String next, @Nullable String name, @Nullable String fault) {}

    private final Accounts accounts;
    private final Sessions sessions;
    private final Throttle throttle;
    private final Audit audit;
    private final Caller caller;
    private final RoutingContext context;

    SignInPages(
            Accounts accounts,
            Sessions sessions,
            Throttle throttle,
            Audit audit,
            Caller caller,
            RoutingContext context) {
        this.accounts = accounts;
        this.sessions = sessions;
        this.throttle = throttle;
        this.audit = audit;
        this.caller = caller;
        this.context = context;
    }

    /** An address of this portal to go on to; anything else means home. */
    static String safe(@Nullable String next) {
        if (next == null
                || !next.startsWith("/")
                || next.startsWith("//")
                || next.startsWith("/login")
                || next.chars().anyMatch(c -> c <= ' ' || c == '\\' || c > '~')) {
            return "/";
        }
        try {
            var uri = new URI(next);
            return uri.isAbsolute() || uri.getRawAuthority() != null ? "/" : next;
        } catch (java.net.URISyntaxException e) {
            return "/";
        }
    }

    @GET
    @Path("login")
    @Open(value = Open.To.EVERYONE, because = "who is not signed in comes here")
    public Response login(@QueryParam("next") @Nullable String next) {
        return caller.subject().isPresent()
                ? Response.seeOther(URI.create(safe(next))).build()
                : Response.ok(Templates.login(new Login(safe(next), null, null))).build();
    }

    @POST
    @Path("login")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Open(value = Open.To.EVERYONE, because = "this is how one signs in")
    public Response signIn(
            @FormParam("name") @Nullable String name,
            @FormParam("password") @Nullable String password,
            @FormParam("next") @Nullable String next) {
        var given = name == null ? "" : name.strip().toLowerCase(Locale.ROOT);
        var typed = given.substring(0, Math.min(63, given.length()));
        var origin = Objects.requireNonNullElse(caller.origin(), "");
        throttle.wait(typed, origin)
                .ifPresent(
                        wait -> {
                            audit.failedSignIn(typed, Map.of("reason", "throttled"));
                            throw new TooMany(
                                    "Too many wrong passwords. Try again in %d minutes, or ask a platform admin for a new link."
                                            .formatted(Math.max(1, wait.toMinutes())),
                                    wait);
                        });
        var account = accounts.find(typed).filter(a -> !a.disabled());
        var right =
                Passwords.matches(
                        password == null ? "" : password,
                        account.map(a -> accounts.storedPassword(a.name())).orElse(null));
        if (!right || account.isEmpty()) {
            throttle.failed(typed, origin);
            audit.failedSignIn(typed, Map.of("reason", "wrong name or password"));
            return Response.status(422)
                    .entity(
                            Templates.login(
                                    new Login(
                                            safe(next),
                                            typed,
                                            "The name or the password is not right.")))
                    .build();
        }
        throttle.succeeded(typed, origin);
        begin(account.get());
        return Response.seeOther(URI.create(safe(next))).build();
    }

    /** Whatever session the browser had ends here: nobody can plant one. */
    private void begin(Account account) {
        caller.subject()
                .filter(subject -> subject.session() != null)
                .ifPresent(
                        subject ->
                                sessions.end(subject, Objects.requireNonNull(subject.session())));
        SessionCookie.set(
                context,
                sessions.begin(
                        account, caller.origin(), context.request().getHeader("User-Agent")));
    }

    @POST
    @Path("logout")
    @Open(value = Open.To.SIGNED_IN, because = "everybody may leave")
    public Response signOut() {
        var subject = caller.signedIn();
        if (subject.session() != null) {
            sessions.end(subject, subject.session());
        }
        SessionCookie.remove(context);
        return Response.seeOther(URI.create("/login")).build();
    }

    @GET
    @Path("welcome")
    @Open(value = Open.To.EVERYONE, because = "the one-time code in the form is the permission")
    public TemplateInstance welcome() {
        return Templates.welcome(null);
    }

    @POST
    @Path("welcome")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Open(value = Open.To.EVERYONE, because = "the one-time code in the form is the permission")
    public Response accept(
            @FormParam("code") @Nullable String code,
            @FormParam("password") @Nullable String password,
            @FormParam("again") @Nullable String again) {
        try {
            if (password == null || !password.equals(again)) {
                throw new Invalid("The two passwords differ.");
            }
            var account = accounts.accept(code == null ? "" : code.strip(), password);
            begin(account);
            return Response.seeOther(URI.create("/")).build();
        } catch (Invalid e) {
            return Response.status(422).entity(Templates.welcome(e.detail())).build();
        }
    }
}
