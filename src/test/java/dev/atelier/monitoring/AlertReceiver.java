package dev.atelier.monitoring;

import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes what an Alertmanager is sent, on a free port. */
public class AlertReceiver implements QuarkusTestResourceLifecycleManager {

    /** Bodies of {@code POST /api/v2/alerts}, as they came. */
    static final List<String> BODIES = new CopyOnWriteArrayList<>();

    private HttpServer server;

    @Override
    public Map<String, String> start() {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext(
                "/api/v2/alerts",
                exchange -> {
                    BODIES.add(new String(exchange.getRequestBody().readAllBytes()));
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        server.start();
        return Map.of(
                "atelier.monitoring.alertmanager",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "atelier.outbound.allow",
                "127.0.0.1@127.0.0.0/8",
                "atelier.public-url",
                "http://localhost");
    }

    @Override
    public void stop() {
        if (server != null) {
            server.stop(0);
        }
    }
}
