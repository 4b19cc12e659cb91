package dev.atelier.identity;

import dev.atelier.platform.problems.Denied;
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

/** Signing in with a local account, choosing the first password, and signing out of any. */
@Path("/")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class SignInPages {

    private static final String STILL_THERE =
            "You are signed out of Atelier. The sign-in provider could not be told, so its own session may go on: close the browser on a shared machine.";

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance welcome(@Nullable String fault);
    }

    private final LoginPage page;
    private final SingleSignOn singleSignOn;
    private final Accounts accounts;
    private final Sessions sessions;
    private final Throttle throttle;
    private final Audit audit;
    private final Caller caller;
    private final PublicAddress address;
    private final RoutingContext context;

    SignInPages(
            LoginPage page,
            SingleSignOn singleSignOn,
            Accounts accounts,
            Sessions sessions,
            Throttle throttle,
            Audit audit,
            Caller caller,
            PublicAddress address,
            RoutingContext context) {
        this.page = page;
        this.singleSignOn = singleSignOn;
        this.accounts = accounts;
        this.sessions = sessions;
        this.throttle = throttle;
        this.audit = audit;
        this.caller = caller;
        this.address = address;
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
                : page.show(200, safe(next), null, null);
    }

    @POST
    @Path("login")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Open(value = Open.To.EVERYONE, because = "this is how one signs in")
    public Response signIn(
            @FormParam("name") @Nullable String name,
            @FormParam("password") @Nullable String password,
            @FormParam("next") @Nullable String next) {
        requireLocal();
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
            return page.show(422, safe(next), typed, "The name or the password is not right.");
        }
        throttle.succeeded(typed, origin);
        begin(account.get());
        return Response.seeOther(URI.create(safe(next))).build();
    }

    private void requireLocal() {
        if (!singleSignOn.localSignIn()) {
            throw new Denied("Nobody signs in with a password of Atelier's own here.");
        }
    }

    /** Whatever session the browser had ends here: nobody can plant one. */
    private void begin(Account account) {
        caller.subject().ifPresent(sessions::leave);
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
        SessionCookie.remove(context);
        if (subject.session() == null) {
            return Response.seeOther(URI.create("/login")).build();
        }
        var vouchedFor = singleSignOn.vouchedFor(subject.session());
        var there = singleSignOn.logout(subject.session(), address.of(context, "/"));
        sessions.end(subject, subject.session());
        return there.map(SingleSignOnPages::onward)
                .orElseGet(
                        () ->
                                vouchedFor
                                        ? page.show(200, "/", null, STILL_THERE)
                                        : Response.seeOther(URI.create("/login")).build());
    }

    @GET
    @Path("welcome")
    @Open(value = Open.To.EVERYONE, because = "the one-time code in the form is the permission")
    public TemplateInstance welcome() {
        requireLocal();
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
        requireLocal();
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
