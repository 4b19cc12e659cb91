package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Proposal;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;

/** {@code publish:github:pull-request}, with the inputs of Backstage's action. */
@Singleton
class PublishGithubPullRequest extends ProposeRemote {

    PublishGithubPullRequest(Remotes remotes) {
        super(
                remotes,
                HostKind.GITHUB,
                "publish:github:pull-request",
                "Pushes the files of the task to a branch on GitHub and opens a pull request.",
                Set.of("assignees", "forceFork", "forceEmptyGitAuthor"),
                """
                {"type": "object", "required": ["repoUrl", "branchName", "title", "description"], "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "github.com?owner=name&repo=name, as RepoUrlPicker gives it"},
                  "branchName": {"type": "string", "minLength": 1, "title": "The branch that is made"},
                  "targetBranchName": {"type": "string", "minLength": 1,
                    "title": "The branch it goes into; the default one unless given"},
                  "title": {"type": "string", "minLength": 1, "title": "Title"},
                  "description": {"type": "string", "title": "What it is for"},
                  "draft": {"type": "boolean", "title": "Not ready to be merged yet"},
                  "sourcePath": {"type": "string", "title": "Folder in the task's files; all unless given"},
                  "targetPath": {"type": "string", "title": "Folder in the repository; its root unless given"},
                  "filesToDelete": {"type": "array", "items": {"type": "string"}, "title": "Files that go"},
                  "commitMessage": {"type": "string", "title": "Message of the commit; the title unless given"},
                  "update": {"type": "boolean", "title": "Add to a branch that is there already"},
                  "createWhenEmpty": {"type": "boolean", "title": "Also when nothing changes; true unless given"},
                  "reviewers": {"type": "array", "items": {"type": "string"}, "title": "Who is asked for a review"},
                  "teamReviewers": {"type": "array", "items": {"type": "string"}, "title": "Teams that are asked"},
                  "gitAuthorName": {"type": "string", "title": "Author; whoever started the task unless given"},
                  "gitAuthorEmail": {"type": "string"},
                  "token": {"type": "string", "title": "Token to use instead of the portal's"}}}
                """,
                """
                {"type": "object", "properties": {
                  "targetBranchName": {"type": "string", "title": "The branch it goes into"},
                  "remoteUrl": {"type": "string", "title": "Page of the pull request"},
                  "pullRequestNumber": {"type": "number", "title": "Its number"}}}
                """,
                new Example(
                        "Propose what was fetched",
                        """
                        - action: fetch:template
                          input:
                            url: ./skeleton
                            targetPath: monitoring
                            values:
                              name: penguins
                        - id: propose
                          action: publish:github:pull-request
                          input:
                            repoUrl: github.com?owner=acme&repo=penguins
                            branchName: add-monitoring
                            title: Watch the model for drift
                            description: Made by a golden path.
                            reviewers: [octocat]
                        """));
    }

    @Override
    Proposal proposal(Remotes.Place place, JsonNode input, String into) {
        return new Proposal(
                place.owner(),
                place.repo(),
                input.path("branchName").asText(),
                into,
                input.path("title").asText(),
                input.path("description").asText(""),
                input.path("draft").asBoolean(),
                texts(input.path("reviewers")),
                texts(input.path("teamReviewers")),
                "",
                List.of(),
                false);
    }

    @Override
    void output(ActionContext context, Remotes.Place place, String into, Proposal.Opened opened) {
        context.output("targetBranchName", into);
        context.output("remoteUrl", opened.page());
        context.output("pullRequestNumber", LongNode.valueOf(opened.number()));
    }
}
