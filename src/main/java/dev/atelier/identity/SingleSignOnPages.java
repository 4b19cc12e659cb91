package dev.atelier.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
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
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** To the sign-in provider and back. */
@Path("/")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class SingleSignOnPages {

    private static final Logger LOG = Logger.getLogger(SingleSignOnPages.class);

    /** How long somebody may take at the provider. */
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private static final String COOKIE = "atelier-sign-in-";
    private static final String PURPOSE = "sign-in";
    private static final int LONGEST_NEXT = 1_500;

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance onward(String address, String host);
    }

    private final SingleSignOn singleSignOn;
    private final Provider provider;
    private final LoginPage page;
    private final Sessions sessions;
    private final Accounts accounts;
    private final PublicAddress address;
    private final SecretBox box;
    private final ObjectMapper json;
    private final Audit audit;
    private final Caller caller;
    private final RoutingContext context;

    SingleSignOnPages(
            SingleSignOn singleSignOn,
            Provider provider,
            LoginPage page,
            Sessions sessions,
            Accounts accounts,
            PublicAddress address,
            SecretBox box,
            ObjectMapper json,
            Audit audit,
            Caller caller,
            RoutingContext context) {
        this.singleSignOn = singleSignOn;
        this.provider = provider;
        this.page = page;
        this.sessions = sessions;
        this.accounts = accounts;
        this.address = address;
        this.box = box;
        this.json = json;
        this.audit = audit;
        this.caller = caller;
        this.context = context;
    }

    /** A page that goes on by itself: forms of ours may lead nowhere but here (form-action). */
    static Response onward(URI to) {
        return Response.ok(Templates.onward(to.toString(), String.valueOf(to.getHost()))).build();
    }

    private URI callback() {
        return address.of(context, "/login/callback");
    }

    @GET
    @Path("login/sso")
    @Open(value = Open.To.EVERYONE, because = "this is how one signs in")
    public Response begin(@QueryParam("next") @Nullable String next) {
        if (!singleSignOn.configured()) {
            throw new NotFound("No sign-in provider is set up here.");
        }
        var wanted = SignInPages.safe(next);
        var journey = SingleSignOn.journey(wanted.length() > LONGEST_NEXT ? "/" : wanted, null);
        try {
            var there = singleSignOn.begin(journey, callback());
            pack(journey);
            return Response.seeOther(there).build();
        } catch (Unavailable e) {
            return page.show(503, wanted, null, null);
        }
    }

    /** Hands the local account of the caller over to the provider. */
    @POST
    @Path("login/connection")
    @Open(value = Open.To.SIGNED_IN, because = "one's own account")
    public Response connect() {
        var subject = caller.signedIn();
        var account = accounts.get(subject.name());
        if (!singleSignOn.configured()
                || subject.session() == null
                || account.issuer() != null
                || !account.person()) {
            throw new Conflict("This account cannot be connected with a sign-in provider.");
        }
        var journey = SingleSignOn.journey("/account", subject.name());
        var there = singleSignOn.begin(journey, callback());
        pack(journey);
        return onward(there);
    }

    @GET
    @Path("login/callback")
    @Open(value = Open.To.EVERYONE, because = "the provider sends browsers here")
    public Response arrive(
            @QueryParam("state") @Nullable String state,
            @QueryParam("code") @Nullable String code,
            @QueryParam("iss") @Nullable String issuer,
            @QueryParam("error") @Nullable String error) {
        if (!singleSignOn.configured()) {
            throw new NotFound("No sign-in provider is set up here.");
        }
        var journey = state == null ? Optional.<SingleSignOn.Journey>empty() : unpack(state);
        if (journey.isEmpty()) {
            // Not in the audit log: whoever makes up addresses could fill it.
            return page.show(
                    400,
                    "/",
                    null,
                    "This sign-in was begun in another browser, was used already, or took too long. Try again.");
        }
        var next = SignInPages.safe(journey.get().next());
        if (issuer != null && !issuer.equals(provider.issuer())) {
            return failed(400, next, "Another provider answered than the one that was asked.");
        }
        if (error != null || code == null) {
            return failed(
                    403,
                    next,
                    "access_denied".equals(error)
                            ? "You or the provider broke the sign-in off."
                            : "The provider did not sign you in (%s).".formatted(plain(error)));
        }
        var connect = journey.get().connect();
        if (connect != null
                && caller.subject()
                        .filter(s -> s.session() != null && s.name().equals(connect))
                        .isEmpty()) {
            return failed(403, next, "Sign in with your local account first, then connect it.");
        }
        try {
            var arrived = singleSignOn.arrive(journey.get(), code, callback());
            caller.subject().ifPresent(sessions::leave);
            SessionCookie.set(
                    context,
                    singleSignOn.begin(
                            arrived, caller.origin(), context.request().getHeader("User-Agent")));
            return Response.seeOther(URI.create(next)).build();
        } catch (SingleSignOn.Failed e) {
            return failed(400, next, String.valueOf(e.getMessage()));
        } catch (Conflict e) {
            return failed(409, next, e.detail());
        } catch (Denied e) {
            return failed(403, next, e.detail());
        } catch (Unavailable e) {
            return page.show(503, next, null, null);
        }
    }

    /** A code of the protocol, or nothing: what a link may say is not repeated. */
    private static String plain(@Nullable String error) {
        return error != null && error.matches("[a-z_]{1,40}") ? error : "it gave no reason";
    }

    private Response failed(int status, String next, String reason) {
        audit.failedSignIn("unknown", Map.of("reason", reason, "provider", provider.issuer()));
        return page.show(status, next, null, reason);
    }

    /** The provider says, from server to server, that somebody signed out. */
    @POST
    @Path("logout/backchannel")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Produces(MediaType.APPLICATION_JSON)
    @Open(value = Open.To.EVERYONE, because = "the signed logout token is the permission")
    public Response loggedOut(@FormParam("logout_token") @Nullable String token) {
        if (!singleSignOn.configured()) {
            throw new NotFound("No sign-in provider is set up here.");
        }
        try {
            singleSignOn.logout(token == null ? "" : token);
            return Response.ok().build();
        } catch (ProviderTokens.Untrusted e) {
            LOG.warnf("A back-channel logout was refused: %s", e.getMessage());
            return Response.status(400).entity(Map.of("error", "invalid_request")).build();
        }
    }

    // What the browser carries. One cookie for each sign-in: two windows do not disturb each other.

    private String cookie(String state) {
        var name = COOKIE + state.substring(0, Math.min(8, state.length()));
        return SessionCookie.secure(context) ? "__Host-" + name : name;
    }

    private void pack(SingleSignOn.Journey journey) {
        try {
            set(
                    cookie(journey.state()),
                    Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(box.close(json.writeValueAsBytes(journey), PURPOSE)),
                    PATIENCE.toSeconds());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private void set(String name, String value, long seconds) {
        context.response()
                .addCookie(
                        Cookie.cookie(name, value)
                                .setPath("/")
                                .setHttpOnly(true)
                                .setSecure(SessionCookie.secure(context))
                                .setSameSite(CookieSameSite.LAX)
                                .setMaxAge(seconds));
    }

    private Optional<SingleSignOn.Journey> unpack(String state) {
        if (!state.matches("[A-Za-z0-9_-]{8,100}")) {
            return Optional.empty();
        }
        var cookie = context.request().getCookie(cookie(state));
        if (cookie == null) {
            return Optional.empty();
        }
        set(cookie.getName(), "", 0);
        try {
            var journey =
                    json.readValue(
                            box.open(Base64.getUrlDecoder().decode(cookie.getValue()), PURPOSE),
                            SingleSignOn.Journey.class);
            var age = Instant.now().getEpochSecond() - journey.at();
            return SecretBox.same(journey.state(), state) && age <= PATIENCE.toSeconds()
                    ? Optional.of(journey)
                    : Optional.empty();
        } catch (SecretBox.Closed | IllegalArgumentException | IOException e) {
            return Optional.empty();
        }
    }
}
