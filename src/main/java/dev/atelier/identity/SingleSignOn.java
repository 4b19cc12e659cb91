package dev.atelier.identity;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.openid.connect.sdk.claims.LogoutTokenClaimsSet;
import dev.atelier.platform.CannotStart;
import dev.atelier.platform.database.Database;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sign-in at the provider, and the sign-out that it announces. A sign-in ends in a session of
 * Atelier's own, which lives in the database like any other; {@link Refreshing} keeps it true.
 */
@ApplicationScoped
public class SingleSignOn {

    private static final Logger LOG = Logger.getLogger(SingleSignOn.class);
    private static final Duration LOGOUT_AGE = Duration.ofMinutes(5);

    /** Why somebody was not signed in, for them to read. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /**
     * What a browser takes along to the provider and must bring back.
     *
     * @param connect the local account that is to be handed over; null for a sign-in
     * @param at seconds since 1970
     */
    record Journey(
            String state,
            String nonce,
            String verifier,
            String next,
            @Nullable String connect,
            long at) {}

    /** Somebody whom the provider has just signed in. */
    record Arrived(
            Account account, Claims claims, Provider.Answer.Granted tokens, JWTClaimsSet id) {}

    private final OidcConfig config;
    private final Provider provider;
    private final ProviderTokens tokens;
    private final ProviderClaims claims;
    private final ProviderAccounts accounts;
    private final ProviderSessions kept;
    private final Sessions sessions;
    private final SecretBox box;
    private final boolean local;

    SingleSignOn(
            OidcConfig config,
            Provider provider,
            ProviderTokens tokens,
            ProviderClaims claims,
            ProviderAccounts accounts,
            ProviderSessions kept,
            Sessions sessions,
            SecretBox box,
            @ConfigProperty(name = "atelier.local-sign-in") boolean local) {
        this.config = config;
        this.provider = provider;
        this.tokens = tokens;
        this.claims = claims;
        this.accounts = accounts;
        this.kept = kept;
        this.sessions = sessions;
        this.box = box;
        this.local = local;
    }

    void check(@Observes StartupEvent event) {
        var given =
                List.of(
                        config.url().isPresent(),
                        config.clientId().isPresent(),
                        config.clientSecret().isPresent());
        if (given.contains(true) && given.contains(false)) {
            throw new CannotStart(
                    "Single sign-on needs all three of ATELIER_OIDC_URL, ATELIER_OIDC_CLIENT_ID and"
                            + " ATELIER_OIDC_CLIENT_SECRET.");
        }
        if (!local && !configured()) {
            throw new CannotStart(
                    "ATELIER_LOCAL_SIGN_IN=false without ATELIER_OIDC_URL: nobody could sign in.");
        }
        if (!configured()) {
            return;
        }
        claims.check();
        if (box.inFile() && Database.isExternal()) {
            LOG.warn(
                    "ATELIER_SECRET_KEY is not set. With several replicas it must be the same on all,"
                            + " or each can refresh only its own sessions.");
        }
    }

    /** What people call the provider; empty when there is none. */
    public Optional<String> name() {
        return configured() ? Optional.of(config.name()) : Optional.empty();
    }

    boolean configured() {
        return config.configured();
    }

    /** Whether people may sign in with a password of Atelier's own. */
    boolean localSignIn() {
        return local;
    }

    // There and back ---------------------------------------------------------------------------

    static Journey journey(String next, @Nullable String connect) {
        return new Journey(
                Secrets.opaque(),
                Secrets.opaque(),
                Secrets.opaque(),
                next,
                connect,
                Instant.now().getEpochSecond());
    }

    /**
     * @throws Unavailable when the provider does not answer
     */
    URI begin(Journey journey, URI back) {
        return provider.authorization(back, journey.state(), journey.nonce(), journey.verifier());
    }

