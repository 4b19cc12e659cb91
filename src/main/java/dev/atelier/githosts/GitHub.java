package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** GitHub, and GitHub Enterprise: https://docs.github.com/en/rest, version 2022-11-28. */
public final class GitHub extends ReposHost {

    GitHub(Site site, HostApi api, RemoteGit git) {
        super(site, api, git);
    }

    @Override
    public RemoteRepository create(NewRepository wish) throws HostFailed, InterruptedException {
        var doing = "making %s/%s".formatted(wish.owner(), wish.name());
        var account =
                api.find("/users/" + HostApi.part(wish.owner()), doing)
                        .orElseThrow(() -> nobody(wish.owner()));
        var body = object();
        body.put("name", wish.name());
        body.put("description", wish.description());
        body.put("private", !wish.visibility().equals("public"));
        String path;
        if (account.path("type").asText().equals("Organization")) {
            body.put("visibility", wish.visibility());
            path = "/orgs/%s/repos".formatted(HostApi.part(wish.owner()));
        } else {
            path = ownRepositories(wish.owner(), doing);
        }
        body.setAll(wish.more());
        var reply = api.post(path, body);
        if (reply.status() == 422
                && HostApi.message(reply.body())
                        .toLowerCase(Locale.ROOT)
                        .contains("already exists")) {
            throw taken(wish.owner(), wish.name());
        }
        return of(api.wanted(reply, doing));
    }

    @Override
    public Optional<String> protect(RemoteRepository repository, String branch, ObjectNode rules)
            throws HostFailed, InterruptedException {
        var reply =
                api.put(
                        "%s/branches/%s/protection"
                                .formatted(
                                        repo(repository.owner(), repository.name()),
                                        HostApi.part(branch)),
                        rules);
        if (reply.status() == 403 && HostApi.message(reply.body()).contains("Upgrade to")) {
            return Optional.of(
                    "The branch %s is not protected: %s protects branches of private repositories in paid plans only."
                            .formatted(branch, site.host()));
        }
        api.wanted(reply, "protecting %s of %s".formatted(branch, repository.path()));
        return Optional.empty();
    }

    /** Labels that the repository is found by. */
    public void topics(RemoteRepository repository, List<String> topics)
            throws HostFailed, InterruptedException {
        var body = object();
        var names = body.putArray("names");
        topics.forEach(one -> names.add(one.toLowerCase(Locale.ROOT)));
        api.wanted(
                api.put(repo(repository.owner(), repository.name()) + "/topics", body),
                "setting the topics of " + repository.path());
    }

    /**
     * Lets somebody in.
     *
     * @param permission {@code pull}, {@code triage}, {@code push}, {@code maintain}, {@code admin}
     */
    public void letIn(RemoteRepository repository, String user, String permission)
            throws HostFailed, InterruptedException {
        api.wanted(
                api.put(
                        "%s/collaborators/%s"
                                .formatted(
                                        repo(repository.owner(), repository.name()),
                                        HostApi.part(user)),
                        object().put("permission", permission)),
                "giving %s access to %s".formatted(user, repository.path()));
    }

    /** As {@link #letIn}, for a team of the organisation. */
    public void letTeamIn(RemoteRepository repository, String team, String permission)
            throws HostFailed, InterruptedException {
        api.wanted(
                api.put(
                        "/orgs/%s/teams/%s%s"
                                .formatted(
                                        HostApi.part(repository.owner()),
                                        HostApi.part(team),
                                        repo(repository.owner(), repository.name())),
                        object().put("permission", permission)),
                "giving the team %s access to %s".formatted(team, repository.path()));
    }

    @Override
    ObjectNode pull(Proposal wish) {
        return super.pull(wish).put("draft", wish.draft());
    }

    @Override
    boolean isThere(HostApi.Reply reply) {
        return reply.status() == 422
                && HostApi.message(reply.body()).contains("A pull request already exists");
    }

    @Override
    Optional<JsonNode> there(Proposal wish, String doing) throws HostFailed, InterruptedException {
        var open =
                api.wanted(
                        api.get(
                                "%s/pulls?state=open&head=%s&base=%s"
                                        .formatted(
                                                repo(wish.owner(), wish.repo()),
                                                HostApi.part(wish.owner() + ":" + wish.branch()),
                                                HostApi.part(wish.into()))),
                        doing);
        return open.isEmpty() ? Optional.empty() : Optional.of(open.get(0));
    }

    @Override
    public List<String> owners() throws HostFailed, InterruptedException {
        return owners("per_page=" + PAGE, "login");
    }

    @Override
    public List<String> branches(String owner, String repo)
            throws HostFailed, InterruptedException {
        return branches(owner, repo, "per_page=" + PAGE);
    }
}
