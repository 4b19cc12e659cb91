package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Gitea, and Forgejo, which keeps its API: https://docs.gitea.com/api, version 1. */
public final class Gitea extends GitHost {

    /** The most that a page has unless the host is told otherwise. */
    private static final int USUAL_PAGE = 50;

    Gitea(Site site, HostApi api, RemoteGit git) {
        super(site, api, git);
    }

    private static String repo(String owner, String repo) {
        return "/repos/%s/%s".formatted(HostApi.part(owner), HostApi.part(repo));
    }

    private static RemoteRepository of(JsonNode body) {
        return new RemoteRepository(
                body.path("id").asText(),
                body.path("owner").path("login").asText(),
                body.path("name").asText(),
                body.path("default_branch").asText(""),
                time(body.path("created_at")));
    }

    @Override
    public Optional<RemoteRepository> find(String owner, String repo)
            throws HostFailed, InterruptedException {
        return api.find(repo(owner, repo), "looking for %s/%s".formatted(owner, repo))
                .map(Gitea::of);
    }

    @Override
    public RemoteRepository create(NewRepository wish) throws HostFailed, InterruptedException {
        var doing = "making %s/%s".formatted(wish.owner(), wish.name());
        String path;
        if (api.find("/orgs/" + HostApi.part(wish.owner()), doing).isPresent()) {
            path = "/orgs/%s/repos".formatted(HostApi.part(wish.owner()));
        } else {
            if (api.find("/users/" + HostApi.part(wish.owner()), doing).isEmpty()) {
                throw nobody(wish.owner());
            }
            var self = self(doing);
            if (!self.equalsIgnoreCase(wish.owner())) {
                throw somebodyElse(wish.owner(), self);
            }
            path = "/user/repos";
        }
        var body =
                object().put("name", wish.name())
                        .put("description", wish.description())
                        .put("private", !wish.visibility().equals("public"))
                        .put("default_branch", wish.defaultBranch());
        body.setAll(wish.more());
        var reply = api.post(path, body);
        if (reply.status() == 409) {
            throw taken(wish.owner(), wish.name());
        }
        return of(api.wanted(reply, doing));
    }

    private String self(String doing) throws HostFailed, InterruptedException {
        return api.wanted(api.get("/user"), doing).path("login").asText();
    }

    @Override
    public Optional<String> protect(RemoteRepository repository, String branch, ObjectNode rules)
            throws HostFailed, InterruptedException {
        var body = rules.deepCopy().put("rule_name", branch);
        var reply =
                api.post(repo(repository.owner(), repository.name()) + "/branch_protections", body);
        if (!HostApi.message(reply.body()).contains("already exist")) {
            api.wanted(reply, "protecting %s of %s".formatted(branch, repository.path()));
        }
        return Optional.empty();
    }

    @Override
    public Proposal.Opened propose(Proposal wish, List<String> warnings)
            throws HostFailed, InterruptedException {
        var doing = "opening a pull request in %s/%s".formatted(wish.owner(), wish.repo());
        var pulls = repo(wish.owner(), wish.repo()) + "/pulls";
        var body =
                object().put("head", wish.branch())
                        .put("base", wish.into())
                        .put("title", (wish.draft() ? "WIP: " : "") + wish.title())
                        .put("body", wish.description());
        if (!wish.assignee().isEmpty()) {
            body.put("assignee", wish.assignee());
        }
        var reply = api.post(pulls, body);
        if (reply.status() == 409) {
            // One for these two branches, whatever its state; an open one is what is wanted.
            var there =
                    api.find(
                            "%s/%s/%s"
                                    .formatted(
                                            pulls,
                                            HostApi.part(wish.into()),
                                            HostApi.part(wish.branch())),
                            doing);
            if (there.isPresent() && there.get().path("state").asText().equals("open")) {
                return opened(there.get());
            }
        }
        var opened = opened(api.wanted(reply, doing));
        if (!wish.reviewers().isEmpty() || !wish.teams().isEmpty()) {
            var asked = object();
            wish.reviewers().forEach(asked.putArray("reviewers")::add);
            wish.teams().forEach(asked.putArray("team_reviewers")::add);
            var answer =
                    api.post("%s/%d/requested_reviewers".formatted(pulls, opened.number()), asked);
            if (!answer.well()) {
                warnings.add(api.failed(answer, "asking for reviews").reason());
            }
        }
        return opened;
    }

    private static Proposal.Opened opened(JsonNode body) {
        return new Proposal.Opened(
                body.path("html_url").asText(),
                body.path("number").asLong(),
                body.path("base").path("ref").asText());
    }

    @Override
    public List<String> owners() throws HostFailed, InterruptedException {
        var owners = new ArrayList<String>();
        owners.add(self("asking who the token is"));
        owners.addAll(
                texts(
                        api.wanted(
                                api.get("/user/orgs?limit=" + USUAL_PAGE), "listing organisations"),
                        "username"));
        return owners;
    }

    @Override
    public List<String> branches(String owner, String repo)
            throws HostFailed, InterruptedException {
        return texts(
                api.wanted(
                        api.get("%s/branches?limit=%d".formatted(repo(owner, repo), USUAL_PAGE)),
                        "listing branches of %s/%s".formatted(owner, repo)),
                "name");
    }

    @Override
    public Optional<String> file(Site.Place place) throws HostFailed, InterruptedException {
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