    /**
     * Turns the code that a browser brought back into an account.
     *
     * @throws Failed when the provider or its tokens are not to be believed
     * @throws Conflict when the account's name is somebody else's
     * @throws Unavailable when the provider does not answer
     */
    Arrived arrive(Journey journey, String code, URI back) throws Failed {
        return switch (provider.exchange(code, back, journey.verifier())) {
            case Provider.Answer.Refused refused -> {
                LOG.warnf("The sign-in provider refused a code: %s", refused.error());
                throw new Failed(
                        switch (refused.error()) {
                            case "invalid_grant" ->
                                    "This sign-in was used already or took too long. Try again.";
                            case "invalid_client", "unauthorized_client" ->
                                    "The provider does not accept this portal: ATELIER_OIDC_CLIENT_ID or ATELIER_OIDC_CLIENT_SECRET is wrong. Tell a platform admin.";
                            default ->
                                    "The provider refused (%s). Tell a platform admin."
                                            .formatted(refused.error());
                        });
            }
            case Provider.Answer.Granted granted -> {
                var token = granted.idToken();
                if (token == null) {
                    throw new Failed("The provider sent no ID token. Tell a platform admin.");
                }
                try {
                    var id = tokens.idToken(token, journey.nonce());
                    var said = claims.of(id.getSubject(), id, granted.accessToken()).orElseThrow();
                    var account =
                            journey.connect() == null
                                    ? accounts.known(said)
                                    : accounts.connect(journey.connect(), said);
                    yield new Arrived(account, said, granted, id);
                } catch (ProviderTokens.Untrusted e) {
                    LOG.warnf("An ID token was not believed: %s", e.getMessage());
                    throw new Failed(
                            "What the provider sent could not be verified. Tell a platform admin.");
                }
            }
        };
    }

    /** Begins the session of somebody who arrived; the cookie. */
    String begin(Arrived arrived, @Nullable String origin, @Nullable String userAgent) {
        return QuarkusTransaction.requiringNew()
                .call(
                        () -> {
                            accounts.take(arrived.account(), arrived.claims());
                            var cookie = sessions.begin(arrived.account(), origin, userAgent);
                            var id = arrived.tokens().idToken();
                            kept.attach(
                                    cookie,
                                    arrived.claims().issuer(),
                                    arrived.claims().subject(),
                                    sid(arrived.id()),
                                    new ProviderSessions.Tokens(
                                            arrived.tokens().refreshToken(),
                                            id == null ? null : id.serialize()),
                                    arrived.tokens().life());
                            return cookie;
                        });
    }

    private static @Nullable String sid(JWTClaimsSet claims) {
        return claims.getClaim("sid") instanceof String sid ? sid : null;
    }

    // The end ----------------------------------------------------------------------------------

    /** Where a browser goes to end the provider's session too; asked before ours ends. */
    Optional<URI> logout(long session, URI back) {
        return configured()
                ? kept.of(session)
                        .flatMap(
                                one ->
                                        provider.logout(
                                                one.tokens() == null ? null : one.tokens().id(),
                                                back))
                : Optional.empty();
    }

    /** Whether the provider vouches for this session. */
    boolean vouchedFor(long session) {
        return configured() && kept.of(session).isPresent();
    }

    /**
     * Ends what a logout token names, on any replica.
     *
     * @throws ProviderTokens.Untrusted when the token is forged, too old, for somebody else, or
     *     used
     */
    void logout(String logoutToken) throws ProviderTokens.Untrusted {
        LogoutTokenClaimsSet said = tokens.logoutToken(logoutToken);
        var age = Duration.between(said.getIssueTime().toInstant(), Instant.now());
        if (age.compareTo(LOGOUT_AGE) > 0 || age.compareTo(LOGOUT_AGE.negated()) < 0) {
            throw new ProviderTokens.Untrusted("The logout token was not made just now");
        }
        if (said.getJWTID() == null) {
            throw new ProviderTokens.Untrusted("The logout token has no name (jti)");
        }
        var fresh =
                kept.logout(
                        provider.issuer(),
                        said.getJWTID().getValue(),
                        LOGOUT_AGE.multipliedBy(2),
                        said.getSessionID() == null ? null : said.getSessionID().getValue(),
                        said.getSubject() == null ? null : said.getSubject().getValue());
        if (!fresh) {
            throw new ProviderTokens.Untrusted("The logout token was used already");
        }
    }

    // Programs ---------------------------------------------------------------------------------

    /** Whether a text that came as a key looks like one of the provider's. */
    boolean mayBeAccessToken(String text) {
        return configured() && ProviderTokens.hasFormOfJwt(text);
    }

    /** Who an access token of the provider stands for, and what it says of them. */
    record Bearer(Account account, Claims claims) {}

    /**
     * Empty when the token is not to be believed, or its account is shut out or cannot be.
     *
     * @throws Unavailable when its key is not known and the provider does not answer
     */
    Optional<Bearer> bearer(String accessToken) {
        try {
            var said = claims.of(tokens.accessToken(accessToken));
            return Optional.of(new Bearer(accounts.known(said), said));
        } catch (ProviderTokens.Untrusted | Conflict | Denied e) {
            LOG.debugf("An access token was refused: %s", e.getMessage());
            return Optional.empty();
        }
    }
}
