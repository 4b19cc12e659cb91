package dev.atelier.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSKeySelector;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPRequest;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.claims.LogoutTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import com.nimbusds.openid.connect.sdk.validators.LogoutTokenValidator;
import dev.atelier.platform.problems.Unavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.text.ParseException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The OpenID Connect provider where people sign in: asks it, and checks what it signed.
 *
 * <p>Nothing is asked before somebody needs an answer. What it publishes is kept, and goes on being
 * used while it is away; when it does not answer, the next two seconds do not ask again, so that
 * requests do not queue behind a dead host.
 */
@ApplicationScoped
class Provider {

    private static final Logger LOG = Logger.getLogger(Provider.class);

    private static final Duration CONNECT = Duration.ofMillis(1_500);
    private static final Duration ANSWER = Duration.ofSeconds(3);
    private static final Duration KEPT = Duration.ofMinutes(10);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final int SKEW_SECONDS = 10;
    private static final int MOST_BYTES = 1_000_000;

    /** Signatures with a pair of keys; what is signed with a shared secret is never believed. */
    private static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(
                    JWSAlgorithm.RS256,
                    JWSAlgorithm.RS384,
                    JWSAlgorithm.RS512,
                    JWSAlgorithm.PS256,
                    JWSAlgorithm.PS384,
                    JWSAlgorithm.PS512,
                    JWSAlgorithm.ES256,
                    JWSAlgorithm.ES384,
                    JWSAlgorithm.ES512);

    /** What the provider answered to a code or a refresh token. */
    sealed interface Answer {
        /**
         * @param life how long the access token lasts
         */
        record Granted(
                @Nullable JWT idToken,
                String accessToken,
                @Nullable String refreshToken,
                Duration life)
                implements Answer {}

        /**
         * @param error say {@code invalid_grant}
         */
        record Refused(String error) implements Answer {}
    }

    /** Something that a provider signed is not what it should be. */
    static final class Untrusted extends Exception {
        private static final long serialVersionUID = 1;

        Untrusted(String message) {
            super(message);
        }

        Untrusted(Exception cause) {
            super(cause.getMessage(), cause);
        }
    }

    private record Published(OIDCProviderMetadata metadata, long at) {}

    private record Keys(JWKSet set, long at) {}

    private final OidcConfig config;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile @Nullable Published published;
    private volatile @Nullable Keys keys;
    private volatile long lastAnswer;
    private volatile long lastFailure;
    private volatile boolean away;
    private volatile @Nullable HttpClient http;

    Provider(OidcConfig config) {
        this.config = config;
    }

    boolean configured() {
        return config.configured();
    }

    String name() {
        return config.name();
    }

    /** The host that people see in the address line. */
    String host() {
        var host = URI.create(issuer()).getHost();
        return host == null ? issuer() : host;
    }

    String issuer() {
        return config.url().orElseThrow();
    }

    private ClientID client() {
        return new ClientID(config.clientId().orElseThrow());
    }

    private String audience() {
        return config.audience().orElseGet(() -> config.clientId().orElseThrow());
    }

    /** Whether it answers; asks when nobody did for some seconds. */
    boolean answers() {
        if (lastAnswer != 0 && since(lastAnswer) < FRESH.toNanos() && !away) {
            return true;
        }
        try {
            publish(true);
            return true;
        } catch (Unavailable e) {
            return false;
        }
    }

    private static long since(long nanos) {
        return System.nanoTime() - nanos;
    }

    private Unavailable unavailable() {
        return new Unavailable(
                "The sign-in provider (%s) does not answer. It is asked again by itself; nothing was changed."
                        .formatted(host()));
    }

    // Asking -----------------------------------------------------------------------------------

    private HttpClient http() {
        var client = http;
        if (client == null) {
            // Redirects are not followed: the provider is where the configuration says.
            client = HttpClient.newBuilder().connectTimeout(CONNECT).build();
            http = client;
        }
        return client;
    }

