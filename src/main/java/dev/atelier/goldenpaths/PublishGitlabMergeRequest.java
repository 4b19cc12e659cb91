package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Proposal;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code publish:gitlab:merge-request}, with the inputs of Backstage's action. */
@Singleton
class PublishGitlabMergeRequest extends ProposeRemote {

    PublishGitlabMergeRequest(Remotes remotes) {
        super(
                remotes,
                HostKind.GITLAB,
                "publish:gitlab:merge-request",
                "Pushes the files of the task to a branch on GitLab and opens a merge request.",
                Set.of("assignReviewersFromApprovalRules", "projectid"),
                """
                {"type": "object", "required": ["repoUrl", "branchName", "title"], "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "gitlab.com?owner=group&repo=name, as RepoUrlPicker gives it"},
                  "branchName": {"type": "string", "minLength": 1, "title": "The branch that is made"},
                  "targetBranchName": {"type": "string", "minLength": 1,
                    "title": "The branch it goes into; the default one unless given"},
                  "title": {"type": "string", "minLength": 1, "title": "Title"},
                  "description": {"type": "string", "title": "What it is for"},
                  "sourcePath": {"type": "string",
                    "title": "Folder in the task's files; unless given the one that targetPath names, else all"},
                  "targetPath": {"type": "string", "title": "Folder in the repository; its root unless given"},
                  "commitAction": {"type": "string", "enum": ["auto", "create", "update", "delete", "skip"],
                    "title": "What becomes of the files there: delete removes those of these names, skip pushes nothing"},
                  "removeSourceBranch": {"type": "boolean", "title": "The branch goes once it is merged"},
                  "assignee": {"type": "string", "title": "Who it is assigned to"},
                  "reviewers": {"type": "array", "items": {"type": "string"}, "title": "Who is asked for a review"},
                  "labels": {"type": ["string", "array"], "items": {"type": "string"}, "title": "Labels"},
                  "token": {"type": "string", "title": "Token to use instead of the portal's"}}}
                """,
                """
                {"type": "object", "properties": {
                  "targetBranchName": {"type": "string", "title": "The branch it goes into"},
                  "projectid": {"type": "string", "title": "The project, as group/name"},
                  "projectPath": {"type": "string", "title": "The project, as group/name"},
                  "mergeRequestUrl": {"type": "string", "title": "Page of the merge request"}}}
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
                          action: publish:gitlab:merge-request
                          input:
                            repoUrl: gitlab.com?owner=acme/vision&repo=penguins
                            branchName: add-monitoring
                            title: Watch the model for drift
                            sourcePath: monitoring
                            targetPath: monitoring
                            removeSourceBranch: true
                        """));
    }

    @Override
    Changes changes(ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        var target = input.path("targetPath").asText("");
        var source = input.path("sourcePath").asText("");
        var files = Remotes.files(context, source.isEmpty() ? target : source, target);
        return switch (input.path("commitAction").asText("auto")) {
            case "delete" -> new Changes(Map.of(), Set.copyOf(files.keySet()));
            case "skip" -> new Changes(Map.of(), Set.of());
            default -> new Changes(files, Set.of());
        };
    }

    @Override
    Proposal proposal(Remotes.Place place, JsonNode input, String into) {
        var labels = input.path("labels");
        return new Proposal(
                place.owner(),
                place.repo(),
                input.path("branchName").asText(),
                into,
                input.path("title").asText(),
                input.path("description").asText(""),
                false,
                texts(input.path("reviewers")),
                List.of(),
                input.path("assignee").asText(""),
                labels.isTextual() ? List.of(labels.textValue()) : texts(labels),
                input.path("removeSourceBranch").asBoolean());
    }

    @Override
    void output(ActionContext context, Remotes.Place place, String into, Proposal.Opened opened) {
        context.output("targetBranchName", into);
        context.output("projectid", place.path());
        context.output("projectPath", place.path());
        context.output("mergeRequestUrl", opened.page());
    }
}
