package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import jakarta.transaction.Transactional;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The first administrator. Nothing is shipped with a known password: the first start makes the
 * account {@code admin} and a one-time link that sets its password, and, for installers, a token of
 * their choosing.
 */
@ApplicationScoped
class Bootstrap {

    private static final Logger LOG = Logger.getLogger(Bootstrap.class);
    static final String ADMIN = "admin";
    private static final int SHORTEST = 24;
    private static final int FEWEST_LETTERS = 8;

    private final Accounts accounts;
    private final AccessTokens tokens;
    private final Roles roles;
    private final Optional<String> token;
    private final boolean localSignIn;
    private @Nullable String code;

    Bootstrap(
            Accounts accounts,
            AccessTokens tokens,
            Roles roles,
            @ConfigProperty(name = "atelier.bootstrap-token") Optional<String> token,
            @ConfigProperty(name = "atelier.local-sign-in") boolean localSignIn) {
        this.localSignIn = localSignIn;
        this.accounts = accounts;
        this.tokens = tokens;
        this.roles = roles;
        this.token = token.filter(text -> !text.isBlank());
    }

    /** Why a text is too weak to be an administrator's token, or null when it will do. */
    static @Nullable String weakness(String token) {
        if (token.length() < SHORTEST) {
            return "it has %d characters, and needs %d".formatted(token.length(), SHORTEST);
        }
        if (token.chars().distinct().count() < FEWEST_LETTERS) {
            return "it repeats too few characters";
        }
        if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            return "it holds something else than printable ASCII";
        }
        return null;
    }

    @Transactional
    void prepare(
            @Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE + 100) StartupEvent event) {
        token.map(Bootstrap::weakness)
                .ifPresent(
                        fault -> {
                            throw new CannotStart(
                                    "ATELIER_BOOTSTRAP_TOKEN is too weak: "
                                            + fault
                                            + ". Take for example the output of: openssl rand -hex 32");
                        });
        accounts.oneAtATime();
        if (accounts.none()) {
            var admin =
                    accounts.create(
                            ADMIN, Account.Kind.PERSON, "Administrator", null, Audit.SYSTEM);
            roles.begin(admin.ref(), Role.PLATFORM_ADMIN);
            roles.begin(Subject.EVERYONE, Role.VIEWER);
            token.ifPresent(text -> tokens.adopt(admin, "bootstrap", text));
        } else if (token.isPresent() && !tokens.known(token.get())) {
            LOG.warn(
                    "ATELIER_BOOTSTRAP_TOKEN is read at the first start only; the one given now is"
                            + " not known here.");
        }
        if (localSignIn && accounts.nobodyHasSignedIn()) {
            code = accounts.invite(ADMIN, Audit.SYSTEM);
        }
    }

    /** The one-time code that sets the first administrator's password; null once somebody could. */
    @Nullable String code() {
        return code;
    }
}
