package dev.atelier.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.Administrator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.ConfigProvider;

/** A multipart registration, written byte by byte: names go out as they are, bodies stream. */
final class Bundle {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BOUNDARY = "----between-the-parts";

    /** What the portal answered. */
    record Answer(int status, JsonNode body, Map<String, List<String>> headers) {
        String state() {
            return body.path("state").asText();
        }

        String reason() {
            return body.path("reason").asText();
        }
    }

    private final List<InputStream> parts = new ArrayList<>();
    private final Map<String, String> headers = new HashMap<>();

    static Bundle of(String path, byte[] content) {
        return new Bundle().file(path, content);
    }

    Bundle file(String path, byte[] content) {
        return file(path, new ByteArrayInputStream(content));
    }

    Bundle file(String path, InputStream content) {
        head("form-data; name=\"file\"; filename=\"" + path.replace("\"", "%22") + "\"");
        parts.add(content);
        parts.add(bytes("\r\n"));
        return this;
    }

    Bundle text(String name, String content) {
        head("form-data; name=\"" + name + "\"");
        parts.add(bytes(content + "\r\n"));
        return this;
    }

    Bundle header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    private void head(String disposition) {
        parts.add(bytes("--" + BOUNDARY + "\r\nContent-Disposition: " + disposition + "\r\n\r\n"));
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    static String base() {
        return "http://127.0.0.1:"
                + ConfigProvider.getConfig().getValue("quarkus.http.test-port", Integer.class);
    }

    Answer post(String model) {
        parts.add(bytes("--" + BOUNDARY + "--\r\n"));
        var request =
                Administrator.request(URI.create(base() + "/api/v1/models/" + model + "/versions"))
                        .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                        .POST(
                                HttpRequest.BodyPublishers.ofInputStream(
                                        () ->
                                                new SequenceInputStream(
                                                        Collections.enumeration(parts))));
        headers.forEach(request::header);
        return send(request);
    }

    static Answer get(String address) {
        return send(Administrator.request(URI.create(base() + address)));
    }

    static Answer put(String address, String json) {
        return send(
                Administrator.request(URI.create(base() + address))
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(json)));
    }

    private static Answer send(HttpRequest.Builder request) {
        try {
            var answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(
                    answer.statusCode(), JSON.readTree(answer.body()), answer.headers().map());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
