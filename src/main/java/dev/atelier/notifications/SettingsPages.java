package dev.atelier.notifications;

import dev.atelier.identity.Accounts;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Open;
import dev.atelier.identity.Subject;
import dev.atelier.platform.net.OutboundHttp;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.TooMany;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** What one hears of and where: topics, and the digest by e-mail or webhook. */
@Path("/account/notifications")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "one's own settings")
public class SettingsPages {

    private static final Pattern EMAIL =
            Pattern.compile("[^@\\s<>\",;:\\\\()\\[\\]]{1,64}@[A-Za-z0-9.-]{1,185}\\.[A-Za-z]{2,}");
    private static final Duration BETWEEN_CALLS = Duration.ofSeconds(5);

    @CheckedTemplate(basePath = "notifications")
    static class Templates {
        static native TemplateInstance settings(View view);
    }

    /** A topic with what its reader chose. */
    public record Choice(Topic topic, Delivery chosen) {}

    /**
     * What the page draws.
     *
     * @param email the address the sign-in provider gives, else the one typed before; may be empty
     * @param secret of the webhook, made just now, the only time it is shown
     * @param result what a test or form brought, in words
     * @param fault why the last form was not taken
     */
    public record View(
            List<Choice> topics,
            List<Delivery> deliveries,
            List<Pace> paces,
            Digests.@Nullable Channel channel,
            boolean hasMail,
            String email,
            @Nullable String secret,
            @Nullable String result,
            @Nullable String fault) {

        /** The webhook's address; empty when there is none. */
        public String webhook() {
            return channel != null && channel.webhook() ? channel.target() : "";
        }

        /** Whether the form proposes a webhook. */
        public boolean proposesWebhook() {
            return !hasMail || !webhook().isEmpty();
        }

        public boolean has(Pace pace) {
            return channel != null && channel.pace() == pace;
        }
    }

    private final Notifications notifications;
    private final Digests digests;
    private final Courier courier;
    private final OutboundHttp http;
    private final Accounts accounts;
    private final Caller caller;
    private final Optional<URI> publicUrl;

    SettingsPages(
            Notifications notifications,
            Digests digests,
            Courier courier,
            OutboundHttp http,
            Accounts accounts,
            Caller caller,
            @ConfigProperty(name = "atelier.public-url") Optional<URI> publicUrl) {
        this.notifications = notifications;
        this.digests = digests;
        this.courier = courier;
        this.http = http;
        this.accounts = accounts;
        this.caller = caller;
        this.publicUrl = publicUrl;
    }

    @GET
    @Operation(hidden = true)
    public TemplateInstance settings() {
        return Templates.settings(view(null, null, null));
    }

    private View view(@Nullable String secret, @Nullable String result, @Nullable String fault) {
        var reader = caller.signedIn();
        var chosen = notifications.settings(reader);
        var channel = digests.of(reader.name());
        return new View(
                List.of(Topic.values()).stream()
                        .map(topic -> new Choice(topic, chosen.getOrDefault(topic, Delivery.USUAL)))
                        .toList(),
                List.of(Delivery.values()),
                List.of(Pace.values()),
                channel.orElse(null),
                courier.hasMail(),
                channel.filter(c -> !c.webhook())
                        .map(Digests.Channel::target)
                        .or(() -> Optional.ofNullable(accounts.get(reader.name()).email()))
                        .orElse(""),
                secret,
                result,
                fault);
    }

    private Response answer(int status, View view) {
        return Response.status(status)
                .entity(Templates.settings(view))
                .header("Cache-Control", "no-store")
                .build();
    }

    private Response refused(Problem e) {
        return answer(422, view(null, null, e.detail()));
    }

    private Subject person() {
        var subject = caller.signedIn();
        if (!subject.person()) {
            throw new Conflict("A service account is not notified. This is for people.");
        }
        return subject;
    }

    private static Response back() {
        return Response.seeOther(URI.create("/account/notifications")).build();
    }

    /** Where one hears of each topic. */
    @POST
    @Path("topics")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response topics(MultivaluedMap<String, String> form) {
        Map<Topic, Delivery> choices = new EnumMap<>(Topic.class);
        for (var topic : Topic.values()) {
            Optional.ofNullable(form.getFirst(topic.id()))
                    .flatMap(Delivery::of)
                    .ifPresent(delivery -> choices.put(topic, delivery));
        }
        notifications.choose(person(), choices);
        return back();
    }

    /** Where digests go. Answers the page itself when it has a secret to show. */
    @POST
    @Path("digest")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response digest(
            @FormParam("kind") @Nullable String kind,
            @FormParam("email") @Nullable String email,
            @FormParam("webhook") @Nullable String webhook,
            @FormParam("pace") @Nullable String pace,
            @Context UriInfo uri) {
        var owner = person();
        var often = Pace.of(Objects.requireNonNullElse(pace, "")).orElse(Pace.DAILY);
        try {
            return switch (Objects.requireNonNullElse(kind, "")) {
                case Digests.EMAIL ->
                        email(owner, Objects.requireNonNullElse(email, "").strip(), often, uri);
                case Digests.WEBHOOK ->
                        webhook(owner, Objects.requireNonNullElse(webhook, "").strip(), often, uri);
                default -> throw new Invalid("Choose e-mail or a webhook.");
            };
        } catch (Invalid | Conflict | TooMany e) {
            return refused(e);
        }
    }

