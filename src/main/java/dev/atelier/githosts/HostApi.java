package dev.atelier.githosts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.atelier.platform.net.OutboundHttp;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Requests to the REST API of one host, with one credential. Answers are JSON. */
final class HostApi {

    private static final int LARGEST_ANSWER = 4 << 20;
    private static final int LONGEST_MESSAGE = 300;

    /** A host that asks to wait for longer is not waited for. */
    private static final long LONGEST_WAIT = 60;

    private static final int MOST_WAITS = 3;

    /** GitHub's own advice where it does not say how long. */
    private static final long USUAL_WAIT = 60;

    /** What a host answered. */
    record Reply(int status, Map<String, String> headers, JsonNode body) {
        boolean well() {
            return status / 100 == 2;
        }
    }

    private final OutboundHttp http;
    private final ObjectMapper json;
    private final Site site;
    private final Credential credential;
    private final Map<String, String> headers;
    private final @Nullable Consumer<String> said;

    /**
     * @param headers of every request
     * @param said is told when a host is waited for; null where nobody waits
     */
    HostApi(
            OutboundHttp http,
            ObjectMapper json,
            Site site,
            Credential credential,
            Map<String, String> headers,
            @Nullable Consumer<String> said) {
        this.http = http;
        this.json = json;
        this.site = site;
        this.credential = credential;
        this.headers = headers;
        this.said = said;
    }

