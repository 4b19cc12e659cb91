package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.Commits;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.GitRepository;
import dev.atelier.repositories.Repositories;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * {@code publish:atelier:branch}: what pull and merge requests are elsewhere, a branch with one
 * commit in a repository of this portal, for its people to merge.
 */
@Singleton
class PublishAtelierBranch extends BuiltIn {

    private final Repositories repositories;
    private final Commits commits;
    private final Contents contents;
    private final Caller caller;

    PublishAtelierBranch(
            Repositories repositories, Commits commits, Contents contents, Caller caller) {
        super(
                "publish:atelier:branch",
                "Commits the files of the task to a branch of a repository that is on this portal. Its people"
                        + " merge it when they want it.",
                """
                {"type": "object", "required": ["repoUrl", "branchName", "title"], "additionalProperties": false,
                 "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "atelier?owner=team&repo=name, as RepoUrlPicker gives it; ~name for a person"},
                  "branchName": {"type": "string", "minLength": 1, "maxLength": 200, "title": "The branch that is made"},
                  "targetBranchName": {"type": "string", "minLength": 1,
                    "title": "The branch it begins at; the default one unless given"},
                  "title": {"type": "string", "minLength": 1, "maxLength": 200, "title": "First line of the commit's message"},
                  "description": {"type": "string", "maxLength": 8000, "title": "The rest of the message"},
                  "sourcePath": {"type": "string", "title": "Folder in the task's files; all unless given"},
                  "targetPath": {"type": "string", "title": "Folder in the repository; its root unless given"},
                  "filesToDelete": {"type": "array", "items": {"type": "string"}, "title": "Files that go"},
                  "keep": {"type": "array", "items": {"type": "string"},
                    "title": "Patterns of files that stay as they are where the repository has them"},
                  "update": {"type": "boolean", "title": "Add to a branch that is there already"}}}
                """,
                """
                {"type": "object", "properties": {
                  "remoteUrl": {"type": "string", "title": "Page of the branch"},
                  "cloneUrl": {"type": "string", "title": "What git clone is told"},
                  "branchName": {"type": "string", "title": "The branch"},
                  "targetBranchName": {"type": "string", "title": "The branch it begins at"},
                  "commitHash": {"type": "string", "title": "The commit at its end"},
                  "changed": {"type": "boolean", "title": "Whether there was anything to change"}}}
                """,
                new Example(
                        "Propose what was fetched",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                            targetPath: monitoring
                        - id: propose
                          action: publish:atelier:branch
                          input:
                            repoUrl: atelier?owner=vision&repo=penguins
                            branchName: add-monitoring
                            title: Watch the model for drift
                            keep: [monitoring/README.md]
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
        var branch = Remotes.branch(input.path("branchName").asText());
        var files =
                Remotes.files(
                        context,
                        input.path("sourcePath").asText(""),
                        input.path("targetPath").asText(""));
        var removed = Set.copyOf(texts(input.path("filesToDelete")));
        if (files.isEmpty() && removed.isEmpty()) {
            throw new ActionFailed("There is nothing to commit.");
        }
        context.output("branchName", branch);
        context.output(
                "cloneUrl",
                "%s/git/%s/%s.git".formatted(context.portal(), address.owner(), address.repo()));
        if (context.dryRun()) {
            context.log(
                    "Would commit %d files to %s of %s/%s."
                            .formatted(files.size(), branch, address.owner(), address.repo()));
            context.output(
                    "remoteUrl",
                    "%s/repositories/%s/%s"
                            .formatted(context.portal(), address.owner(), address.repo()));
            context.output("targetBranchName", input.path("targetBranchName").asText("main"));
            context.output("commitHash", "0".repeat(40));
            context.output("changed", BooleanNode.TRUE);
            return;
        }
        var repository =
                repositories
                        .find(address.owner(), address.repo())
                        .filter(one -> caller.may(Permission.REPOSITORY_READ, one.ref()))
                        .orElseThrow(
                                () ->
                                        new ActionFailed(
                                                "There is no repository %s/%s, or it is not shown to you."
                                                        .formatted(
                                                                address.owner(), address.repo())));
        caller.require(Permission.REPOSITORY_WRITE, repository.ref());
        propose(context, repository, branch, files, removed);
    }

    private void propose(
            ActionContext context,
            GitRepository repository,
            String branch,
            Map<String, FileContent> files,
            Set<String> removed)
            throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var into = input.path("targetBranchName").asText(repository.defaultBranch());
        if (branch.equals(into) || branch.equals(repository.defaultBranch())) {
            throw new ActionFailed(
                    "%s is what the branch shall be merged into. Give branchName another name."
                            .formatted(Workspace.shown(branch)));
        }
        var base =
                contents.commit(repository, into)
                        .orElseThrow(
                                () ->
                                        new ActionFailed(
                                                "There is no branch %s in %s, or it has no commit yet."
                                                        .formatted(
                                                                Workspace.shown(into),
                                                                repository.fullName())));
        // Asked once: a step that is run again finds the branch that it made itself.
        var there =
                context.checkpoint(
                                "there",
                                () ->
                                        BooleanNode.valueOf(
                                                contents.branches(repository).contains(branch)))
                        .asBoolean();
        if (there && !input.path("update").asBoolean()) {
            throw new ActionFailed(
                    "There is a branch %s in %s already. Choose another name, or say update: true to add to it."
                            .formatted(branch, repository.fullName()));
        }
        var at = there ? branch : base.id();
        var written = new LinkedHashMap<>(files);
        var keep = new Globs(texts(input.path("keep")));
        for (var path : files.keySet()) {
            if (keep.match(path) && has(repository, at, path)) {
                written.remove(path);
                context.log(path + " is there and stays as it is.");
            }
        }
        context.output("targetBranchName", into);
        var commit =
                commits.commit(
                        repository,
                        new CommitWish(
                                branch,
                                base.id(),
                                message(input),
                                Author.of(caller.signedIn()),
                                written,
                                removed,
                                false,
                                context.key()));
        boolean changed = !commit.id().equals(base.id());
        context.output("commitHash", commit.id());
        context.output("changed", BooleanNode.valueOf(changed));
        context.output("remoteUrl", context.portal() + repository.address(branch));
        context.log(
                changed
                        ? "The branch %s of %s has %d files; merge it when it is as you want it."
                                .formatted(branch, repository.fullName(), written.size())
                        : "Nothing would change: %s has all of it.".formatted(into));
    }

    private boolean has(GitRepository repository, String ref, String path) {
        var folder = path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
        return contents.tree(repository, ref, folder).stream()
                .anyMatch(entry -> entry.path().equals(path));
    }

    private static String message(JsonNode input) {
        var rest = input.path("description").asText("").strip();
        return input.path("title").asText().strip() + (rest.isEmpty() ? "" : "\n\n" + rest);
    }
}