    private Response email(Subject owner, String target, Pace pace, UriInfo uri) {
        if (!courier.hasMail()) {
            throw new Invalid("No mail server is connected to this portal.");
        }
        if (target.length() > 254 || !EMAIL.matcher(target).matches()) {
            throw new Invalid(
                    "This is not an e-mail address.",
                    List.of(new Invalid.Field("email", "is no address")));
        }
        var account = accounts.get(owner.name());
        var known = account.issuer() != null && target.equalsIgnoreCase(account.email());
        var code = digests.toEmail(owner, target, known, pace, portal(uri));
        if (code.isEmpty()) {
            return back();
        }
        try {
            courier.send(
                    target,
                    UUID.randomUUID().toString(),
                    "Confirm this address for Atelier",
                    """
                    Somebody, you we hope, wants notifications of the Atelier portal at
                    %s sent here.

                    The code that confirms it: %s

                    If it was not you, do nothing: without the code nothing else is sent.
                    """
                            .formatted(portal(uri), code.get()));
            digests.tell(owner.name(), true, "A code was sent. Type it in to confirm the address.");
        } catch (Courier.NotSent e) {
            digests.tell(owner.name(), false, String.valueOf(e.getMessage()));
        }
        return back();
    }

    private Response webhook(Subject owner, String target, Pace pace, UriInfo uri) {
        if (target.length() > 500) {
            throw new Invalid(
                    "The address is too long.",
                    List.of(new Invalid.Field("webhook", "is too long")));
        }
        try {
            http.require(target);
        } catch (IOException e) {
            throw new Invalid(
                    "The webhook cannot be called. " + e.getMessage(),
                    List.of(new Invalid.Field("webhook", String.valueOf(e.getMessage()))));
        }
        var secret = digests.toWebhook(owner, target, pace, portal(uri));
        return secret.isEmpty() ? back() : answer(200, view(secret.get(), null, null));
    }

    private String portal(UriInfo uri) {
        var base = publicUrl.orElse(uri.getBaseUri()).toString();
        return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }

    /** Confirms an e-mail address. */
    @POST
    @Path("digest/code")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response confirm(@FormParam("code") @Nullable String code) {
        try {
            digests.confirm(person(), Objects.requireNonNullElse(code, ""));
        } catch (Invalid | Conflict e) {
            return refused(e);
        }
        return back();
    }

    /** Another secret for the webhook, shown once. */
    @POST
    @Path("digest/secret")
    @Operation(hidden = true)
    public Response secret() {
        try {
            return answer(200, view(digests.renewSecret(person()), null, null));
        } catch (NotFound e) {
            return refused(e);
        }
    }

    /** Sends a test now and says what came of it. */
    @POST
    @Path("digest/test")
    @Operation(hidden = true)
    public Response test() {
        var owner = person();
        try {
            var channel =
                    digests.of(owner.name())
                            .orElseThrow(() -> new Conflict("There is nowhere to send it to."));
            if (!channel.confirmed()) {
                throw new Conflict("Confirm the address first, with the code that was sent there.");
            }
            digests.rest(owner.name(), channel.webhook() ? BETWEEN_CALLS : Digests.BETWEEN_MAILS);
            return answer(200, tested(owner, channel));
        } catch (Conflict | TooMany e) {
            return refused(e);
        }
    }

    private View tested(Subject owner, Digests.Channel channel) {
        var id = UUID.randomUUID().toString();
        var begun = System.nanoTime();
        try {
            String result;
            if (channel.webhook()) {
                var secret =
                        digests.secret(owner.name())
                                .orElseThrow(
                                        () ->
                                                new Courier.NotSent(
                                                        "Its secret is gone. Make a new one.",
                                                        null));
                int status =
                        courier.call(
                                channel.target(),
                                id,
                                secret,
                                courier.body(
                                        "atelier.test", owner.name(), channel.portal(), List.of()));
                result =
                        "The test arrived: it answered %d after %d ms."
                                .formatted(
                                        status,
                                        Duration.ofNanos(System.nanoTime() - begun).toMillis());
            } else {
                courier.send(
                        channel.target(),
                        id,
                        "A test from Atelier",
                        "Digests of the Atelier portal at %s will arrive here.\n"
                                .formatted(channel.portal()));
                result = "The mail server took the test. Look into the inbox, and the spam folder.";
            }
            digests.tell(owner.name(), true, result);
            return view(null, result, null);
        } catch (Courier.NotSent e) {
            digests.tell(owner.name(), false, String.valueOf(e.getMessage()));
            return view(null, null, "The test did not arrive. " + e.getMessage());
        }
    }

    @POST
    @Path("digest/removal")
    @Operation(hidden = true)
    public Response remove() {
        digests.remove(person());
        return back();
    }
}
