package dev.atelier.platform.web;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Says where the portal is and how to sign in, once it answers; and refuses to listen to a network
 * as long as nobody has to sign in.
 */
@ApplicationScoped
class Announcement {

    private static final Logger LOG = Logger.getLogger("atelier");
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1");

    private final String host;
    private final int port;
    private final boolean openToNetwork;

    Announcement(
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.http.port") int port,
            @ConfigProperty(name = "atelier.allow-open-network", defaultValue = "false")
                    boolean openToNetwork) {
        this.host = host;
        this.port = port;
        this.openToNetwork = openToNetwork;
    }

    void refuseOpenNetwork(
            @Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        if (!LOOPBACK.contains(host) && !openToNetwork) {
            throw new CannotStart(
                    "Sign-in is not set up, so the portal listens on loopback only, not on "
                            + host
                            + ". ATELIER_ALLOW_OPEN_NETWORK=true lets everyone on that network act as"
                            + " administrator.");
        }
    }

    void announce(
            @Observes @Priority(Interceptor.Priority.LIBRARY_AFTER + 1000) StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.TEST) {
            return;
        }
        LOG.infof(
                """


                  Atelier is at  http://localhost:%d
                  Sign in:       nothing to do; it listens on %s only, and whoever uses this machine is its administrator
                  Data:          %s
                """,
                port, host, DataFolder.path());
    }
}
