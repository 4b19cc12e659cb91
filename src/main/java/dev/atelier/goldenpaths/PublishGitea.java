package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.NewRepository;
import dev.atelier.githosts.RemoteRepository;
import jakarta.inject.Singleton;
import java.util.Set;

/** {@code publish:gitea}, with the inputs of Backstage's action; Forgejo too. */
@Singleton
class PublishGitea extends PublishRemote {

    PublishGitea(Remotes remotes) {
        super(
                remotes,
                HostKind.GITEA,
                "publish:gitea",
                "main",
                Set.of("signCommit"),
                """
                {"type": "object", "required": ["repoUrl"], "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "gitea.example?owner=name&repo=name, as RepoUrlPicker gives it"},
                  "description": {"type": "string", "title": "What it is"},
                  "repoVisibility": {"type": "string", "enum": ["private", "public"],
                    "title": "Who sees it; private unless given (in Backstage public)"},
                  "defaultBranch": {"type": "string", "title": "The branch; main unless given"},
                  "protectDefaultBranch": {"type": "boolean", "title": "Only pull requests change it"},
                  "requiredApprovingReviewCount": {"type": "integer", "minimum": 0,
                    "title": "Reviews that a pull request needs, where it is protected"},
                  "sourcePath": {"type": "string", "title": "Folder in the task's files; all unless given"},
                  "gitCommitMessage": {"type": "string", "title": "Message of the first commit"},
                  "gitAuthorName": {"type": "string", "title": "Author; whoever started the task unless given"},
                  "gitAuthorEmail": {"type": "string"},
                  "token": {"type": "string", "title": "Token to use instead of the portal's"}}}
                """,
                "",
                new Example(
                        "Publish what was fetched",
                        """
                        - action: fetch:template
                          input:
                            url: ./skeleton
                            values:
                              name: penguins
                        - id: publish
                          action: publish:gitea
                          input:
                            repoUrl: gitea.com?owner=acme&repo=penguins
                            description: Tells penguins apart
                        """));
    }

    @Override
    NewRepository wish(Remotes.Place place, JsonNode input, String branch) {
        return new NewRepository(
                place.owner(),
                place.repo(),
                input.path("description").asText(""),
                input.path("repoVisibility").asText("private"),
                branch,
                JsonNodeFactory.instance.objectNode());
    }

    @Override
    void finish(ActionContext context, GitHost host, RemoteRepository made, String branch)
            throws HostFailed, InterruptedException {
        var input = context.input();
        if (input.path("protectDefaultBranch").asBoolean()) {
            host.protect(
                            made,
                            branch,
                            JsonNodeFactory.instance
                                    .objectNode()
                                    .put("enable_push", false)
                                    .put(
                                            "required_approvals",
                                            input.path("requiredApprovingReviewCount").asInt(1)))
                    .ifPresent(context::warn);
        }
    }
}
