package dev.atelier.goldenpaths;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.Commits;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.GitRepository;
import dev.atelier.repositories.MergeWish;
import dev.atelier.repositories.Repositories;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** {@code publish:atelier}: a repository of this portal. */
@Singleton
class PublishAtelier extends BuiltIn {

    private final Repositories repositories;
    private final Commits commits;
    private final Contents contents;
    private final Caller caller;

    PublishAtelier(Repositories repositories, Commits commits, Contents contents, Caller caller) {
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
                  "commitHash": {"type": "string", "title": "The commit: the first one, or that of an update"},
                  "branch": {"type": "string", "title": "Branch of an update"},
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
        this.contents = contents;
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
        if (context.update().isPresent()) {
            update(context, context.update().get(), address, files);
            return;
        }
        addresses(context, address);
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
        var key = context.key();
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
        context.made(repository.ref(), commit.id(), source(context));
        context.log("Made %s with %d files.".formatted(repository.fullName(), files.size()));
    }

    private static void addresses(ActionContext context, RepositoryAddress address) {
        var portal = context.portal();
        var page = "/repositories/%s/%s".formatted(address.owner(), address.repo());
        context.output("portalUrl", portal);
        context.output("remoteUrl", portal + page);
        context.output("repoContentsUrl", portal + page);
        context.output(
                "cloneUrl", "%s/git/%s/%s.git".formatted(portal, address.owner(), address.repo()));
    }

    @Override
    public boolean updates() {
        return true;
    }

    /** Puts what the template makes now onto a branch, beside what people did meanwhile. */
    private void update(
            ActionContext context,
            ActionContext.Update update,
            RepositoryAddress address,
            Map<String, FileContent> files)
            throws ActionFailed, IOException {
        var repository =
                repositories
                        .find(address.owner(), address.repo())
                        .filter(one -> one.ref().equals(update.ref()))
                        .orElseThrow(
                                () ->
                                        new ActionFailed(
                                                "An update keeps the owner and the name of the repository: %s."
                                                        .formatted(Made.name(update.ref()))));
        caller.require(Permission.REPOSITORY_WRITE, repository.ref());
        addresses(context, address);
        var branch = "golden-path-" + context.taskId().toString().substring(0, 8);
        var merged =
                commits.merge(
                        repository,
                        new MergeWish(
                                repository.defaultBranch(),
                                update.before(),
                                files,
                                branch,
                                "Bring “%s” up to date".formatted(update.title()),
                                Author.of(caller.signedIn()),
                                true,
                                context.key()));
        for (var conflict : merged.conflicts()) {
            context.warn(
                    "%s: %s. Both are in the file, between marks; keep what is right."
                            .formatted(conflict.path(), conflict.why()));
        }
        var commit = merged.commit();
        if (commit == null) {
            context.log("Its files are as the golden path makes them; nothing is to be merged.");
            var at = contents.commit(repository, "").orElseThrow();
            context.output("commitHash", at.id());
            context.made(repository.ref(), at.id(), source(context));
            return;
        }
        context.output("commitHash", commit.id());
        context.output("branch", branch);
        context.made(repository.ref(), commit.id(), source(context));
        merged.changed().forEach(path -> context.log("Changes " + path));
        context.log(
                "The branch %s of %s has the update; merge it when it is as you want it."
                        .formatted(branch, repository.fullName()));
    }

    private static Path source(ActionContext context) throws ActionFailed {
        return context.workspace().path(context.input().path("sourcePath").asText(""));
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
