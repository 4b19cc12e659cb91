package dev.atelier.identity;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The page where people sign in: at the provider, with a password, or either. */
@ApplicationScoped
class LoginPage {

    @CheckedTemplate(basePath = "identity")
    static class Templates {
        static native TemplateInstance login(Login view);
    }

    /**
     * What the page draws.
     *
     * @param next where to go then, an address of this portal
     * @param name as typed before
     * @param fault why the last try failed
     * @param provider null when none is set up
     * @param local whether there is a form for a name and a password
     */
    public record Login(
            String next,
            @Nullable String name,
            @Nullable String fault,
            @Nullable Elsewhere provider,
            boolean local) {

        public String nextEncoded() {
            return URLEncoder.encode(next, StandardCharsets.UTF_8);
        }
    }

    /**
     * The provider as people know it.
     *
     * @param away whether it does not answer now
     */
    public record Elsewhere(String name, String host, boolean away) {}

    private final SingleSignOn singleSignOn;
    private final Provider provider;

    LoginPage(SingleSignOn singleSignOn, Provider provider) {
        this.singleSignOn = singleSignOn;
        this.provider = provider;
    }

    Response show(int status, String next, @Nullable String name, @Nullable String fault) {
        return Response.status(status)
                .type(MediaType.TEXT_HTML_TYPE)
                .entity(
                        Templates.login(
                                new Login(
                                        next,
                                        name,
                                        fault,
                                        provider.configured()
                                                ? new Elsewhere(
                                                        provider.name(),
                                                        provider.host(),
                                                        !provider.answers())
                                                : null,
                                        singleSignOn.localSignIn())))
                .build();
    }
}
