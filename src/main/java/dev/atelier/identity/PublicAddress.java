package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import io.quarkus.runtime.StartupEvent;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The address under which people reach the portal: {@code ATELIER_PUBLIC_URL}, else the one they
 * asked, whose host the portal has checked to be its own.
 */
@ApplicationScoped
public class PublicAddress {

    private final Optional<URI> configured;

    PublicAddress(@ConfigProperty(name = "atelier.public-url") Optional<URI> configured) {
        this.configured = configured;
    }

    void check(@Observes StartupEvent event) {
        configured.ifPresent(
                url -> {
                    if (url.getHost() == null
                            || !(url.getRawPath().isEmpty() || url.getRawPath().equals("/"))
                            || !("https".equals(url.getScheme())
                                    || "http".equals(url.getScheme()))) {
                        throw new CannotStart(
                                "ATELIER_PUBLIC_URL is http or https and a host, as in https://atelier.example; not "
                                        + url);
                    }
                });
    }

    public URI of(RoutingContext context, String path) {
        return configured
                .orElseGet(
                        () ->
                                URI.create(
                                        (context.request().isSSL() ? "https://" : "http://")
                                                + context.request().authority()))
                .resolve(path);
    }
}
