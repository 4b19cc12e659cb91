package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.GitHosts;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Site;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.Repositories;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Where repositories can be made. */
@ApplicationScoped
class RepositoryHosts {

    static final String OWN = RepositoryAddress.OWN;

    private static final Logger LOG = Logger.getLogger(RepositoryHosts.class);

    /** A form does not wait for longer; without an answer one types. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final GitHosts hosts;
    private final Repositories repositories;
    private final Contents contents;
    private final Caller caller;
    private final AsyncCache<String, List<String>> asked =
            Caffeine.newBuilder()
                    .maximumSize(500)
                    .expireAfterWrite(Duration.ofMinutes(1))
                    .executor(Thread::startVirtualThread)
                    .buildAsync();

    RepositoryHosts(GitHosts hosts, Repositories repositories, Contents contents, Caller caller) {
        this.hosts = hosts;
        this.repositories = repositories;
        this.contents = contents;
        this.caller = caller;
    }

    List<String> all() {
        return Stream.concat(Stream.of(OWN), hosts.all().stream().map(Site::host)).toList();
    }

    String label(String host) {
        return host.equals(OWN)
                ? "This portal"
                : hosts.find(host).isPresent() ? host : host + ", not set up here";
    }

    /** Whom golden paths may publish for, by host; as far as those who are asked say in time. */
    Map<String, List<String>> owners(List<String> among) {
        var sites = among.stream().map(hosts::find).flatMap(Optional::stream).toList();
        var until = System.nanoTime() + PATIENCE.toNanos();
        // All are asked before the first is waited for.
        var answers = new LinkedHashMap<String, CompletableFuture<List<String>>>();
        for (var site : sites) {
            answers.put(
                    site.host(),
                    site.owners().isEmpty()
                            ? ask(site, "", GitHost::owners)
                            : CompletableFuture.completedFuture(site.owners()));
        }
        var owners = new LinkedHashMap<String, List<String>>();
        answers.forEach((host, answer) -> owners.put(host, within(answer, until)));
        return owners;
    }

    /** Branches of a repository, as far as its host says in time. */
    List<String> branches(String repository) {
        var address = RepositoryAddress.parse(repository);
        if (address.host().equals(OWN)) {
            return repositories
                    .find(address.owner(), address.repo())
                    .filter(one -> caller.may(Permission.REPOSITORY_READ, one.ref()))
                    .map(contents::branches)
                    .orElse(List.of());
        }
        return hosts.find(address.host())
                .filter(site -> site.offers(address.owner()))
                .filter(site -> nameFault(address, Optional.of(site.kind())).isEmpty())
                .map(
                        site ->
                                within(
                                        ask(
                                                site,
                                                address.toString(),
                                                host ->
                                                        host.branches(
                                                                address.owner(), address.repo())),
                                        System.nanoTime() + PATIENCE.toNanos()))
                .orElse(List.of());
    }

    private interface Asking {
        List<String> of(GitHost host) throws HostFailed, InterruptedException;
    }

    /** What a host answers is known for a minute; an answer that comes late is known next time. */
    private CompletableFuture<List<String>> ask(Site site, String about, Asking asking) {
        return asked.get(
                site.host() + " " + about,
                _ -> {
                    try {
                        return asking.of(hosts.open(site, null, null)).stream().distinct().toList();
                    } catch (HostFailed e) {
                        LOG.infof("Nothing is suggested: %s", e.reason());
                        return List.of();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        return List.of();
                    }
                });
    }

    private static List<String> within(CompletableFuture<List<String>> answer, long until) {
        try {
            return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return List.of();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
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
