package dev.atelier.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * A small OpenID provider that signs whatever a test wants, also what Keycloak would never sign. It
 * gives no refresh tokens unless it is told to, and has claims of its own.
 */
public class Issuer implements QuarkusTestResourceLifecycleManager {

    static final String CLIENT = "atelier";
    static final String SECRET = "a-secret-between-two-servers";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Answers that a code or refresh token will be exchanged for; each once. */
    private static final Map<String, byte[]> GRANTS = new ConcurrentHashMap<>();

    @Override
    public Map<String, String> start() {
        var url = begin();
        return Map.of(
                "atelier.oidc.url", url,
                "atelier.oidc.client-id", CLIENT,
                "atelier.oidc.client-secret", SECRET,
                "atelier.oidc.audience", "api://atelier",
                "atelier.oidc.name-claim", "upn",
                "atelier.oidc.email-domain", "Halden.example",
                "atelier.oidc.roles-claim", "halden.access,levels",
                "atelier.oidc.role-map", "Engineers of Halden=ml-engineer,ops=platform-admin",
                "atelier.oidc.groups-claim", "teams");
    }

    private static String begin() {
        try {
            var key = new RSAKeyGenerator(2048).keyID("of-the-issuer").generate();
            var server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            var url = "http://localhost:" + server.getAddress().getPort();
            server.createContext(
                    "/.well-known/openid-configuration",
                    e -> answer(e, 200, JSON.writeValueAsBytes(metadata(url))));
            server.createContext(
                    "/keys",
                    e ->
                            answer(
                                    e,
                                    200,
                                    JSON.writeValueAsBytes(
                                            new JWKSet(key.toPublicJWK()).toJSONObject())));
            server.createContext(
                    "/private-key", e -> answer(e, 200, key.toJSONString().getBytes(UTF_8)));
            server.createContext("/token", Issuer::token);
            server.createContext(
                    "/grants/",
                    e -> {
                        GRANTS.put(
                                e.getRequestURI().getPath().substring("/grants/".length()),
                                e.getRequestBody().readAllBytes());
                        answer(e, 200, new byte[0]);
                    });
            server.start();
            return url;
        } catch (IOException | JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        // Kept for the next class; a daemon of this process.
    }

    /** The issuer that the portal under test was told of; this class may be loaded twice. */
    static String url() {
        return ConfigProvider.getConfig().getValue("atelier.oidc.url", String.class);
    }

    private static Map<String, Object> metadata(String url) {
        return Map.of(
                "issuer",
                url,
                "authorization_endpoint",
                url + "/authorize",
                "token_endpoint",
                url + "/token",
                "jwks_uri",
                url + "/keys",
                "subject_types_supported",
                List.of("public"),
                "response_types_supported",
                List.of("code"),
                "id_token_signing_alg_values_supported",
                List.of("RS256"));
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private static void token(HttpExchange exchange) throws IOException {
        var form =
                Arrays.stream(
                                new String(exchange.getRequestBody().readAllBytes(), UTF_8)
                                        .split("&"))
                        .map(pair -> pair.split("=", 2))
                        .collect(
                                Collectors.toMap(
                                        pair -> pair[0],
                                        pair -> URLDecoder.decode(pair[1], UTF_8)));
        var wanted = form.getOrDefault("code", form.getOrDefault("refresh_token", ""));
        var answer =
                form.containsKey("code_verifier") || form.containsKey("refresh_token")
                        ? GRANTS.remove(wanted)
                        : null;
        if (answer == null) {
            answer(exchange, 400, JSON.writeValueAsBytes(Map.of("error", "invalid_grant")));
        } else {
            answer(exchange, 200, answer);
        }
    }

    /** What an access token of somebody says. */
    static JWTClaimsSet.Builder access(String upn) {
        return new JWTClaimsSet.Builder()
                .issuer(url())
                .subject("subject-of-" + upn)
                .audience("api://atelier")
                .issueTime(Date.from(Instant.now()))
                .expirationTime(Date.from(Instant.now().plusSeconds(300)))
                .claim("upn", upn)
                .claim("name", "Somebody called " + upn)
                .claim("scope", "openid");
    }

    /** What an ID token of somebody says. */
    static JWTClaimsSet.Builder id(String upn, String nonce) {
        return access(upn).audience(CLIENT).claim("scope", null).claim("nonce", nonce);
    }

    static String sign(JWTClaimsSet.Builder claims) {
        return sign(claims, header -> header);
    }

    static String sign(JWTClaimsSet.Builder claims, UnaryOperator<JWSHeader.Builder> header) {
        return sign(claims, header, key());
    }

    static String sign(
            JWTClaimsSet.Builder claims, UnaryOperator<JWSHeader.Builder> header, RSAKey with) {
        try {
            var token =
                    new SignedJWT(
                            header.apply(
                                            new JWSHeader.Builder(JWSAlgorithm.RS256)
                                                    .keyID("of-the-issuer")
                                                    .type(JOSEObjectType.JWT))
                                    .build(),
                            claims.build());
            token.sign(new RSASSASigner(with));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RSAKey key() {
        try {
            return RSAKey.parse(
                    send(HttpRequest.newBuilder(URI.create(url() + "/private-key")).build()));
        } catch (ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String send(HttpRequest request) {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static RSAKey publicKey() {
        return key().toPublicJWK();
    }

    /** A code that is good for these tokens once. */
    static String code(String idToken, String accessToken, String refreshToken) {
        var code = UUID.randomUUID().toString();
        grant(code, idToken, accessToken, refreshToken);
        return code;
    }

    /** What a code or refresh token will be exchanged for, once. */
    static void grant(String forWhat, String idToken, String accessToken, String refreshToken) {
        var tokens = new HashMap<String, Object>();
        tokens.put("token_type", "Bearer");
        tokens.put("expires_in", 300);
        tokens.put("id_token", idToken);
        tokens.put("access_token", accessToken);
        if (refreshToken != null) {
            tokens.put("refresh_token", refreshToken);
        }
        try {
            var unused =
                    send(
                            HttpRequest.newBuilder(URI.create(url() + "/grants/" + forWhat))
                                    .PUT(
                                            HttpRequest.BodyPublishers.ofByteArray(
                                                    JSON.writeValueAsBytes(tokens)))
                                    .build());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
