package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/** Where repositories can be made. */
@ApplicationScoped
class RepositoryHosts {

    /** Stands for the repositories that this portal keeps itself. */
    static final String OWN = "atelier";

    List<String> all() {
        return List.of(OWN);
    }

    String label(String host) {
        return host.equals(OWN) ? "This portal" : host;
    }

    /** What is wrong with the answer to a repository's question. */
    Optional<String> fault(String answer, JsonNode options) {
        if (answer.startsWith("https://") || answer.startsWith("http://")) {
            return Optional.of(
                    "Write the repository as host?owner=name&repo=name, not as a web address.");
        }
        var address = RepositoryAddress.parse(answer);
        if (address.host().isEmpty() || address.owner().isEmpty() || address.repo().isEmpty()) {
            return Optional.of("A repository needs a host, an owner and a name.");
        }
        if (!address.repo().matches("[A-Za-z0-9._-]{1,100}")
                || address.repo().startsWith(".")
                || address.repo().endsWith(".git")) {
            return Optional.of(
                    "A repository's name has letters, numbers, and - _ or . between them.");
        }
        var hosts = BuiltIn.texts(options.path("allowedHosts"));
        if (!hosts.isEmpty() && !hosts.contains(address.host())) {
            return Optional.of(
                    "Choose one of these hosts: %s.".formatted(String.join(", ", hosts)));
        }
        var owners = BuiltIn.texts(options.path("allowedOwners"));
        if (!owners.isEmpty() && !owners.contains(address.owner())) {
            return Optional.of(
                    "Choose one of these owners: %s.".formatted(String.join(", ", owners)));
        }
        return Optional.empty();
    }
}
