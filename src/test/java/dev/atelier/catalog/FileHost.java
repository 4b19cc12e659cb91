package dev.atelier.catalog;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A host of files on loopback, as a Git host would be: with ETags, and as ill as one likes. */
final class FileHost implements AutoCloseable {

    /** What a path answers. */
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    FileHost() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var answer = answers.getOrDefault(path, status(404));
            var known = exchange.getRequestHeaders().getFirst("If-None-Match");
            asked.add(path + (known == null ? "" : " if not " + known));
            answer.to(exchange);
        }
    }

    String address(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    void put(String path, Answer answer) {
        answers.put(path, answer);
    }

    /** A file of these documents; its ETag changes with it. */
    void put(String path, String... documents) {
        put(path, file(String.join("---\n", documents)));
    }

    void remove(String path) {
        answers.remove(path);
    }

    /** The paths that were asked for, with what the client said it knows. */
    List<String> asked() {
        return asked;
    }

    long timesAsked(String path) {
        return asked.stream().filter(line -> line.split(" ", 2)[0].equals(path)).count();
    }

    static Answer file(String text) {
        var tag = "\"%08x\"".formatted(text.hashCode());
        return exchange -> {
            exchange.getResponseHeaders().add("ETag", tag);
            exchange.getResponseHeaders().add("Content-Type", "text/plain; charset=utf-8");
            if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
                exchange.sendResponseHeaders(304, -1);
            } else {
                send(exchange, 200, text);
            }
        };
    }

    static Answer status(int status) {
        return exchange -> send(exchange, status, "<html><body>Error " + status);
    }

    static Answer page(String html) {
        return exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "text/html");
            send(exchange, 200, html);
        };
    }

    static Answer redirect(String to) {
        return exchange -> {
            exchange.getResponseHeaders().add("Location", to);
            exchange.sendResponseHeaders(302, -1);
        };
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