    /** A part of an address. */
    static String part(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Parts of an address, with slashes between. */
    static String path(String text) {
        return Arrays.stream(text.split("/")).map(HostApi::part).collect(Collectors.joining("/"));
    }

    Reply get(String path) throws HostFailed, InterruptedException {
        return call("GET", path, null);
    }

    Reply post(String path, JsonNode body) throws HostFailed, InterruptedException {
        return call("POST", path, body);
    }

    Reply put(String path, JsonNode body) throws HostFailed, InterruptedException {
        return call("PUT", path, body);
    }

    /**
     * What was asked for, or nothing where the host answers 404.
     *
     * @param doing for the sentence about a failure: "reading acme/wine"
     */
    Optional<JsonNode> find(String path, String doing) throws HostFailed, InterruptedException {
        var reply = get(path);
        return reply.status == 404 ? Optional.empty() : Optional.of(wanted(reply, doing));
    }

    /** The body of an answer that is well. */
    JsonNode wanted(Reply reply, String doing) throws HostFailed {
        if (!reply.well()) {
            throw failed(reply, doing);
        }
        return reply.body;
    }

    private Reply call(String method, String path, @Nullable JsonNode body)
            throws HostFailed, InterruptedException {
        for (int waits = 0; ; waits++) {
            var reply = once(method, path, body);
            var wait = limited(reply);
            if (wait.isEmpty()
                    || said == null
                    || wait.get() > LONGEST_WAIT
                    || waits == MOST_WAITS) {
                return reply;
            }
            said.accept("%s asks to wait for %d s.".formatted(site.host(), wait.get()));
            Thread.sleep(wait.get() * 1_000);
        }
    }

    private Reply once(String method, String path, @Nullable JsonNode body)
            throws HostFailed, InterruptedException {
        var sent = new LinkedHashMap<>(headers);
        var url = site.api() + path;
        try {
            if (body == null) {
                return reply(http.get(url, sent, LARGEST_ANSWER));
            }
            sent.put("content-type", "application/json");
            var bytes = json.writeValueAsBytes(body);
            return reply(
                    method.equals("PUT")
                            ? http.put(url, sent, bytes, LARGEST_ANSWER)
                            : http.post(url, sent, bytes, LARGEST_ANSWER));
        } catch (OutboundHttp.Refused e) {
            throw new HostFailed(
                    "The portal may not call %s: %s".formatted(site.api(), e.getMessage()));
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw away(site, e);
        }
    }

    static HostFailed away(Site site, IOException e) {
        return new HostFailed(
                "%s cannot be reached. %s Try the step again when it can; what was done is kept."
                        .formatted(site.host(), e.getMessage()));
    }

    private Reply reply(OutboundHttp.Answer answer) {
        JsonNode body;
        try {
            body =
                    answer.body().length == 0
                            ? MissingNode.getInstance()
                            : json.readTree(answer.body());
        } catch (JsonProcessingException e) {
            // A page of a proxy, say. Its status tells enough.
            body = MissingNode.getInstance();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return new Reply(answer.status(), answer.headers(), body);
    }

    /** Seconds to wait for a host that asks for less; empty when it does not. */
    private static Optional<Long> limited(Reply reply) {
        var message = message(reply.body).toLowerCase(Locale.ROOT);
        boolean limited =
                reply.status == 429
                        || (reply.status == 403
                                && (reply.headers.containsKey("retry-after")
                                        || "0".equals(reply.headers.get("x-ratelimit-remaining"))
                                        || message.contains("rate limit")));
        if (!limited) {
            return Optional.empty();
        }
        var after = reply.headers.getOrDefault("retry-after", "");
        if (after.matches("[0-9]{1,9}")) {
            return Optional.of(Long.parseLong(after));
        }
        // GitHub names the second of its clock at which one may come again; GitLab without the x.
        var reset =
                reply.headers.getOrDefault(
                        "x-ratelimit-reset", reply.headers.getOrDefault("ratelimit-reset", ""));
        if (reset.matches("[0-9]{1,12}")) {
            return Optional.of(Math.max(0, Long.parseLong(reset) - Instant.now().getEpochSecond()));
        }
        return Optional.of(USUAL_WAIT);
    }

    /** A sentence about an answer that is not well. */
    HostFailed failed(Reply reply, String doing) {
        var wait = limited(reply);
        if (wait.isPresent()) {
            return new HostFailed(
                    "%s has had too many requests of the portal while %s. Try the step again in %s."
                            .formatted(site.host(), doing, span(wait.get())));
        }
        var told = told(reply);
        return new HostFailed(
                switch (reply.status) {
                    case 401 ->
                            "%s does not accept %s while %s. It is wrong or has expired: put a new one in its place.%s"
                                    .formatted(site.host(), credential.origin(), doing, told);
                    case 403 ->
                            "%s does not let %s do this: %s. %s%s"
                                    .formatted(
                                            site.host(),
                                            credential.origin(),
                                            doing,
                                            needed(),
                                            told);
                    case 404 ->
                            "%s has nothing there while %s, or %s does not see it.%s"
                                    .formatted(site.host(), doing, credential.origin(), told);
                    case 301, 302, 307, 308 ->
                            "%s says that this has moved while %s. Name it as it is called now."
                                    .formatted(site.host(), doing);
                    default ->
                            reply.status >= 500
                                    ? "%s has a fault of its own (%d) while %s. Try the step again later; what was done is kept.%s"
                                            .formatted(site.host(), reply.status, doing, told)
                                    : "%s refuses (%d) while %s.%s"
                                            .formatted(site.host(), reply.status, doing, told);
                });
    }

    private String needed() {
        return switch (site.kind()) {
            case GITHUB ->
                    "A classic token needs the scope repo (and workflow where there are workflows), a fine-grained one Administration, Contents, Workflows and Pull requests, read and write.";
            case GITLAB ->
                    "The token needs the scope api, and the role Maintainer in the group, or Developer where these may create projects.";
            case GITEA ->
                    "The token needs write:repository, write:organization and read:user, and its account a team that may create repositories.";
        };
    }

    private static String span(long seconds) {
        return seconds < 120 ? seconds + " seconds" : "%d minutes".formatted((seconds + 59) / 60);
    }

    /** What the host says itself, in brackets. */
    private String told(Reply reply) {
        var message = message(reply.body);
        if (message.isEmpty()) {
            return "";
        }
        var line = credential.hide(message).replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return " (It says: %s)"
                .formatted(
                        line.length() <= LONGEST_MESSAGE
                                ? line
                                : line.substring(0, LONGEST_MESSAGE) + "…");
    }

    /**
     * {@code message} and {@code errors} of GitHub and Gitea; of GitLab {@code message}, which may
     * hold lists by field, or {@code error} with {@code error_description}.
     */
    static String message(JsonNode body) {
        var parts = new ArrayList<String>();
        collect("", body.path("message"), parts);
        for (var error : body.path("errors")) {
            collect("", error.isObject() ? error.path("message") : error, parts);
        }
        collect("", body.path("error"), parts);
        collect("", body.path("error_description"), parts);
        return String.join("; ", parts);
    }

    private static void collect(String name, JsonNode node, List<String> parts) {
        if (node.isTextual() && !node.textValue().isBlank()) {
            parts.add(name.isEmpty() ? node.textValue() : name + " " + node.textValue());
        } else if (node.isArray()) {
            node.forEach(one -> collect(name, one, parts));
        } else if (node.isObject()) {
            node.properties().forEach(one -> collect(one.getKey(), one.getValue(), parts));
        }
    }
}
