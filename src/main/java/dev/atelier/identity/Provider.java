package dev.atelier.identity;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTParser;
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
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import dev.atelier.platform.problems.Unavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.text.ParseException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The OpenID Connect provider where people sign in.
 *
 * <p>Nothing is asked before somebody needs an answer. What it publishes is kept, and goes on being
 * used while it is away.
 */
@ApplicationScoped
class Provider {

    private static final Duration KEPT = Duration.ofMinutes(10);
    private static final Duration FRESH = Duration.ofSeconds(5);

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

    private record Published(OIDCProviderMetadata metadata, long at) {}

    private record Keys(JWKSet set, long at) {}

    private final OidcConfig config;
    private final ProviderConnection connection;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile @Nullable Published published;
    private volatile @Nullable Keys keys;

    Provider(OidcConfig config, ProviderConnection connection) {
        this.config = config;
        this.connection = connection;
    }

    boolean configured() {
        return config.configured();
    }

    String name() {
        return config.name();
    }

    /** The host that people see in the address line. */
    String host() {
        return config.host();
    }

    String issuer() {
        return config.url().orElseThrow();
    }

    ClientID client() {
        return new ClientID(config.clientId().orElseThrow());
    }

    /** Whether it answers; asks when nobody did for some seconds. */
    boolean answers() {
        if (connection.answeredJustNow()) {
            return true;
        }
        try {
            publish(true);
            return true;
        } catch (Unavailable e) {
            return false;
        }
    }

    // What it publishes ------------------------------------------------------------------------

    private OIDCProviderMetadata metadata() {
        var known = published;
        if (known != null && ProviderConnection.since(known.at()) < KEPT.toNanos()) {
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
        var before = connection.lastAnswer();
        asking.lock();
        try {
            var known = published;
            // Somebody asked while this one waited.
            if (known != null
                    && (before != connection.lastAnswer()
                            || (!probe && ProviderConnection.since(known.at()) < KEPT.toNanos()))) {
                return known.metadata();
            }
            var base = config.internalUrl().map(URI::toString).orElseGet(this::issuer);
            var address =
                    URI.create(
                            (base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                                    + "/.well-known/openid-configuration");
            var reply = connection.ask(HttpRequest.newBuilder(address).GET().build());
            if (reply.status() != 200) {
                throw connection.failed(address, new IOException("status " + reply.status()));
            }
            var metadata = OIDCProviderMetadata.parse(reply.body());
            if (!metadata.getIssuer().getValue().equals(issuer())) {
                throw connection.failed(
                        address,
                        new IOException(
                                "it calls itself \"%s\", and ATELIER_OIDC_URL says \"%s\": they must be equal"
                                        .formatted(metadata.getIssuer(), issuer())));
            }
            if (metadata.getTokenEndpointURI() == null
                    || metadata.getAuthorizationEndpointURI() == null
                    || metadata.getJWKSetURI() == null) {
                throw connection.failed(
                        address, new IOException("it publishes no endpoints to sign in at"));
            }
            published = new Published(metadata, System.nanoTime());
            return metadata;
        } catch (com.nimbusds.oauth2.sdk.ParseException e) {
            throw connection.failed(URI.create(issuer()), e);
        } finally {
            asking.unlock();
        }
    }

    /**
     * The keys it signs with.
     *
     * @param again whether those that are kept did not do
     */
    JWKSet keys(boolean again) {
        var known = keys;
        if (known != null
                && ProviderConnection.since(known.at()) < (again ? FRESH : KEPT).toNanos()) {
            return known.set();
        }
        asking.lock();
        try {
            var now = keys;
            if (now != null && now != known) {
                return now.set();
            }
            var address = metadata().getJWKSetURI();
            var reply = connection.ask(HttpRequest.newBuilder(address).GET().build());
            if (reply.status() != 200) {
                throw connection.failed(address, new IOException("status " + reply.status()));
            }
            var read = new Keys(JWKSet.parse(reply.body()), System.nanoTime());
            keys = read;
            return read.set();
        } catch (ParseException e) {
            throw connection.failed(URI.create(issuer()), e);
        } catch (Unavailable e) {
            if (known != null && !again) {
                return known.set();
            }
            throw e;
        } finally {
            asking.unlock();
        }
    }

    // Signing in -------------------------------------------------------------------------------

    /**
     * Where the browser goes to sign in.
     *
     * @throws Unavailable when the provider has not been heard of since the start
     */
    URI authorization(URI back, String state, String nonce, String verifier) {
        if (!answers()) {
            throw connection.unavailable();
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
            throw connection.failed(metadata().getTokenEndpointURI(), e);
        }
    }

    /** Carries the library's requests, with our limits of time. */
    private ReadOnlyHTTPResponse send(ReadOnlyHTTPRequest wanted) throws IOException {
        var request = HttpRequest.newBuilder(wanted.getURI());
        wanted.getHeaderMap()
                .forEach((name, values) -> values.forEach(value -> request.header(name, value)));
        request.method(wanted.getMethod().name(), BodyPublishers.ofString(wanted.getBody()));
        var reply = connection.ask(request.build());
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
}
