package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * A request and what the host answers, in the shapes that its API's documentation gives; {@code
 * documented} says where. Kept in {@code src/test/resources/githosts}. A text that begins with
 * {@code ~} is a pattern for what differs from run to run.
 */
public record Contract(String name, JsonNode request, JsonNode response) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * @param name as in {@code github/create-in-organization}
     */
    static Contract of(String name) {
        try (var in = Contract.class.getResourceAsStream("/githosts/" + name + ".json")) {
            var read = JSON.readTree(Objects.requireNonNull(in, name));
            if (!read.path("documented").asText().startsWith("https://")) {
                throw new IllegalArgumentException(name + " does not say where it is documented");
            }
            return new Contract(name, read.path("request"), read.path("response"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isFor(String kind, String method, String path) {
        return name.startsWith(kind + "/")
                && request.path("method").asText().equals(method)
                && isText(request.path("path").asText(), path);
    }

    /** Whether a body is as it was recorded. */
    boolean hasBody(JsonNode sent) {
        return isAs(request.path("body"), sent);
    }

    private static boolean isAs(JsonNode wanted, JsonNode sent) {
        if (wanted.isObject()) {
            return sent.isObject()
                    && wanted.size() == sent.size()
                    && wanted.properties().stream()
                            .allMatch(one -> isAs(one.getValue(), sent.path(one.getKey())));
        }
        return wanted.isTextual()
                ? sent.isTextual() && isText(wanted.textValue(), sent.textValue())
                : wanted.equals(sent);
    }

    private static boolean isText(String wanted, String sent) {
        return wanted.startsWith("~") ? sent.matches(wanted.substring(1)) : wanted.equals(sent);
    }

    /** The repository that is there once this was answered; empty for none. */
    String makes() {
        return response.path("makes").asText("");
    }
}
