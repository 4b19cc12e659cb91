package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.OneLine;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Says where the portal is and how to sign in, once it answers; and refuses to send passwords over
 * a network in the clear.
 */
@ApplicationScoped
class Announcement {

    private static final Logger LOG = Logger.getLogger(OneLine.SEVERAL_LINES);
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1");

    private final String host;
    private final int port;
    private final boolean openToNetwork;
    private final boolean tls;
    private final Bootstrap bootstrap;

    Announcement(
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.http.port") int port,
            @ConfigProperty(name = "atelier.allow-open-network", defaultValue = "false")
                    boolean openToNetwork,
            @ConfigProperty(name = "quarkus.http.ssl.certificate.files")
                    Optional<String> certificate,
            Bootstrap bootstrap) {
        this.host = host;
        this.port = port;
        this.openToNetwork = openToNetwork;
        this.tls = certificate.isPresent();
        this.bootstrap = bootstrap;
    }

    void refuseOpenNetwork(
            @Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        if (!LOOPBACK.contains(host) && !openToNetwork && !tls) {
            throw new CannotStart(
                    "Without TLS the portal listens on loopback only, not on "
                            + host
                            + ", since passwords and tokens would travel in the clear. Behind a proxy that"
                            + " speaks TLS, say so with ATELIER_ALLOW_OPEN_NETWORK=true.");
        }
    }

    void announce(
            @Observes @Priority(Interceptor.Priority.LIBRARY_AFTER + 1000) StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.TEST) {
            return;
        }
        var address = "http://localhost:" + port;
        var code = bootstrap.code();
        // The code stands behind the #: browsers keep that part to themselves, so it is in no log.
        var signIn =
                code == null
                        ? address + "/login"
                        : address
                                + "/welcome#"
                                + code
                                + "\n                 (once: choose the password of the account \""
                                + Bootstrap.ADMIN
                                + "\")";
        LOG.infof(
                """


                  Atelier is at  %s
                  Sign in:       %s
                  Data:          %s
                """,
                address, signIn, DataFolder.path());
    }
}
