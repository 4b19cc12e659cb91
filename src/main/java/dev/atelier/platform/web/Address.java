package dev.atelier.platform.web;

import dev.atelier.platform.CannotStart;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Optional;

/** Where the portal will listen, looked at before anything is started. */
public final class Address {

    private static final String PORT = "quarkus.http.port";
    private static final String HOST = "quarkus.http.host";

    private Address() {}

    public static int port() {
        var text =
                Optional.ofNullable(System.getProperty(PORT))
                        .or(() -> Optional.ofNullable(System.getenv("QUARKUS_HTTP_PORT")))
                        .or(() -> Optional.ofNullable(System.getenv("ATELIER_PORT")))
                        .orElse("8080");
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new CannotStart("A port is a number, not '" + text + "' (--port).", e);
        }
    }

    private static String host() {
        return Optional.ofNullable(System.getProperty(HOST))
                .or(() -> Optional.ofNullable(System.getenv("QUARKUS_HTTP_HOST")))
                .or(() -> Optional.ofNullable(System.getenv("ATELIER_HOST")))
                .orElse("127.0.0.1");
    }

    /**
     * Believes the forwarding headers of the proxies that {@code ATELIER_TRUSTED_PROXIES} names
     * (addresses or blocks, comma separated), and of nobody else: who asks, and whether over TLS.
     */
    public static void trustProxies() {
        var proxies = System.getenv("ATELIER_TRUSTED_PROXIES");
        if (proxies != null && !proxies.isBlank()) {
            System.setProperty("quarkus.http.proxy.proxy-address-forwarding", "true");
            System.setProperty("quarkus.http.proxy.trusted-proxies", proxies);
        }
    }

    /**
     * Says so at once when another program has the port, instead of after the start of a database.
     */
    public static void refuseIfTaken() {
        var port = port();
        var host = host();
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
        } catch (BindException e) {
            throw new CannotStart(
                    String.valueOf(e.getMessage()).contains("in use")
                            ? "Port %d on %s is taken by another program. Choose another with --port or ATELIER_PORT."
                                    .formatted(port, host)
                            : "The portal cannot listen on %s port %d: %s."
                                    .formatted(host, port, e.getMessage()),
                    e);
        } catch (UnknownHostException | IllegalArgumentException e) {
            throw new CannotStart(
                    "The portal cannot listen on " + host + ":" + port + " (--host, --port).", e);
        } catch (IOException e) {
            throw new CannotStart(
                    "The portal cannot listen on %s:%d: %s.".formatted(host, port, e.getMessage()),
                    e);
        }
    }
}