    private record Reply(int status, String type, String body) {}

    /**
     * @throws Unavailable when nothing comes in time, or the provider says that it is broken
     */
    private Reply ask(HttpRequest request) {
        if (lastFailure != 0 && away && since(lastFailure) < QUIET.toNanos()) {
            throw unavailable();
        }
        var sent = http().sendAsync(request, BodyHandlers.ofByteArray());
        try {
            // For the whole answer; the client's own limit ends with the headers.
            var answer = sent.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.statusCode() >= 500 || answer.body().length > MOST_BYTES) {
                throw new IOException("status " + answer.statusCode());
            }
            if (away) {
                LOG.infof("The sign-in provider %s answers again", issuer());
            }
            away = false;
            lastAnswer = System.nanoTime();
            return new Reply(
                    answer.statusCode(),
                    answer.headers().firstValue("Content-Type").orElse("application/json"),
                    new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8));
        } catch (IOException | ExecutionException | TimeoutException e) {
            sent.cancel(true);
            throw failed(request.uri(), e);
        } catch (InterruptedException e) {
            sent.cancel(true);
            Thread.currentThread().interrupt();
            throw unavailable();
        }
    }

    private Unavailable failed(URI address, Exception e) {
        if (!away) {
            LOG.warnf(
                    "The sign-in provider does not answer at %s: %s. People who are signed in go on.",
                    address, e);
        }
        away = true;
        lastFailure = System.nanoTime();
        return unavailable();
    }

    private OIDCProviderMetadata metadata() {
        var known = published;
        if (known != null && since(known.at()) < KEPT.toNanos()) {
            return known.metadata();
        }
        try {
            return publish(false);
        } catch (Unavailable e) {
            if (known != null) {
                return known.metadata();
            }
            throw e;
        }
    }

    private OIDCProviderMetadata publish(boolean probe) {
        var before = lastAnswer;
        asking.lock();
        try {
            var known = published;
            // Somebody asked while this one waited.
            if (known != null
                    && (before != lastAnswer || (!probe && since(known.at()) < KEPT.toNanos()))) {
                return known.metadata();
            }
            var base = config.internalUrl().map(URI::toString).orElseGet(this::issuer);
            var address =
                    URI.create(
                            (base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                                    + "/.well-known/openid-configuration");
            var reply = ask(HttpRequest.newBuilder(address).GET().build());
            if (reply.status() != 200) {
                throw failed(address, new IOException("status " + reply.status()));
            }
            var metadata = OIDCProviderMetadata.parse(reply.body());
            if (!metadata.getIssuer().getValue().equals(issuer())) {
                throw failed(
                        address,
                        new IOException(
                                "it calls itself \"%s\", and ATELIER_OIDC_URL says \"%s\": they must be equal"
                                        .formatted(metadata.getIssuer(), issuer())));
            }
            if (metadata.getTokenEndpointURI() == null
                    || metadata.getAuthorizationEndpointURI() == null
                    || metadata.getJWKSetURI() == null) {
                throw failed(address, new IOException("it publishes no endpoints to sign in at"));
            }
            published = new Published(metadata, System.nanoTime());
            return metadata;
        } catch (com.nimbusds.oauth2.sdk.ParseException e) {
            throw failed(URI.create(issuer()), e);
        } finally {
            asking.unlock();
        }
    }

    private JWKSet keySet(boolean again) {
        var known = keys;
        if (known != null && since(known.at()) < (again ? FRESH : KEPT).toNanos()) {
            return known.set();
        }
        asking.lock();
        try {
            var now = keys;
            if (now != null && now != known) {
                return now.set();
            }
            var address = metadata().getJWKSetURI();
            var reply = ask(HttpRequest.newBuilder(address).GET().build());
            if (reply.status() != 200) {
                throw failed(address, new IOException("status " + reply.status()));
            }
            var read = new Keys(JWKSet.parse(reply.body()), System.nanoTime());
            keys = read;
            return read.set();
        } catch (ParseException e) {
            throw failed(URI.create(issuer()), e);
        } catch (Unavailable e) {
            if (known != null && !again) {
                return known.set();
            }
            throw e;
        } finally {
            asking.unlock();
        }
    }

    /** Keys that fit a signature; the set is read again for a key that is not in it. */
    private JWSKeySelector<SecurityContext> selector() {
        JWKSource<SecurityContext> source =
                (wanted, context) -> {
                    var found = wanted.select(keySet(false));
                    return found.isEmpty() ? wanted.select(keySet(true)) : found;
                };
        return new JWSVerificationKeySelector<>(ALGORITHMS, source);
    }

    // Signing in -------------------------------------------------------------------------------

    /**
     * Where the browser goes to sign in.
     *
     * @throws Unavailable when the provider has not been heard of since the start
     */
    URI authorization(URI back, String state, String nonce, String verifier) {
        if (!answers()) {
            throw unavailable();
        }
        return new AuthenticationRequest.Builder(
                        ResponseType.CODE,
                        new Scope(config.scopes().toArray(String[]::new)),
                        client(),
                        back)
                .endpointURI(metadata().getAuthorizationEndpointURI())
                .state(new State(state))
                .nonce(new Nonce(nonce))
                .codeChallenge(new CodeVerifier(verifier), CodeChallengeMethod.S256)
                .build()
                .toURI();
    }

    /** Turns a code into tokens. */
    Answer exchange(String code, URI back, String verifier) {
        return grant(
                new AuthorizationCodeGrant(
                        new AuthorizationCode(code), back, new CodeVerifier(verifier)));
    }

    Answer refresh(String refreshToken) {
        return grant(new RefreshTokenGrant(new RefreshToken(refreshToken)));
    }

    private Answer grant(AuthorizationGrant grant) {
        var authentication =
                new ClientSecretBasic(client(), new Secret(config.clientSecret().orElseThrow()));
        var request = new TokenRequest(metadata().getTokenEndpointURI(), authentication, grant);
        try {
            var response = OIDCTokenResponseParser.parse(request.toHTTPRequest().send(this::send));
            if (!response.indicatesSuccess()) {
                var error = response.toErrorResponse().getErrorObject();
                return new Answer.Refused(
                        error == null || error.getCode() == null ? "no reason" : error.getCode());
            }
            var tokens = ((OIDCTokenResponse) response.toSuccessResponse()).getOIDCTokens();
            var life = tokens.getAccessToken().getLifetime();
            return new Answer.Granted(
                    tokens.getIDToken(),
                    tokens.getAccessToken().getValue(),
                    tokens.getRefreshToken() == null ? null : tokens.getRefreshToken().getValue(),
                    life > 0 ? Duration.ofSeconds(life) : Duration.ofMinutes(5));
        } catch (com.nimbusds.oauth2.sdk.ParseException | IOException e) {
            throw failed(metadata().getTokenEndpointURI(), e);
        }
    }

    /** Carries the library's requests, with our limits of time. */
    private ReadOnlyHTTPResponse send(ReadOnlyHTTPRequest wanted) throws IOException {
        var request = HttpRequest.newBuilder(wanted.getURI());
        wanted.getHeaderMap()
                .forEach((name, values) -> values.forEach(value -> request.header(name, value)));
        request.method(wanted.getMethod().name(), BodyPublishers.ofString(wanted.getBody()));
        var reply = ask(request.build());
        var response = new HTTPResponse(reply.status());
        response.setHeader("Content-Type", reply.type());
        response.setBody(reply.body());
        return response;
    }

    /**
     * Where the browser goes to end the provider's session as well; empty when it has no such
     * address or was last heard to be away.
     */
    Optional<URI> logout(@Nullable String idToken, URI back) {
        if (!answers()) {
            return Optional.empty();
        }
        var address = metadata().getEndSessionEndpointURI();
        if (address == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new LogoutRequest(
                                    address,
                                    idToken == null ? null : JWTParser.parse(idToken),
                                    null,
                                    client(),
                                    back,
                                    null,
                                    null)
                            .toURI());
        } catch (ParseException e) {
            throw new IllegalStateException("A kept ID token cannot be read", e);
        }
    }

    // Checking ---------------------------------------------------------------------------------

    /**
     * The claims of an ID token that is signed, in time, and meant for this portal.
     *
     * @param nonce what the sign-in began with; null for a refreshed one
     */
    JWTClaimsSet idToken(JWT token, @Nullable String nonce) throws Untrusted {
        var validator = new IDTokenValidator(new Issuer(issuer()), client(), selector(), null);
        validator.setMaxClockSkew(SKEW_SECONDS);
        try {
            return validator
                    .validate(token, nonce == null ? null : new Nonce(nonce))
                    .toJWTClaimsSet();
        } catch (BadJOSEException | JOSEException | com.nimbusds.oauth2.sdk.ParseException e) {
            throw new Untrusted(e);
        }
    }

    /** Whether a text has the form of a token that a provider signs. */
    static boolean hasFormOfJwt(String text) {
        return text.startsWith("ey") && text.chars().filter(c -> c == '.').count() == 2;
    }

    /**
     * The claims of an access token that came with a request: signed, in time, meant for this
     * portal, and an access token at all. An ID token tells a client who signed in; whoever sends
     * one as a key is refused.
     *
     * @throws Unavailable when its key is not known and the provider does not answer
     */
    JWTClaimsSet accessToken(String text) throws Untrusted {
        return accessToken(text, Set.of(audience()));
    }

    /** As {@link #accessToken(String)}, for one that came from the provider itself. */
    JWTClaimsSet ownAccessToken(String text) throws Untrusted {
        return accessToken(text, null);
    }

    private JWTClaimsSet accessToken(String text, @Nullable Set<String> audience) throws Untrusted {
        try {
            var token = SignedJWT.parse(text);
            var processor = new DefaultJWTProcessor<SecurityContext>();
            processor.setJWSTypeVerifier(
                    new DefaultJOSEObjectTypeVerifier<>(
                            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
            processor.setJWSKeySelector(selector());
            var verifier =
                    new DefaultJWTClaimsVerifier<SecurityContext>(
                            audience,
                            new JWTClaimsSet.Builder().issuer(issuer()).build(),
                            Set.of("exp", "iat", "sub"),
                            Set.of("at_hash", "c_hash", "nonce", "events"));
            verifier.setMaxClockSkew(SKEW_SECONDS);
            processor.setJWTClaimsSetVerifier(verifier);
            var claims = processor.process(token, null);
            if (!saysItIsAnAccessToken(token, claims)) {
                throw new Untrusted("It is no access token");
            }
            return claims;
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new Untrusted(e);
        }
    }

    private static boolean saysItIsAnAccessToken(SignedJWT token, JWTClaimsSet claims) {
        var type = token.getHeader().getType();
        if (type != null && type.getType().toLowerCase(Locale.ROOT).equals("at+jwt")) {
            return true;
        }
        // Keycloak names the kind in a claim; others are told by the scope, which ID tokens lack.
        return claims.getClaim("typ") instanceof String kind
                ? kind.equalsIgnoreCase("Bearer")
                : claims.getClaim("scope") != null || claims.getClaim("scp") != null;
    }

    /** What a back-channel logout token says, checked as the specification asks. */
    LogoutTokenClaimsSet logoutToken(String text) throws Untrusted {
        try {
            var validator =
                    new LogoutTokenValidator(
                            new Issuer(issuer()), client(), false, selector(), null);
            return validator.validate(SignedJWT.parse(text));
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new Untrusted(e);
        }
    }
}
