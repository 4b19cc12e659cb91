package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

    /** What the host is sent to open a pull request. */
    ObjectNode pull(Proposal wish) {
        return object().put("title", wish.title())
                .put("head", wish.branch())
                .put("base", wish.into())
                .put("body", wish.description());
    }

    /** Whether an answer says that there is one for the branch. */
    abstract boolean isThere(HostApi.Reply reply);

    /** The one that is open for the branch. */
    abstract Optional<JsonNode> there(Proposal wish, String doing)
            throws HostFailed, InterruptedException;

    @Override
    public final Proposal.Opened propose(Proposal wish, List<String> warnings)
            throws HostFailed, InterruptedException {
        var doing = "opening a pull request in %s/%s".formatted(wish.owner(), wish.repo());
        var reply = api.post(repo(wish.owner(), wish.repo()) + "/pulls", pull(wish));
        if (isThere(reply)) {
            var open = there(wish, doing);
            if (open.isPresent()) {
                return opened(open.get());
            }
        }
        var opened = opened(api.wanted(reply, doing));
        if (!wish.reviewers().isEmpty() || !wish.teams().isEmpty()) {
            review(wish, opened, warnings);
        }
        return opened;
    }

    private void review(Proposal wish, Proposal.Opened opened, List<String> warnings)
            throws HostFailed, InterruptedException {
        var body = object();
        wish.reviewers().forEach(body.putArray("reviewers")::add);
        wish.teams().forEach(body.putArray("team_reviewers")::add);
        var asked =
                api.post(
                        "%s/pulls/%d/requested_reviewers"
                                .formatted(repo(wish.owner(), wish.repo()), opened.number()),
                        body);
        if (!asked.well()) {
            warnings.add(api.failed(asked, "asking for reviews").reason());
        }
    }

    private static Proposal.Opened opened(JsonNode body) {
        return new Proposal.Opened(
                body.path("html_url").asText(),
                body.path("number").asLong(),
                body.path("base").path("ref").asText());
    }

    @Override
    public final Optional<Proposal.State> proposal(String owner, String repo, long number)
            throws HostFailed, InterruptedException {
        return api.find(
                        "%s/pulls/%d".formatted(repo(owner, repo), number),
                        "asking for a pull request of %s/%s".formatted(owner, repo))
                .map(
                        body ->
                                body.path("merged").asBoolean()
                                        ? Proposal.State.MERGED
                                        : body.path("state").asText().equals("open")
                                                ? Proposal.State.OPEN
                                                : Proposal.State.CLOSED);
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
