package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.githosts.GitHosts;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Site;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where repositories can be made. */
@ApplicationScoped
class RepositoryHosts {

    /** Stands for the repositories that this portal keeps itself. */
    static final String OWN = "atelier";

    private final GitHosts hosts;

    RepositoryHosts(GitHosts hosts) {
        this.hosts = hosts;
    }

    List<String> all() {
        return Stream.concat(Stream.of(OWN), hosts.all().stream().map(Site::host)).toList();
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
        var name = nameFault(address, hosts.find(address.host()).map(Site::kind));
        if (name.isPresent()) {
            return name;
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

    /** What is wrong with the names of a repository and its owner. */
    static Optional<String> nameFault(RepositoryAddress address, Optional<HostKind> kind) {
        if (!address.repo().matches("[A-Za-z0-9._-]{1,100}")
                || address.repo().startsWith(".")
                || address.repo().endsWith(".git")) {
            return Optional.of(
                    "A repository's name has letters, numbers, and - _ or . between them.");
        }
        if (kind.isEmpty()) {
            return Optional.empty();
        }
        boolean nested = kind.get() == HostKind.GITLAB;
        var part = "[A-Za-z0-9_][A-Za-z0-9._-]{0,99}";
        if (!address.owner().matches(nested ? part + "(/" + part + "){0,20}" : part)) {
            return Optional.of(
                    nested
                            ? "An owner on GitLab is a group, as in group/subgroup, or an account."
                            : "An owner is the name of an organisation or account, without slashes.");
        }
        return Optional.empty();
    }
}
