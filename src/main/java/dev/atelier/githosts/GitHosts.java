package dev.atelier.githosts;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.net.OutboundHttp;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The hosts that an administrator offers. Their tokens are handed to nobody. */
@ApplicationScoped
public class GitHosts {

    private final OutboundHttp http;
    private final ObjectMapper json;
    private final List<Site> sites;
    private final HostTokens tokens;

    GitHosts(OutboundHttp http, ObjectMapper json, GitHostsConfig config, HostTokens tokens) {
        this.http = http;
        this.json = json;
        this.tokens = tokens;
        this.sites =
                config.hosts().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(Site::of)
                        .toList();
        var twice =
                sites.stream()
                        .collect(Collectors.groupingBy(Site::host, Collectors.counting()))
                        .entrySet()
                        .stream()
                        .filter(one -> one.getValue() > 1)
                        .findFirst();
        if (twice.isPresent()) {
            throw new IllegalArgumentException(
                    "atelier.git-hosts: %s is there twice.".formatted(twice.get().getKey()));
        }
    }

    /** Settings that are wrong end the start, not the first task. */
    void start(@Observes StartupEvent event) {
        all();
    }

    /** By their names in the settings. */
    public List<Site> all() {
        return sites;
    }

    /**
     * @param host as {@code repoUrl} names it
     */
    public Optional<Site> find(String host) {
        var asked = host.toLowerCase(Locale.ROOT);
        return sites.stream().filter(site -> site.host().equals(asked)).findFirst();
    }

    /**
     * A host, to be spoken to.
     *
     * @param token that whoever asks brings; null for the portal's own
     * @param said is told when the host asks to wait and is waited for; null where nobody waits
     * @throws HostFailed when there is neither token
     */
    public GitHost open(Site site, @Nullable String token, @Nullable Consumer<String> said)
            throws HostFailed {
        var credential = credential(site, token);
        if (!credential.given()) {
            throw new HostFailed(
                    "The portal has no token for %s. An administrator gives it one (Administration, Git hosts), or the step brings one as its input token."
                            .formatted(site.host()));
        }
        return switch (site.kind()) {
            case GITHUB ->
                    new GitHub(
                            site,
                            api(site, credential, said),
                            new RemoteGit(http, site, credential, "x-access-token"));
            case GITLAB ->
                    new GitLab(
                            site,
                            api(site, credential, said),
                            new RemoteGit(http, site, credential, "oauth2"));
            case GITEA ->
                    new Gitea(
                            site,
                            api(site, credential, said),
                            new RemoteGit(http, site, credential, "oauth2"));
        };
    }

    /**
     * The files of a repository that is on one of the hosts, as {@code .tar.gz} below one folder.
     *
     * @param ref branch, tag or commit
     * @param token that whoever asks brings; without one the portal's, for what the settings let
     *     templates read
     * @return empty where the host is not offered, or is asked as well without any of this
     */
    public Optional<OutboundHttp.Opened> archive(
            String host, String path, String ref, @Nullable String token) throws IOException {
        var known = find(host);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        var site = known.get();
        var credential =
                (token == null || token.isBlank()) && !site.mayRead(path)
                        ? new Credential("", "")
                        : credential(site, token);
        if (!credential.given() && site.kind() == HostKind.GITHUB) {
            return Optional.empty();
        }
        var headers = headers(site, credential);
        headers.remove("accept");
        var address = site.api() + archive(site.kind(), path, ref);
        var opened = http.open(address, headers, null);
        var location = opened.headers().get("location");
        if (opened.status() / 100 != 3 || location == null) {
            return Optional.of(opened);
        }
        opened.close();
        try {
            // GitHub hands out an address that is good for some minutes: the credential stays.
            return Optional.of(
                    http.open(URI.create(address).resolve(location).toString(), Map.of(), null));
        } catch (IllegalArgumentException e) {
            throw new IOException("%s redirects to no address.".formatted(site.host()), e);
        }
    }

    private static String archive(HostKind kind, String path, String ref) {
        var parts = HostApi.path(path);
        return switch (kind) {
            case GITHUB -> "/repos/%s/tarball/%s".formatted(parts, HostApi.part(ref));
            case GITLAB ->
                    "/projects/%s/repository/archive.tar.gz?sha=%s"
                            .formatted(HostApi.part(path), HostApi.part(ref));
            case GITEA -> "/repos/%s/archive/%s.tar.gz".formatted(parts, HostApi.part(ref));
        };
    }

    private Credential credential(Site site, @Nullable String token) {
        return token == null || token.isBlank()
                ? tokens.of(site)
                : new Credential(token.strip(), "the token that the step brings");
    }

    private HostApi api(Site site, Credential credential, @Nullable Consumer<String> said) {
        return new HostApi(http, json, site, credential, headers(site, credential), said);
    }

    private static Map<String, String> headers(Site site, Credential credential) {
        var headers = new HashMap<String, String>();
        if (credential.given()) {
            headers.put(
                    "authorization",
                    (site.kind() == HostKind.GITEA ? "token " : "Bearer ") + credential.token());
        }
        if (site.kind() == HostKind.GITHUB) {
            headers.put("accept", "application/vnd.github+json");
            headers.put("x-github-api-version", "2022-11-28");
        } else {
            headers.put("accept", "application/json");
        }
        return headers;
    }
}
