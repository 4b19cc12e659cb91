package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** Gitea, and Forgejo, which keeps its API: https://docs.gitea.com/api, version 1. */
public final class Gitea extends ReposHost {

    /** The most that a page has unless the host is told otherwise. */
    private static final int USUAL_PAGE = 50;

    Gitea(Site site, HostApi api, RemoteGit git) {
        super(site, api, git);
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
            path = ownRepositories(wish.owner(), doing);
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
    ObjectNode pull(Proposal wish) {
        // A draft is one whose title says so.
        return super.pull(wish).put("title", (wish.draft() ? "WIP: " : "") + wish.title());
    }

    @Override
    boolean isThere(HostApi.Reply reply) {
        return reply.status() == 409;
    }

    @Override
    Optional<JsonNode> there(Proposal wish, String doing) throws HostFailed, InterruptedException {
        return api.find(
                        "%s/pulls/%s/%s"
                                .formatted(
                                        repo(wish.owner(), wish.repo()),
                                        HostApi.part(wish.into()),
                                        HostApi.part(wish.branch())),
                        doing)
                .filter(one -> one.path("state").asText().equals("open"));
    }

    @Override
    public List<String> owners() throws HostFailed, InterruptedException {
        return owners("limit=" + USUAL_PAGE, "username");
    }

    @Override
    public List<String> branches(String owner, String repo)
            throws HostFailed, InterruptedException {
        return branches(owner, repo, "limit=" + USUAL_PAGE);
    }
}
