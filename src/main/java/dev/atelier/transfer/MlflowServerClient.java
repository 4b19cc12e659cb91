package dev.atelier.transfer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.platform.net.OutboundHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks an MLflow server: again where it does not answer, page by page, and for no more than is read
 * at once. What says no about one thing is an {@link Answered}; what concerns everything a {@link
 * Source.Away} or {@link Source.Unusable}.
 */
final class MlflowServerClient {

    /** Not there: an older server, or a thing that is gone. */
    static final class Missing extends IOException {
        private static final long serialVersionUID = 1;

        Missing(String message) {
            super(message);
        }
    }

    /** An answer that says no, about this one thing. */
    static class Answered extends IOException {
        private static final long serialVersionUID = 1;

        Answered(String message) {
            super(message);
        }
    }

    /** More than is read at once; a smaller portion may do. */
    static final class Large extends Answered {
        private static final long serialVersionUID = 1;

        Large() {
            super("The server's answer is larger than what is read at once (32 MiB).");
        }
    }

    @FunctionalInterface
    interface Page {
        JsonNode get(@Nullable String token) throws IOException;
    }

    /** As a tree, an answer of a million small parts takes some fifty times its bytes. */
    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxTokenCount(1_000_000)
                                                    .maxNestingDepth(100)
                                                    .build())
                                    .build())
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .build();

    private static final int MOST_JSON = 32 << 20;
    private static final int TRIES = 5;
    private static final int MOST_PAGES = 1_000_000;

    private final OutboundHttp http;
    private final String base;
    private final Map<String, String> headers;
    private final Duration pause;
    private final Runnable check;

    /**
     * @param base address without a slash at its end
     * @param authorization the header; null for none
     * @param pause before the second try; doubled for each more
     * @param check ends it with an exception when nobody waits for it any more
     */
    MlflowServerClient(
            OutboundHttp http,
            String base,
            @Nullable String authorization,
            Duration pause,
            Runnable check) {
        this.http = http;
        this.base = base;
        headers = new HashMap<>();
        headers.put("accept", "*/*");
        if (authorization != null) {
            headers.put("authorization", authorization);
        }
        this.pause = pause;
        this.check = check;
    }

    /** The caller closes it. */
    OutboundHttp.Opened open(String path, @Nullable JsonNode body) throws IOException {
        var sent = body == null ? null : JSON.writeValueAsBytes(body);
        var all = new HashMap<>(headers);
        if (sent != null) {
            all.put("content-type", "application/json");
        }
        var wait = pause;
        for (int tries = 1; ; tries++) {
            String trouble;
            try {
                var answer = http.open(base + path, all, sent);
                if (answer.status() == 200) {
                    return answer;
                }
                trouble = refused(answer, path, tries == TRIES);
            } catch (OutboundHttp.Refused e) {
                throw new Source.Unusable(String.valueOf(e.getMessage()));
            } catch (Source.Away | Source.Unusable | Missing | Answered e) {
                throw e;
            } catch (IOException e) {
                trouble = String.valueOf(e.getMessage());
            }
            check.run();
            if (tries == TRIES) {
                throw new Source.Away(
                        "The server does not answer: "
                                + trouble
                                + (trouble.endsWith(".") ? "" : "."));
            }
            LockSupport.parkNanos(wait.toNanos());
            wait = wait.multipliedBy(2);
        }
    }

    /** What is the trouble, when it may pass. */
    private static String refused(OutboundHttp.Opened answer, String path, boolean last)
            throws IOException {
        String said;
        try (answer) {
            said = message(answer.body().readNBytes(8 << 10));
        } catch (IOException e) {
            said = "";
        }
        var status = answer.status();
        if (status == 401 || status == 403) {
            throw new Source.Unusable(
                    "The server answers %d: it does not let these credentials read %s."
                            .formatted(status, path.replaceAll("\\?.*", "")));
        }
        if (status / 100 == 3) {
            throw new Source.Unusable(
                    "The server answers %d, a redirect, which is not followed with credentials. Give the address that it leads to."
                            .formatted(status));
        }
        if (status == 404) {
            throw new Missing("The server answers 404" + said);
        }
        if (status == 429 || status >= 502) {
            return "it answers " + status + said;
        }
        if (status < 500 || last) {
            throw new Answered("The server answers " + status + said);
        }
        return "it answers " + status + said;
    }

    private static String message(byte[] body) {
        try {
            var text = JSON.readTree(body).path("message").asText("");
            return text.isEmpty() ? "." : ": " + Texts.shown(text, 300);
        } catch (IOException e) {
            return ".";
        }
    }

    JsonNode ask(String path, @Nullable JsonNode body) throws IOException {
        byte[] bytes;
        try (var answer = open(path, body)) {
            bytes = read(answer.body());
        } catch (Source.Away | Source.Unusable | Missing | Answered e) {
            throw e;
        } catch (IOException e) {
            throw new Source.Away("The server's answer ended in the middle: " + e.getMessage());
        }
        if (bytes.length > MOST_JSON) {
            throw new Large();
        }
        try {
            var json = JSON.readTree(bytes);
            if (json.isObject()) {
                return json;
            }
        } catch (StreamConstraintsException e) {
            throw new Large();
        } catch (JsonProcessingException e) {
            throw new Answered("What the server answers is no JSON.");
        }
        throw new Answered("What the server answers is no JSON object.");
    }

    /** All of it, or more than is read at once; a little at a time, so that a cancel is heard. */
    private byte[] read(InputStream body) throws IOException {
        var all = new ByteArrayOutputStream();
        var some = new byte[64 << 10];
        for (int n; all.size() <= MOST_JSON && (n = body.read(some)) >= 0; ) {
            check.run();
            all.write(some, 0, n);
        }
        return all.toByteArray();
    }

    static ObjectNode body() {
        return JSON.createObjectNode();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static void pages(Page page, Source.Visitor<JsonNode> visitor) throws IOException {
        String token = null;
        for (int i = 0; i < MOST_PAGES; i++) {
            var answer = page.get(token);
            visitor.see(answer);
            var next = answer.path("next_page_token").asText("");
            if (next.isEmpty() || next.equals(token)) {
                return;
            }
            token = next;
        }
        throw new Answered("The server's list does not end.");
    }
}
