package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** GitLab, of its makers or one's own: https://docs.gitlab.com/api/, version 4. */
public final class GitLab extends GitHost {

    GitLab(Site site, HostApi api, RemoteGit git) {
        super(site, api, git);
    }

    /** Groups may lie in groups: the whole path is one part of the address. */
    private static String project(String path) {
        return "/projects/" + HostApi.part(path);
    }

    private static RemoteRepository of(JsonNode body) {
        var path = body.path("path_with_namespace").asText();
        int slash = path.lastIndexOf('/');
        return new RemoteRepository(
                body.path("id").asText(),
                slash < 0 ? "" : path.substring(0, slash),
                path.substring(slash + 1),
                body.path("default_branch").asText(""),
                time(body.path("created_at")));
    }

    @Override
    public Optional<RemoteRepository> find(String owner, String repo)
            throws HostFailed, InterruptedException {
        return api.find(project(owner + "/" + repo), "looking for %s/%s".formatted(owner, repo))
                .map(GitLab::of);
    }

    @Override
    public RemoteRepository create(NewRepository wish) throws HostFailed, InterruptedException {
        var doing = "making %s/%s".formatted(wish.owner(), wish.name());
        var namespace =
                api.find("/namespaces/" + HostApi.part(wish.owner()), doing)
                        .orElseThrow(() -> nobody(wish.owner()));
        var body =
                object().put("name", wish.name())
                        .put("path", wish.name())
                        .put("namespace_id", namespace.path("id").asLong())
                        .put("visibility", wish.visibility())
                        .put("default_branch", wish.defaultBranch());
        if (!wish.description().isEmpty()) {
            body.put("description", wish.description());
        }
        body.setAll(wish.more());
        var reply = api.post("/projects", body);
        // 400, not the 409 that is documented: gitlab-org/gitlab issue 356008.
        if ((reply.status() == 400 || reply.status() == 409)
                && HostApi.message(reply.body()).contains("has already been taken")) {
            throw taken(wish.owner(), wish.name());
        }
        return of(api.wanted(reply, doing));
    }

    @Override
    public Optional<String> protect(RemoteRepository repository, String branch, ObjectNode rules)
            throws HostFailed, InterruptedException {
        var body = rules.deepCopy().put("name", branch);
        var reply = api.post(project(repository.path()) + "/protected_branches", body);
        if (reply.status() != 409) {
            api.wanted(reply, "protecting %s of %s".formatted(branch, repository.path()));
        }
        return Optional.empty();
    }

    /** Makes a branch; one that is there stays as it is. */
    public void branch(RemoteRepository repository, String branch, String from)
            throws HostFailed, InterruptedException {
        var reply =
                api.post(
                        project(repository.path()) + "/repository/branches",
                        object().put("branch", branch).put("ref", from));
        if (!HostApi.message(reply.body()).contains("already exists")) {
            api.wanted(reply, "making the branch %s of %s".formatted(branch, repository.path()));
        }
    }

    /**
     * Sets a variable of CI, whose value may be a secret; one that is there stays as it is.
     *
     * @param variable {@code key}, {@code value} and what else the API knows
     */
    public void variable(RemoteRepository repository, ObjectNode variable)
            throws HostFailed, InterruptedException {
        var reply = api.post(project(repository.path()) + "/variables", variable);
        if (!HostApi.message(reply.body()).contains("has already been taken")) {
            api.wanted(
                    reply,
                    "setting the variable %s of %s"
                            .formatted(variable.path("key").asText(), repository.path()));
        }
    }

    @Override
    public Proposal.Opened propose(Proposal wish, List<String> warnings)
            throws HostFailed, InterruptedException {
        var path = wish.owner() + "/" + wish.repo();
        var doing = "opening a merge request in " + path;
        var requests = project(path) + "/merge_requests";
        var body =
                object().put("source_branch", wish.branch())
                        .put("target_branch", wish.into())
                        .put("title", (wish.draft() ? "Draft: " : "") + wish.title())
                        .put("description", wish.description())
                        .put("remove_source_branch", wish.removeBranch());
        if (!wish.labels().isEmpty()) {
            body.put("labels", String.join(",", wish.labels()));
        }
        if (!wish.assignee().isEmpty()) {
            user(wish.assignee(), warnings).ifPresent(id -> body.put("assignee_id", id));
        }
        var reviewers = new ArrayList<Long>();
        for (var reviewer : wish.reviewers()) {
            user(reviewer, warnings).ifPresent(reviewers::add);
        }
        if (!reviewers.isEmpty()) {
            reviewers.forEach(body.putArray("reviewer_ids")::add);
        }
        var reply = api.post(requests, body);
        if (reply.status() == 409) {
            var open =
                    api.wanted(
                            api.get(
                                    "%s?state=opened&source_branch=%s&target_branch=%s"
                                            .formatted(
                                                    requests,
                                                    HostApi.part(wish.branch()),
                                                    HostApi.part(wish.into()))),
                            doing);
            if (!open.isEmpty()) {
                return opened(open.get(0));
            }
        }
        return opened(api.wanted(reply, doing));
    }

    @Override
    public Optional<Proposal.State> proposal(String owner, String repo, long number)
            throws HostFailed, InterruptedException {
        var path = owner + "/" + repo;
        return api.find(
                        "%s/merge_requests/%d".formatted(project(path), number),
                        "asking for a merge request of " + path)
                .map(
                        body ->
                                switch (body.path("state").asText()) {
                                    case "merged" -> Proposal.State.MERGED;
                                    case "closed" -> Proposal.State.CLOSED;
                                    // While it is merged it is locked for a moment.
                                    default -> Proposal.State.OPEN;
                                });
    }

    private OptionalLong user(String name, List<String> warnings)
            throws HostFailed, InterruptedException {
        var found =
                api.wanted(api.get("/users?username=" + HostApi.part(name)), "looking for " + name);
        if (found.isEmpty()) {
            warnings.add("There is no %s on %s to be asked.".formatted(name, site.host()));
            return OptionalLong.empty();
        }
        return OptionalLong.of(found.get(0).path("id").asLong());
    }

    private static Proposal.Opened opened(JsonNode body) {
        return new Proposal.Opened(
                body.path("web_url").asText(),
                body.path("iid").asLong(),
                body.path("target_branch").asText());
    }

    @Override
    public List<String> owners() throws HostFailed, InterruptedException {
        var owners = new ArrayList<String>();
        owners.add(
                api.wanted(api.get("/user"), "asking who the token is").path("username").asText());
        // 30 is the role Developer.
        owners.addAll(
                texts(
                        api.wanted(
                                api.get("/groups?min_access_level=30&per_page=" + PAGE),
                                "listing groups"),
                        "full_path"));
        return owners;
    }

    @Override
    public List<String> branches(String owner, String repo)
            throws HostFailed, InterruptedException {
        var path = owner + "/" + repo;
        return texts(
                api.wanted(
                        api.get(
                                "%s/repository/branches?per_page=%d"
                                        .formatted(project(path), PAGE)),
                        "listing branches of " + path),
                "name");
    }

    @Override
    public Optional<String> file(Site.Place place) throws HostFailed, InterruptedException {
        return api.find(
                        "%s/repository/files/%s?ref=%s"
                                .formatted(
                                        project(place.owner() + "/" + place.repo()),
                                        HostApi.part(place.file()),
                                        HostApi.part(place.branch())),
                        "reading " + place.file())
                .map(GitHost::content);
    }
}
