package dev.atelier.goldenpaths;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.Commits;
import dev.atelier.repositories.GitRepository;
import dev.atelier.repositories.Repositories;
import jakarta.inject.Singleton;
import java.io.IOException;

/** {@code publish:atelier}: a repository of this portal. */
@Singleton
class PublishAtelier extends BuiltIn {

    private final Repositories repositories;
    private final Commits commits;
    private final Caller caller;

    PublishAtelier(Repositories repositories, Commits commits, Caller caller) {
        super(
                "publish:atelier",
                "Makes a repository that this portal hosts, with the files of the task as its first"
                        + " commit.",
                """
                {"type": "object", "required": ["repoUrl"], "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "atelier?owner=team&repo=name, as RepoUrlPicker gives it; ~name for a person"},
                  "description": {"type": "string", "title": "What it is"},
                  "sourcePath": {"type": "string", "title": "Folder in the task's files; all unless given"},
                  "commitMessage": {"type": "string", "title": "Message of the first commit"}}}
                """,
                """
                {"type": "object", "properties": {
                  "remoteUrl": {"type": "string", "title": "Page of the repository"},
                  "cloneUrl": {"type": "string", "title": "What git clone is told"},
                  "repoContentsUrl": {"type": "string", "title": "For catalog:register"},
                  "commitHash": {"type": "string", "title": "The first commit"},
                  "portalUrl": {"type": "string", "title": "This portal"}}}
                """,
                new Example(
                        "Publish what was fetched",
                        """
                        - action: fetch:template
                          input:
                            url: ./skeleton
                            values:
                              name: penguins
                        - id: publish
                          action: publish:atelier
                          input:
                            repoUrl: atelier?owner=vision&repo=penguins
                            description: Tells penguins apart
                        """));
        this.repositories = repositories;
        this.commits = commits;
        this.caller = caller;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var address = RepositoryAddress.parse(input.path("repoUrl").asText());
        if (!address.host().equals(RepositoryHosts.OWN)) {
            throw new ActionFailed(
                    "%s is not this portal. Its repositories are written atelier?owner=team&repo=name."
                            .formatted(Workspace.shown(input.path("repoUrl").asText())));
        }
        if (address.owner().isEmpty() || address.repo().isEmpty()) {
            throw new ActionFailed("The repository needs an owner and a name.");
        }
        var owner =
                address.owner().startsWith("~")
                        ? "user:default/" + address.owner().substring(1)
                        : "group:default/" + address.owner();
        var files = Remotes.files(context, input.path("sourcePath").asText(""), "");
        if (files.isEmpty()) {
            throw new ActionFailed("There is no file to publish.");
        }
        var portal = context.taskSpec().path("portal").asText("");
        var page = "/repositories/%s/%s".formatted(address.owner(), address.repo());
        context.output("portalUrl", portal);
        context.output("remoteUrl", portal + page);
        context.output("repoContentsUrl", portal + page);
        context.output(
                "cloneUrl", "%s/git/%s/%s.git".formatted(portal, address.owner(), address.repo()));
        if (context.dryRun()) {
            context.log(
                    "Would make the repository %s/%s with %d files."
                            .formatted(address.owner(), address.repo(), files.size()));
            context.output("commitHash", "0".repeat(40));
            return;
        }
        caller.requireAsOwner(
                Permission.REPOSITORY_CREATE, Repositories.refOf(owner, address.repo()), owner);
        // Both are named by the task, so that a step that is run again makes nothing twice.
        var key = "task:" + context.taskId() + ":" + context.stepId();
        var repository = made(context, address, owner, input.path("description").asText(""), key);
        var commit =
                commits.commit(
                        repository,
                        CommitWish.of(
                                        repository.defaultBranch(),
                                        input.path("commitMessage").asText("Initial commit"),
                                        Author.of(caller.signedIn()),
                                        files)
                                .withKey(key));
        context.output("commitHash", commit.id());
        context.log("Made %s with %d files.".formatted(repository.fullName(), files.size()));
    }

    private GitRepository made(
            ActionContext context,
            RepositoryAddress address,
            String owner,
            String description,
            String key)
            throws ActionFailed {
        try {
            return repositories.createOnce(owner, address.repo(), description, context.user(), key);
        } catch (Conflict e) {
            throw new ActionFailed(
                    "There is a repository %s/%s already. Choose another name."
                            .formatted(address.owner(), address.repo()));
        }
    }
}
