package dev.atelier.githosts;

import dev.atelier.identity.Audit;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the portal is known by on Git hosts. A token is kept encrypted in the database, so that an
 * administrator changes it without a start and all replicas have it; one in the settings counts
 * where none is kept.
 */
@ApplicationScoped
class HostTokens {

    private static final int LONGEST = 4_096;

    /** Where the token of a host is. */
    enum Place {
        KEPT("kept here, encrypted"),
        SETTINGS("from the settings"),
        NONE("none");

        private final String words;

        Place(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    private final KeptSecrets secrets;
    private final Audit audit;

    /** By the names of the hosts. */
    private final Map<String, String> settings;

    HostTokens(GitHostsConfig config, KeptSecrets secrets, Audit audit) {
        this.secrets = secrets;
        this.audit = audit;
        this.settings =
                config.hosts().entrySet().stream()
                        .filter(
                                host ->
                                        host.getValue()
                                                .token()
                                                .filter(t -> !t.isBlank())
                                                .isPresent())
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        Map.Entry::getKey,
                                        host -> host.getValue().token().orElseThrow().strip()));
    }

    /** The portal's own credential; not given where there is none. */
    Credential of(Site site) {
        var kept = secrets.get(name(site)).map(token -> new String(token, StandardCharsets.UTF_8));
        return new Credential(
                kept.or(() -> Optional.ofNullable(settings.get(site.name()))).orElse(""),
                kept.isPresent()
                        ? "the portal's token (Administration, Git hosts)"
                        : "the portal's token (atelier.git-hosts.%s.token)".formatted(site.name()));
    }

    Place place(Site site) {
        if (secrets.get(name(site)).isPresent()) {
            return Place.KEPT;
        }
        return settings.containsKey(site.name()) ? Place.SETTINGS : Place.NONE;
    }

    @Transactional
    void keep(Site site, String token) {
        var said = token.strip();
        if (said.isEmpty() || said.length() > LONGEST || !said.matches("[!-~]+")) {
            throw new Invalid(
                    "A token is one word of at most 4,096 letters, as the host shows it.");
        }
        secrets.put(name(site), said.getBytes(StandardCharsets.UTF_8));
        audit.record("git-host.token", ref(site), Map.of("api", site.api()));
    }

    @Transactional
    void drop(Site site) {
        secrets.drop(name(site));
        audit.record("git-host.token-removed", ref(site), Map.of("api", site.api()));
    }

    private static String ref(Site site) {
        return "git-host:" + site.host();
    }

    /** A token is never sent to another address than the one it was given for. */
    private static String name(Site site) {
        return "git-host:" + site.api();
    }
}
