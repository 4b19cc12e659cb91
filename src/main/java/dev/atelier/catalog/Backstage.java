package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.platform.problems.Invalid;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the parts of {@link BackstageCatalog} share: how requests are read and answers tagged. */
final class Backstage {

    static final int DEFAULT_LIMIT = 200;

    private Backstage() {}

    static ObjectNode body(String text) {
        try {
            if (Json.read(text.isBlank() ? "{}" : text) instanceof ObjectNode object) {
                return object;
            }
            throw new Invalid("Malformed request: expected a JSON object");
        } catch (JsonProcessingException e) {
            throw new Invalid("Malformed request: " + e.getOriginalMessage());
        }
    }

    static int number(String name, @Nullable String text, int otherwise) {
        if (text == null || text.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Told below, as for negative numbers.
        }
        throw new Invalid("Invalid %s, expected a number that is zero or more".formatted(name));
    }

    /**
     * Weak: the catalog's revision, the question and what is hidden from whoever asks decide what
     * is answered.
     */
    static String tag(long revision, UriInfo uri, Set<String> hidden) {
        var question = String.valueOf(uri.getRequestUri().getRawQuery());
        return "W/\"%x-%x-%x-%x\""
                .formatted(revision, question.hashCode(), question.length(), hidden.hashCode());
    }

    /** Where a list that is counted off goes on; opaque to clients. */
    record Place(int limit, int offset) {
        String encode() {
            return Base64.getEncoder()
                    .encodeToString(
                            Json.write(Map.of("limit", limit, "offset", offset))
                                    .getBytes(StandardCharsets.UTF_8));
        }

        static Place decode(String text) {
            try {
                var json =
                        Json.read(
                                new String(
                                        Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
                var place = new Place(json.path("limit").asInt(-1), json.path("offset").asInt(-1));
                if (place.limit >= 0 && place.offset >= 0) {
                    return place;
                }
            } catch (JsonProcessingException | IllegalArgumentException _) {
                // Told below, as for numbers that make no sense.
            }
            throw new Invalid("Malformed after cursor, could not be decoded");
        }
    }
}
