package dev.atelier.githosts;

import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * The hosts as administrators see them: what the portal is known by there, and whether it works.
 */
@ApplicationScoped
class HostConnections {

    /**
     * A host with where its token is.
     *
     * @param token in words
     * @param kept whether it can be taken away here
     */
    record Connection(
            String name,
            String kind,
            String host,
            String url,
            String api,
            String token,
            boolean known,
            boolean kept,
            List<String> owners,
            List<String> read) {}

    /**
     * What a host said when it was asked with the portal's token.
     *
     * @param owners whom the token may publish for; empty where it failed
     */
    record Trial(String name, boolean success, String sentence, List<String> owners) {}

    private final GitHosts hosts;
    private final HostTokens tokens;

    HostConnections(GitHosts hosts, HostTokens tokens) {
        this.hosts = hosts;
        this.tokens = tokens;
    }

    List<Connection> all() {
        return hosts.all().stream().map(this::connection).toList();
    }

    private Connection connection(Site site) {
        var place = tokens.place(site);
        return new Connection(
                site.name(),
                site.kind().label(),
                site.host(),
                site.url(),
                site.api(),
                place.words(),
                place != HostTokens.Place.NONE,
                place == HostTokens.Place.KEPT,
                site.owners(),
                site.read());
    }

    void keep(String name, String token) {
        tokens.keep(site(name), token);
    }

    void drop(String name) {
        tokens.drop(site(name));
    }

    /** Asks the host whom the token may publish for. */
    Trial trial(String name) {
        var site = site(name);
        try {
            var owners = hosts.open(site, null, null).owners();
            var offered = owners.stream().filter(site::offers).toList();
            return offered.isEmpty()
                    ? new Trial(
                            name,
                            false,
                            "%s accepts the token, and it reaches none of the owners that golden paths may publish for."
                                    .formatted(site.host()),
                            owners)
                    : new Trial(
                            name,
                            true,
                            "%s accepts the token. Golden paths may publish for %s."
                                    .formatted(site.host(), String.join(", ", offered)),
                            offered);
        } catch (HostFailed e) {
            return new Trial(name, false, e.reason(), List.of());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Trial(name, false, "The portal stops; try again.", List.of());
        }
    }

    private Site site(String name) {
        return hosts.all().stream()
                .filter(site -> site.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "There is no Git host %s in the settings."
                                                .formatted(name)));
    }
}
