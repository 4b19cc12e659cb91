package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** GitHub, and GitHub Enterprise: https://docs.github.com/en/rest, version 2022-11-28. */
public final class GitHub extends ReposHost implements Proposing {

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
    public Proposal.Opened propose(Proposal wish, List<String> warnings)
            throws HostFailed, InterruptedException {
        var doing = "opening a pull request in %s/%s".formatted(wish.owner(), wish.repo());
        var pulls = repo(wish.owner(), wish.repo()) + "/pulls";
        var reply =
                api.post(
                        pulls,
                        object().put("title", wish.title())
                                .put("head", wish.branch())
                                .put("base", wish.into())
                                .put("body", wish.description())
                                .put("draft", wish.draft()));
        if (reply.status() == 422
                && HostApi.message(reply.body()).contains("A pull request already exists")) {
            var open =
                    api.wanted(
                            api.get(
                                    "%s?state=open&head=%s&base=%s"
                                            .formatted(
                                                    pulls,
                                                    HostApi.part(
                                                            wish.owner() + ":" + wish.branch()),
                                                    HostApi.part(wish.into()))),
                            doing);
            if (!open.isEmpty()) {
                return opened(open.get(0));
            }
        }
        var opened = opened(api.wanted(reply, doing));
        if (!wish.reviewers().isEmpty() || !wish.teams().isEmpty()) {
            review(wish, opened, pulls, warnings);
        }
        return opened;
    }

    private void review(Proposal wish, Proposal.Opened opened, String pulls, List<String> warnings)
            throws HostFailed, InterruptedException {
        var body = object();
        wish.reviewers().forEach(body.putArray("reviewers")::add);
        wish.teams().forEach(body.putArray("team_reviewers")::add);
        var asked = api.post("%s/%d/requested_reviewers".formatted(pulls, opened.number()), body);
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
    public List<String> owners() throws HostFailed, InterruptedException {
        return owners("per_page=" + PAGE, "login");
    }

    @Override
    public List<String> branches(String owner, String repo)
            throws HostFailed, InterruptedException {
        return branches(owner, repo, "per_page=" + PAGE);
    }
}
