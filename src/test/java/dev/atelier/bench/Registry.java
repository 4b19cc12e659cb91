package dev.atelier.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jsoup.Jsoup;

/** Models and calls of a running portal, made the way its users make them. */
final class Registry {

    private static final String BOUNDARY = "bench-boundary";

    private Registry() {}

    /** Registers a version and waits until it is ready; one that is there already stays. */
    static void register(URI portal, String model, Map<String, byte[]> files)
            throws IOException, InterruptedException {
        var body = new ByteArrayOutputStream();
        files.forEach((path, content) -> part(body, "file", path, content));
        end(body);
        try (var connection = new Connection(portal)) {
            var answer =
                    connection.ask(
                            Connection.request(
                                    portal,
                                    "POST",
                                    "/api/v1/models/" + model + "/versions",
                                    multipart(),
                                    body.toByteArray()));
            if (answer.status() != 201 && answer.status() != 409) {
                throw new IOException("registration of " + model + ": " + answer.text());
            }
            awaitReady(connection, portal, model);
        }
    }

    private static void awaitReady(Connection connection, URI portal, String model)
            throws IOException, InterruptedException {
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        Connection.Answer answer;
        do {
            TimeUnit.MILLISECONDS.sleep(20);
            answer =
                    connection.ask(
                            Connection.request(
                                    portal,
                                    "GET",
                                    "/api/v1/models/" + model + "/versions",
                                    "",
                                    new byte[0]));
            if (System.nanoTime() > until) {
                throw new IOException(model + " is not ready: " + answer.text());
            }
        } while (answer.status() != 200 || answer.text().contains("\"SCANNING\""));
        if (!answer.text().contains("\"READY\"")) {
            throw new IOException(model + " was refused: " + answer.text());
        }
    }

    /** Sends the form of Try it as it stands, filled with the model's own example. */
    static void tryIt(URI portal, String model) throws IOException {
        try (var connection = new Connection(portal)) {
            var page =
                    connection.ask(
                            Connection.request(
                                    portal,
                                    "GET",
                                    "/models/" + model + "/try",
                                    "Accept: text/html\r\n",
                                    new byte[0]));
            var form = Jsoup.parse(page.text(), portal.toString()).expectForm("form#try");
            var body = new ByteArrayOutputStream();
            form.formData().stream()
                    .filter(field -> field.inputStream() == null)
                    .forEach(
                            field ->
                                    part(
                                            body,
                                            field.key(),
                                            null,
                                            field.value().getBytes(StandardCharsets.UTF_8)));
            end(body);
            var answer =
                    connection.ask(
                            Connection.request(
                                    portal,
                                    "POST",
                                    "/models/" + model + "/calls",
                                    "Accept: text/html\r\n" + multipart(),
                                    body.toByteArray()));
            if (answer.status() != 303) {
                throw new IOException("a call of " + model + ": " + answer.text());
            }
        }
    }

    private static String multipart() {
        return "Content-Type: multipart/form-data; boundary=" + BOUNDARY + "\r\n";
    }

    private static void part(
            ByteArrayOutputStream body,
            String name,
            @org.jspecify.annotations.Nullable String file,
            byte[] content) {
        text(
                body,
                "--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n"
                        .formatted(
                                BOUNDARY,
                                name,
                                file == null
                                        ? ""
                                        : "; filename=\"%s\"\r\nContent-Type: application/octet-stream"
                                                .formatted(file)));
        body.writeBytes(content);
        text(body, "\r\n");
    }

    private static void end(ByteArrayOutputStream body) {
        text(body, "--" + BOUNDARY + "--\r\n");
    }

    private static void text(ByteArrayOutputStream body, String text) {
        body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
