package dev.atelier.identity;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Where people sign in, when not with a password of Atelier's own, and what its claims mean. */
@ConfigMapping(prefix = "atelier.oidc")
interface OidcConfig {

    /** The issuer, letter by letter as its tokens name it. */
    Optional<String> url();

    Optional<String> clientId();

    Optional<String> clientSecret();

    /** Where the portal itself finds the provider, when that is another address than people's. */
    Optional<URI> internalUrl();

    /** As people call it: "Continue with …". */
    @WithDefault("single sign-on")
    String name();

    @WithDefault("openid,profile,email")
    List<String> scopes();

    /** What access tokens of programs must name as their audience; without it the client's id. */
    Optional<String> audience();

    /** The claim that becomes the account's name. */
    @WithDefault("preferred_username")
    String nameClaim();

    /** For providers whose names are e-mail addresses: the one domain that is left out. */
    Optional<String> emailDomain();

    /** Claims, or paths into them, that list roles; all that are there count. */
    @WithDefault("roles,realm_access.roles")
    List<String> rolesClaim();

    /** {@code value=role}: what a value of the claim means, when it is not a role's own name. */
    Optional<List<String>> roleMap();

    /** The claim that lists groups; each is {@code group:default/<name>}. */
    @WithDefault("groups")
    String groupsClaim();

    default boolean configured() {
        return url().isPresent() && clientId().isPresent() && clientSecret().isPresent();
    }

    /** The host that people see in the address line. */
    default String host() {
        var issuer = url().orElseThrow();
        var host = URI.create(issuer).getHost();
        return host == null ? issuer : host;
    }
}
