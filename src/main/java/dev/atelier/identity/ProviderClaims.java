package dev.atelier.identity;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.atelier.platform.CannotStart;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What verified tokens of the provider say of somebody, read as the configuration wants. */
@ApplicationScoped
class ProviderClaims {

    private static final Logger LOG = Logger.getLogger(ProviderClaims.class);

    private final OidcConfig config;
    private final Provider provider;
    private final ProviderTokens tokens;
    private Claims.@Nullable Reading reading;

    ProviderClaims(OidcConfig config, Provider provider, ProviderTokens tokens) {
        this.config = config;
        this.provider = provider;
        this.tokens = tokens;
    }

    /**
     * At the start, once it is known that there is a provider.
     *
     * @throws CannotStart when the map of roles cannot be read
     */
    void check() {
        try {
            reading = new Claims.Reading(config);
        } catch (IllegalArgumentException e) {
            throw new CannotStart(String.valueOf(e.getMessage()), e);
        }
    }

    /** Of an access token that came as a key. */
    Claims of(JWTClaimsSet accessToken) {
        return read(accessToken.getSubject(), List.of(accessToken.getClaims()));
    }

    /**
     * Of an ID token, if there is one, and of the access token beside it when that is about the
     * same person and one we can read; empty when neither says anything.
     */
    Optional<Claims> of(String subject, @Nullable JWTClaimsSet id, String accessToken) {
        var all = new ArrayList<Map<String, Object>>();
        if (id != null) {
            all.add(id.getClaims());
        }
        try {
            if (ProviderTokens.hasFormOfJwt(accessToken)) {
                var beside = tokens.ownAccessToken(accessToken);
                if (subject.equals(beside.getSubject())) {
                    all.add(beside.getClaims());
                }
            }
        } catch (ProviderTokens.Untrusted e) {
            LOG.debugf("The access token says nothing that can be used: %s", e.getMessage());
        }
        return all.isEmpty() ? Optional.empty() : Optional.of(read(subject, all));
    }

    private Claims read(String subject, List<Map<String, Object>> all) {
        var ready = reading;
        if (ready == null) {
            throw new IllegalStateException("No sign-in provider is configured");
        }
        return ready.of(provider.issuer(), subject, all);
    }
}
