package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.GitLab;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.NewRepository;
import dev.atelier.githosts.RemoteRepository;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;

/** {@code publish:gitlab}, with the inputs of Backstage's action. */
@Singleton
class PublishGitlab extends PublishRemote {

    /** As Backstage has it; new projects of GitLab itself say main. */
    private static final String BRANCH = "master";

    /** The repository is what repoUrl names; another path would be another project. */
    private static final List<String> PLACE = List.of("path", "name", "namespace_id");

    PublishGitlab(Remotes remotes) {
        super(
                remotes,
                HostKind.GITLAB,
                "publish:gitlab",
                BRANCH,
                Set.of("setUserAsOwner", "signCommit"),
                """
                {"type": "object", "required": ["repoUrl"], "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "gitlab.com?owner=group&repo=name, as RepoUrlPicker gives it; group/subgroup for one in another"},
                  "repoVisibility": {"type": "string", "enum": ["private", "public", "internal"],
                    "title": "Who sees it; private unless given"},
                  "defaultBranch": {"type": "string", "title": "The branch; master unless given, as in Backstage"},
                  "topics": {"type": "array", "items": {"type": "string"}, "title": "Topics"},
                  "settings": {"type": "object", "title": "Members of GitLab's request for a project",
                    "description": "description, visibility, topics, merge_method, squash_option, ci_config_path and the others"},
                  "branches": {"type": "array", "title": "Branches to make or protect",
                    "items": {"type": "object", "required": ["name"], "properties": {
                      "name": {"type": "string"}, "create": {"type": "boolean"},
                      "protect": {"type": "boolean"}, "ref": {"type": "string"}}}},
                  "projectVariables": {"type": "array", "title": "Variables of CI",
                    "items": {"type": "object", "required": ["key", "value"], "properties": {
                      "key": {"type": "string"}, "value": {"type": "string"},
                      "description": {"type": "string"}, "variable_type": {"type": "string"},
                      "protected": {"type": "boolean"}, "masked": {"type": "boolean"},
                      "raw": {"type": "boolean"}, "environment_scope": {"type": "string"}}}},
                  "skipExisting": {"type": "boolean", "title": "A project that is there already is no failure"},
                  "sourcePath": {"type": ["string", "boolean"],
                    "title": "Folder in the task's files; all unless given, none if false"},
                  "gitCommitMessage": {"type": "string", "title": "Message of the first commit"},
                  "gitAuthorName": {"type": "string", "title": "Author; whoever started the task unless given"},
                  "gitAuthorEmail": {"type": "string"},
                  "token": {"type": "string", "title": "Token to use instead of the portal's"}}}
                """,
                """
                ,
                  "projectId": {"type": "number", "title": "The project's number"},
                  "created": {"type": "boolean", "title": "Whether it was made by this step"}""",
                new Example(
                        "Publish what was fetched",
                        """
                        - action: fetch:template
                          input:
                            url: ./skeleton
                            values:
                              name: penguins
                        - id: publish
                          action: publish:gitlab
                          input:
                            repoUrl: gitlab.com?owner=acme/vision&repo=penguins
                            defaultBranch: main
                            settings:
                              description: Tells penguins apart
                              topics: [machine-learning]
                        """));
    }

    @Override
    boolean skipsExisting(JsonNode input) {
        return input.path("skipExisting").asBoolean();
    }

    @Override
    NewRepository wish(Remotes.Place place, JsonNode input, String branch) {
        var more = JsonNodeFactory.instance.objectNode();
        if (!input.path("topics").isEmpty()) {
            more.set("topics", input.get("topics"));
        }
        if (input.path("settings") instanceof ObjectNode settings) {
            more.setAll(settings);
            more.remove(PLACE);
        }
        return new NewRepository(
                place.owner(),
                place.repo(),
                "",
                input.path("repoVisibility").asText("private"),
                branch,
                more);
    }

    @Override
    void output(ActionContext context, RemoteRepository made) {
        context.output("projectId", LongNode.valueOf(Long.parseLong(made.id())));
        context.output("created", BooleanNode.TRUE);
    }

    @Override
    void finish(ActionContext context, GitHost host, RemoteRepository made, String branch)
            throws HostFailed, InterruptedException {
        var input = context.input();
        var gitlab = (GitLab) host;
        for (var name : PLACE) {
            var other = input.path("settings").path(name).asText("");
            if (!other.isEmpty() && !other.equals(made.name())) {
                context.warn(
                        "settings.%s is not heeded: the project is where repoUrl says."
                                .formatted(name));
            }
        }
        for (var one : input.path("branches")) {
            var name = one.path("name").asText();
            if (one.path("create").asBoolean()) {
                gitlab.branch(made, name, one.path("ref").asText(branch));
            }
            if (one.path("protect").asBoolean()) {
                gitlab.protect(made, name, JsonNodeFactory.instance.objectNode());
            }
        }
        for (var one : input.path("projectVariables")) {
            gitlab.variable(made, (ObjectNode) one);
        }
    }
}
