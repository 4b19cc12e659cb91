package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A host whose API has repositories below {@code /repos}: GitHub, and Gitea, which follows it. */
abstract sealed class ReposHost extends GitHost permits GitHub, Gitea {

    ReposHost(Site site, HostApi api, RemoteGit git) {
        super(site, api, git);
    }

    static String repo(String owner, String repo) {
        return "/repos/%s/%s".formatted(HostApi.part(owner), HostApi.part(repo));
    }

    static RemoteRepository of(JsonNode body) {
        return new RemoteRepository(
                body.path("id").asText(),
                body.path("owner").path("login").asText(),
                body.path("name").asText(),
                body.path("default_branch").asText(""),
                time(body.path("created_at")));
    }

    /** The account that the credential is. */
    final String self(String doing) throws HostFailed, InterruptedException {
        return api.wanted(api.get("/user"), doing).path("login").asText();
    }

    /** Where somebody's own repositories are made, which nobody else's credential may. */
    final String ownRepositories(String owner, String doing)
            throws HostFailed, InterruptedException {
        var self = self(doing);
        if (!self.equalsIgnoreCase(owner)) {
            throw somebodyElse(owner, self);
        }
        return "/user/repos";
    }

    @Override
    public final Optional<RemoteRepository> find(String owner, String repo)
            throws HostFailed, InterruptedException {
        return api.find(repo(owner, repo), "looking for %s/%s".formatted(owner, repo))
                .map(ReposHost::of);
    }

    /**
     * @param page the host's way to say how many it gives at once
     * @param name the member with an organisation's name
     */
    final List<String> owners(String page, String name) throws HostFailed, InterruptedException {
        var owners = new ArrayList<String>();
        owners.add(self("asking who the token is"));
        owners.addAll(
                texts(api.wanted(api.get("/user/orgs?" + page), "listing organisations"), name));
        return owners;
    }

    /**
     * @param page as in {@link #owners(String, String)}
     */
    final List<String> branches(String owner, String repo, String page)
            throws HostFailed, InterruptedException {
        return texts(
                api.wanted(
                        api.get("%s/branches?%s".formatted(repo(owner, repo), page)),
                        "listing branches of %s/%s".formatted(owner, repo)),
                "name");
    }

    @Override
    public final Optional<String> file(Site.Place place) throws HostFailed, InterruptedException {
        return api.find(
                        "%s/contents/%s?ref=%s"
                                .formatted(
                                        repo(place.owner(), place.repo()),
                                        HostApi.path(place.file()),
                                        HostApi.part(place.branch())),
                        "reading " + place.file())
                .map(GitHost::content);
    }
}
