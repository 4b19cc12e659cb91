package dev.atelier.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSKeySelector;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.claims.LogoutTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import com.nimbusds.openid.connect.sdk.validators.LogoutTokenValidator;
import dev.atelier.platform.problems.Unavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.text.ParseException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks what the sign-in provider signed: ID tokens, access tokens and logout tokens. */
@ApplicationScoped
class ProviderTokens {

    private static final int SKEW_SECONDS = 10;

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

    private final OidcConfig config;
    private final Provider provider;

    ProviderTokens(OidcConfig config, Provider provider) {
        this.config = config;
        this.provider = provider;
    }

    private String audience() {
        return config.audience().orElseGet(() -> config.clientId().orElseThrow());
    }

    /** Keys that fit a signature; the set is read again for a key that is not in it. */
    private JWSKeySelector<SecurityContext> selector() {
        JWKSource<SecurityContext> source =
                (wanted, context) -> {
                    var found = wanted.select(provider.keys(false));
                    return found.isEmpty() ? wanted.select(provider.keys(true)) : found;
                };
        return new JWSVerificationKeySelector<>(ALGORITHMS, source);
    }

    /**
     * The claims of an ID token that is signed, in time, and meant for this portal.
     *
     * @param nonce what the sign-in began with; null for a refreshed one
     */
    JWTClaimsSet idToken(JWT token, @Nullable String nonce) throws Untrusted {
        var validator =
                new IDTokenValidator(
                        new Issuer(provider.issuer()), provider.client(), selector(), null);
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
                            new JWTClaimsSet.Builder().issuer(provider.issuer()).build(),
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
                            new Issuer(provider.issuer()),
                            provider.client(),
                            false,
                            selector(),
                            null);
            return validator.validate(SignedJWT.parse(text));
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new Untrusted(e);
        }
    }
}
