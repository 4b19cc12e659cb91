package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Proposal;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * {@code atelier:repository:publish}: a repository wherever its address says, on this portal or on
 * a Git host. The golden paths that come with the portal do not know where their people keep code.
 */
@Singleton
class RepositoryPublish extends BuiltIn {

    private final PublishAtelier here;
    private final Map<HostKind, PublishRemote> elsewhere;
    private final Remotes remotes;

    RepositoryPublish(
            PublishAtelier here,
            PublishGithub github,
            PublishGitlab gitlab,
            PublishGitea gitea,
            Remotes remotes) {
        super(
                "atelier:repository:publish",
                "Makes a repository where repoUrl says, on this portal or on a Git host that is set up"
                        + " here, with the files of the task as its first commit.",
                """
                {"type": "object", "required": ["repoUrl"], "additionalProperties": false, "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "atelier?owner=team&repo=name or github.com?owner=name&repo=name, as RepoUrlPicker gives it"},
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
                  "pullRequestUrl": {"type": "string", "title": "Page of the request that an update is, on a Git host"},
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
                          action: atelier:repository:publish
                          input:
                            repoUrl: atelier?owner=vision&repo=penguins
                            description: Tells penguins apart
                        """));
        this.here = here;
        this.elsewhere =
                Map.of(HostKind.GITHUB, github, HostKind.GITLAB, gitlab, HostKind.GITEA, gitea);
        this.remotes = remotes;
    }

    @Override
    public boolean updates() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        var address = Remotes.address(context);
        if (address.host().equals(RepositoryHosts.OWN)) {
            here.run(context);
            return;
        }
        var kind = remotes.kind(address);
        var place = remotes.place(context, kind, id());
        var publish = elsewhere.get(kind);
        if (publish == null) {
            throw new IllegalStateException("Nothing publishes to " + kind);
        }
        publish.run(new Told(context, input(context.input(), kind)));
        // Those of the hosts' actions are Backstage's, where the page is what Git is told.
        context.output("cloneUrl", place.site().remoteUrl(place.path()));
        context.output("remoteUrl", place.page());
        context.output("portalUrl", context.portal());
    }

    /** The inputs as the host's own action has them. */
    private static ObjectNode input(JsonNode given, HostKind kind) {
        var input = JsonNodeFactory.instance.objectNode();
        input.set("repoUrl", given.get("repoUrl"));
        input.put("defaultBranch", "main");
        if (given.has("sourcePath")) {
            input.set("sourcePath", given.get("sourcePath"));
        }
        input.put("gitCommitMessage", given.path("commitMessage").asText("Initial commit"));
        if (given.has("description")) {
            (kind == HostKind.GITLAB ? input.putObject("settings") : input)
                    .set("description", given.get("description"));
        }
        return input;
    }

    /** A step that another action is told to do. */
    private record Told(ActionContext step, ObjectNode input) implements ActionContext {

        @Override
        public Workspace workspace() {
            return step.workspace();
        }

        @Override
        public void log(String message) {
            step.log(message);
        }

        @Override
        public void warn(String message) {
            step.warn(message);
        }

        @Override
        public void output(String name, JsonNode value) {
            step.output(name, value);
        }

        @Override
        public UUID taskId() {
            return step.taskId();
        }

        @Override
        public String stepId() {
            return step.stepId();
        }

        @Override
        public String user() {
            return step.user();
        }

        @Override
        public @Nullable String base() {
            return step.base();
        }

        @Override
        public JsonNode taskSpec() {
            return step.taskSpec();
        }

        @Override
        public boolean dryRun() {
            return step.dryRun();
        }

        @Override
        public JsonNode checkpoint(String key, Callable<JsonNode> act)
                throws ActionFailed, IOException, InterruptedException {
            return step.checkpoint(key, act);
        }

        @Override
        public void made(
                String ref,
                @Nullable String commit,
                @Nullable Path files,
                Proposal.@Nullable Opened request)
                throws ActionFailed, IOException {
            step.made(ref, commit, files, request);
        }

        @Override
        public Optional<Update> update() {
            return step.update();
        }

        @Override
        public Rendering rendering() {
            return step.rendering();
        }
    }
}
