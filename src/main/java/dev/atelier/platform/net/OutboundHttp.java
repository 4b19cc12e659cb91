package dev.atelier.platform.net;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.IDN;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * The one HTTP client for addresses that people and documents give.
 *
 * <p>The name is resolved once, every address it has is checked, and the connection goes to an
 * address that was checked, with the name for certificate and host: a name that changes its address
 * in between (DNS rebinding) gains nothing. Only https to public addresses on port 443, unless
 * {@code ATELIER_OUTBOUND_ALLOW} lists the host: {@code git.example@10.0.0.0/8,
 * mirror.local:8081@192.168.4.0/24}; a listed host may also use http and any port it is listed
 * with. Redirects (at most three) are checked like the first address and carry no headers on.
 * Bodies are not decompressed and are cut off at their limit; all of it, redirects included, takes
 * at most {@code atelier.outbound.timeout}.
 */
@ApplicationScoped
public class OutboundHttp {

    private static final int CONNECT_TIMEOUT_MS = 3_000;
    private static final int MOST_REDIRECTS = 3;

    /** Header names are in lower case. */
    public record Answer(int status, Map<String, String> headers, byte[] body, URI address) {
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }
    }

    /** The address may not be fetched; the message says why, for people. */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    private record Allowed(String host, int port, PublicAddress.Block block) {
        static Allowed parse(String text) {
            var at = text.lastIndexOf('@');
            if (at < 1) {
                throw new IllegalArgumentException(
                        "ATELIER_OUTBOUND_ALLOW: write host@block, say git.example@10.0.0.0/8; not "
                                + text);
            }
            var host = text.substring(0, at).strip();
            int port = -1;
            var colon = host.lastIndexOf(':');
            if (colon > host.lastIndexOf(']')) {
                port = Integer.parseInt(host.substring(colon + 1));
                host = host.substring(0, colon);
            }
            return new Allowed(
                    host.toLowerCase(Locale.ROOT),
                    port,
                    PublicAddress.Block.of(text.substring(at + 1).strip()));
        }
    }

    private record Target(URI uri, String host, int port, boolean tls, InetAddress address) {}

    private final HttpClient client;
    private final Duration patience;
    private final List<Allowed> allowed;
    private final Resolver resolver;

    @Inject
    OutboundHttp(
            Vertx vertx,
            @ConfigProperty(name = "atelier.outbound.allow") Optional<List<String>> allow,
            @ConfigProperty(name = "atelier.outbound.timeout", defaultValue = "20s")
                    Duration patience) {
        this(vertx, allow.orElse(List.of()), InetAddress::getAllByName, patience);
    }

    OutboundHttp(Vertx vertx, List<String> allow, Resolver resolver, Duration patience) {
        this.patience = patience;
        this.client =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setConnectTimeout(CONNECT_TIMEOUT_MS)
                                .setKeepAlive(false)
                                .setMaxPoolSize(20)
                                .setMaxWaitQueueSize(200)
                                .setVerifyHost(true)
                                .setForceSni(true)
                                .setDecompressionSupported(false)
                                .setMaxHeaderSize(32 << 10)
                                .setMaxInitialLineLength(8 << 10));
        this.allowed =
                allow.stream()
                        .map(String::strip)
                        .filter(s -> !s.isEmpty())
                        .map(Allowed::parse)
                        .toList();
        this.resolver = resolver;
    }

    /**
     * Fetches an address. Blocks; call it on a virtual thread.
     *
     * @param maxBytes of the body; more ends in a {@link Refused}
     * @throws Refused when the address or the answer's size is not allowed
     * @throws IOException when there is no answer in time
     */
    public Answer get(String url, Map<String, String> headers, int maxBytes) throws IOException {
        var target = check(url);
        var sent = headers;
        var until = System.nanoTime() + patience.toNanos();
        for (int hop = 0; ; hop++) {
            var answer = exchange(HttpMethod.GET, target, sent, null, maxBytes, until);
            var location = answer.header("location");
            if (answer.status() / 100 != 3 || answer.status() == 304 || location.isEmpty()) {
                return answer;
            }
            if (hop == MOST_REDIRECTS) {
                throw new Refused("The address redirects more than %d times.".formatted(hop));
            }
            try {
                target = check(target.uri.resolve(new URI(location.get())).toString());
            } catch (URISyntaxException | IllegalArgumentException e) {
                throw new Refused("The address redirects to one that cannot be read.");
            }
            sent = Map.of();
        }
    }

    /**
     * Sends something to an address. Blocks; call it on a virtual thread. A redirect is an answer
     * like any other: what is sent goes to the address that was named or nowhere.
     *
     * @param maxBytes of the answer's body; more ends in a {@link Refused}
     * @throws Refused when the address or the answer's size is not allowed
     * @throws IOException when there is no answer in time
     */
    public Answer post(String url, Map<String, String> headers, byte[] body, int maxBytes)
            throws IOException {
        return send(HttpMethod.POST, url, headers, body, maxBytes);
    }

    /** As {@link #post}, for what takes the place of what is there. */
    public Answer put(String url, Map<String, String> headers, byte[] body, int maxBytes)
            throws IOException {
        return send(HttpMethod.PUT, url, headers, body, maxBytes);
    }

    private Answer send(
            HttpMethod method, String url, Map<String, String> headers, byte[] body, int maxBytes)
            throws IOException {
        return exchange(
                method,
                check(url),
                headers,
                body,
                maxBytes,
                System.nanoTime() + patience.toNanos());
    }

    /** An answer whose body comes as it is read. Header names are in lower case. */
    public record Opened(int status, Map<String, String> headers, InputStream body)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    /**
     * Asks and hands the body on as it comes, of any length: it is never held here, and what is not
     * read is not sent. Blocks; call it on a virtual thread. A redirect is an answer like any
     * other.
     *
     * @param sent the body of a POST; null for a GET
     * @throws Refused when the address is not allowed
     * @throws IOException when there is no answer in time; later, when nothing comes for so long,
     *     or less than a KiB a second in it
     */
    public Opened open(String url, Map<String, String> headers, byte @Nullable [] sent)
            throws IOException {
        return open(url, headers, sent, patience);
    }

    /**
     * As the other, for a host that may take its time.
     *
     * @param patience until it answers, and for each silence in the answer
     */
    public Opened open(
            String url, Map<String, String> headers, byte @Nullable [] sent, Duration patience)
            throws IOException {
        var target = check(url);
        var request = request(sent == null ? HttpMethod.GET : HttpMethod.POST, target, headers);
        var head = new CompletableFuture<Opened>();
        var call = new AtomicReference<HttpClientRequest>();
        client.request(request)
                .onFailure(head::completeExceptionally)
                .onSuccess(
                        one -> {
                            call.set(one);
                            one.exceptionHandler(head::completeExceptionally);
                            one.response()
                                    .onFailure(head::completeExceptionally)
                                    .onSuccess(
                                            response ->
                                                    head.complete(
                                                            new Opened(
                                                                    response.statusCode(),
                                                                    headersOf(response.headers()),
                                                                    new ComingBody(
                                                                            response, patience))));
                            if (sent == null) {
                                one.end();
                            } else {
                                one.end(Buffer.buffer(sent));
                            }
                        });
        try {
            return head.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "The host did not answer within %d seconds.".formatted(patience.toSeconds()),
                    e);
        } catch (ExecutionException e) {
            throw new IOException(reason(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted.", e);
        } finally {
            var one = call.get();
            if (one != null && (!head.isDone() || head.isCompletedExceptionally())) {
                one.reset();
            }
        }
    }

    /** Says whether an address may be fetched, without fetching it. */
    public void require(String url) throws IOException {
        check(url);
    }

    private Target check(String url) throws IOException {
        URI uri;
        try {
            uri = new URI(url.strip());
        } catch (URISyntaxException e) {
            throw new Refused("This is not an address.");
        }
        var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw new Refused("Only https addresses are fetched.");
        }
        if (uri.getRawUserInfo() != null || uri.getHost() == null) {
            throw new Refused("The address has no host, or carries a user name.");
        }
        var host = host(uri.getHost());
        boolean tls = scheme.equals("https");
        int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
        boolean named =
                allowed.stream()
                        .anyMatch(
                                entry ->
                                        entry.host.equals(host)
                                                && (entry.port == -1 || entry.port == port));
        if (!named && (!tls || port != 443)) {
            throw new Refused(
                    "Only https on port 443 is fetched. An administrator can allow this host"
                            + " with ATELIER_OUTBOUND_ALLOW.");
        }
        InetAddress[] addresses;
        try {
            addresses = resolver.resolve(host);
        } catch (UnknownHostException e) {
            throw new IOException("The host \"%s\" is not known.".formatted(host), e);
        }
        if (addresses.length == 0) {
            throw new IOException("The host \"%s\" has no address.".formatted(host));
        }
        for (var address : addresses) {
            if (!isListed(host, port, address)
                    && (!PublicAddress.is(address) || !tls || port != 443)) {
                throw new Refused(
                        ("The host \"%s\" is inside a private network. An administrator can allow it"
                                        + " with ATELIER_OUTBOUND_ALLOW.")
                                .formatted(host));
            }
        }
        return new Target(uri, host, port, tls, addresses[0]);
    }

    private static String host(String given) throws Refused {
        var host = given;
        if (host.startsWith("[")) {
            return host.substring(1, host.length() - 1);
        }
        if (host.endsWith(".")) {
            host = host.substring(0, host.length() - 1);
        }
        try {
            host = IDN.toASCII(host, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            throw new Refused("The host is not a name.");
        }
        if (host.isEmpty() || PublicAddress.isOddNumber(host)) {
            throw new Refused("The host is not a name.");
        }
        return host;
    }

    private boolean isListed(String host, int port, InetAddress address) {
        return allowed.stream()
                .filter(entry -> entry.host.equals(host))
                .filter(entry -> entry.port == -1 || entry.port == port)
                .anyMatch(entry -> entry.block.holds(address.getAddress()));
    }

    private Answer exchange(
            HttpMethod method,
            Target target,
            Map<String, String> headers,
            byte @Nullable [] sent,
            int maxBytes,
            long until)
            throws IOException {
        long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime()));
        var request = request(method, target, headers).setTimeout(left);
        var result = new CompletableFuture<Answer>();
        var opened = new AtomicReference<HttpClientRequest>();
        client.request(request)
                .onFailure(result::completeExceptionally)
                .onSuccess(
                        call -> {
                            opened.set(call);
                            call.exceptionHandler(result::completeExceptionally);
                            call.response()
                                    .onFailure(result::completeExceptionally)
                                    .onSuccess(
                                            response -> {
                                                var body = Buffer.buffer();
                                                response.exceptionHandler(
                                                        result::completeExceptionally);
                                                response.handler(
                                                        part -> {
                                                            if (body.length() + part.length()
                                                                    > maxBytes) {
                                                                result.completeExceptionally(
                                                                        new Refused(
                                                                                "The answer is larger than %d KiB."
                                                                                        .formatted(
                                                                                                maxBytes
                                                                                                        >> 10)));
                                                                call.reset();
                                                            } else {
                                                                body.appendBuffer(part);
                                                            }
                                                        });
                                                response.endHandler(
                                                        _ ->
                                                                result.complete(
                                                                        new Answer(
                                                                                response
                                                                                        .statusCode(),
                                                                                headersOf(
                                                                                        response
                                                                                                .headers()),
                                                                                body.getBytes(),
                                                                                target.uri)));
                                            });
                            if (sent == null) {
                                call.end();
                            } else {
                                call.end(Buffer.buffer(sent));
                            }
                        });
        try {
            return result.get(left, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "The host did not answer within %d seconds.".formatted(patience.toSeconds()),
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw new IOException(reason(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted.", e);
        } finally {
            // A host that sends a byte now and then would keep the connection for ever.
            var call = opened.get();
            if (call != null && !(result.isDone() && !result.isCompletedExceptionally())) {
                call.reset();
            }
        }
    }

    private static RequestOptions request(
            HttpMethod method, Target target, Map<String, String> headers) {
        var path = target.uri.getRawPath();
        var request =
                new RequestOptions()
                        .setMethod(method)
                        .setServer(
                                SocketAddress.inetSocketAddress(
                                        new InetSocketAddress(target.address, target.port)))
                        .setHost(target.host)
                        .setPort(target.port)
                        .setSsl(target.tls)
                        .setURI(
                                (path == null || path.isEmpty() ? "/" : path)
                                        + (target.uri.getRawQuery() == null
                                                ? ""
                                                : "?" + target.uri.getRawQuery()))
                        .setFollowRedirects(false);
        headers.forEach(request::putHeader);
        request.putHeader("user-agent", "atelier");
        return request;
    }

    private static String reason(@Nullable Throwable cause) {
        var message = cause == null ? null : cause.getMessage();
        return "The host did not answer"
                + (message == null ? "." : ": " + message.replaceAll("\\p{Cntrl}", " "));
    }

    private static Map<String, String> headersOf(io.vertx.core.MultiMap headers) {
        var map = new TreeMap<String, String>();
        for (var entry : new ArrayList<>(headers.entries())) {
            map.putIfAbsent(entry.getKey().toLowerCase(Locale.ROOT), entry.getValue());
        }
        return map;
    }
}
