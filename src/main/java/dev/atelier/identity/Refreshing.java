package dev.atelier.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Asks the provider again about sessions whose access token's life is over. */
@ApplicationScoped
class Refreshing {

    private static final Logger LOG = Logger.getLogger(Refreshing.class);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

    private final Provider provider;
    private final ProviderTokens tokens;
    private final ProviderClaims claims;
    private final ProviderAccounts accounts;
    private final ProviderSessions kept;
    private final Map<Long, CompletableFuture<Void>> refreshing = new ConcurrentHashMap<>();
    private final Cache<Long, Instant> unrefreshed =
            Caffeine.newBuilder().expireAfterWrite(Duration.ofMinutes(10)).build();

    Refreshing(
            Provider provider,
            ProviderTokens tokens,
            ProviderClaims claims,
            ProviderAccounts accounts,
            ProviderSessions kept) {
        this.provider = provider;
        this.tokens = tokens;
        this.claims = claims;
        this.accounts = accounts;
        this.kept = kept;
    }

    /**
     * Asks the provider again for a session whose access token's life is over. One call asks, the
     * others of this replica wait for it; other replicas leave it alone.
     */
    void refresh(long session) {
        var mine = new CompletableFuture<Void>();
        var running = refreshing.putIfAbsent(session, mine);
        if (running != null) {
            running.join();
            return;
        }
        try {
            kept.due(session).ifPresent(this::refresh);
        } finally {
            refreshing.remove(session);
            mine.complete(null);
        }
    }

    private void refresh(ProviderSessions.Kept session) {
        var held = session.tokens();
        if (held == null || held.refresh() == null) {
            LOG.warnf(
                    "The tokens of a session of %s cannot be opened; it ends, and begins again at the provider",
                    session.account());
            kept.end(session, "its key is not here");
            return;
        }
        try {
            switch (provider.refresh(held.refresh())) {
                case Provider.Answer.Refused refused -> {
                    if (refused.error().equals("invalid_grant")) {
                        kept.end(session, "ended at the sign-in provider");
                    } else {
                        LOG.errorf(
                                "The sign-in provider refuses this portal: %s. Sessions go on as they are.",
                                refused.error());
                        postpone(session);
                    }
                }
                case Provider.Answer.Granted granted -> {
                    take(session, held, granted);
                    unrefreshed.invalidate(session.session());
                }
            }
        } catch (Unavailable e) {
            postpone(session);
        }
    }

    private void postpone(ProviderSessions.Kept session) {
        kept.postpone(session.session(), ASK_AGAIN);
        unrefreshed.put(session.session(), Instant.now());
    }

    private void take(
            ProviderSessions.Kept session,
            ProviderSessions.Tokens before,
            Provider.Answer.Granted granted) {
        var token = granted.idToken();
        @Nullable JWTClaimsSet id = null;
        try {
            if (token != null) {
                id = tokens.idToken(token, null);
                if (!id.getSubject().equals(session.subject())) {
                    kept.end(session, "the provider answered with somebody else");
                    return;
                }
            }
        } catch (ProviderTokens.Untrusted e) {
            LOG.warnf("A refreshed ID token was not believed: %s", e.getMessage());
            kept.end(session, "the provider's token could not be verified");
            return;
        }
        var said = claims.of(session.subject(), id, granted.accessToken());
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            said.ifPresent(
                                    now ->
                                            accounts.find(session.issuer(), session.subject())
                                                    .ifPresent(
                                                            account ->
                                                                    accounts.take(account, now)));
                            kept.refreshed(
                                    session,
                                    new ProviderSessions.Tokens(
                                            granted.refreshToken() == null
                                                    ? before.refresh()
                                                    : granted.refreshToken(),
                                            token == null ? before.id() : token.serialize()),
                                    granted.life());
                        });
    }

    /** Whether the provider could not be asked about this session when it was last tried. */
    boolean unrefreshed(long session) {
        return unrefreshed.getIfPresent(session) != null;
    }
}
