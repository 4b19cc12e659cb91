package dev.atelier.notifications;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A webhook: writes down what comes and answers as it is told. */
public final class Receiver implements AutoCloseable {

    public record Call(Map<String, String> headers, String body) {
        public String id() {
            return String.valueOf(headers.get("webhook-id"));
        }
    }

    public final List<Call> calls = new CopyOnWriteArrayList<>();
    public volatile int status = 200;
    private final HttpServer server;

    public Receiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
                    exchange.getRequestHeaders()
                            .forEach((name, values) -> headers.put(name, values.getFirst()));
                    var body = new String(exchange.getRequestBody().readAllBytes());
                    calls.add(new Call(headers, body));
                    if (status / 100 == 3) {
                        exchange.getResponseHeaders().add("Location", "/elsewhere");
                    }
                    exchange.sendResponseHeaders(status, -1);
                    exchange.close();
                });
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:%d/hook".formatted(server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
