package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.GitHub;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.NewRepository;
import dev.atelier.githosts.RemoteRepository;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;

/** {@code publish:github}, with the inputs of Backstage's action. */
@Singleton
class PublishGithub extends PublishRemote {

    /** Inputs that GitHub is told when it makes the repository, by its own names for them. */
    private static final Map<String, String> SETTINGS =
            Map.ofEntries(
                    Map.entry("homepage", "homepage"),
                    Map.entry("hasIssues", "has_issues"),
                    Map.entry("hasProjects", "has_projects"),
                    Map.entry("hasWiki", "has_wiki"),
                    Map.entry("allowMergeCommit", "allow_merge_commit"),
                    Map.entry("allowSquashMerge", "allow_squash_merge"),
                    Map.entry("allowRebaseMerge", "allow_rebase_merge"),
                    Map.entry("allowAutoMerge", "allow_auto_merge"),
                    Map.entry("squashMergeCommitTitle", "squash_merge_commit_title"),
                    Map.entry("squashMergeCommitMessage", "squash_merge_commit_message"),
                    Map.entry("deleteBranchOnMerge", "delete_branch_on_merge"),
                    Map.entry("customProperties", "custom_properties"));

    PublishGithub(Remotes remotes) {
        super(
                remotes,
                HostKind.GITHUB,
                "publish:github",
                "main",
                Set.of(
                        "allowUpdateBranch",
                        "bypassPullRequestAllowances",
                        "oidcCustomization",
                        "repoVariables",
                        "requiredCommitSigning",
                        "secrets",
                        "subscribe"),
                """
                {"type": "object", "required": ["repoUrl"], "properties": {
                  "repoUrl": {"type": "string", "title": "Repository",
                    "description": "github.com?owner=name&repo=name, as RepoUrlPicker gives it"},
                  "description": {"type": "string", "title": "What it is"},
                  "homepage": {"type": "string", "title": "Address of its own page"},
                  "repoVisibility": {"type": "string", "enum": ["private", "public", "internal"],
                    "title": "Who sees it; private unless given"},
                  "access": {"type": "string", "title": "Who administers it",
                    "description": "An account, or a team as organisation/team"},
                  "collaborators": {"type": "array", "title": "Who else gets access",
                    "items": {"type": "object", "required": ["access"], "properties": {
                      "access": {"type": "string", "title": "pull, triage, push, maintain or admin"},
                      "user": {"type": "string"}, "team": {"type": "string"}}}},
                  "defaultBranch": {"type": "string", "title": "The branch; main unless given"},
                  "protectDefaultBranch": {"type": "boolean",
                    "title": "Only pull requests change it; true unless given"},
                  "protectEnforceAdmins": {"type": "boolean", "title": "Also for administrators; true unless given"},
                  "requiredApprovingReviewCount": {"type": "integer", "minimum": 0, "maximum": 6,
                    "title": "Reviews that a pull request needs; 1 unless given"},
                  "requireCodeOwnerReviews": {"type": "boolean", "title": "Of code owners"},
                  "dismissStaleReviews": {"type": "boolean", "title": "Again after each push"},
                  "requireLastPushApproval": {"type": "boolean", "title": "Not of whoever pushed last"},
                  "requiredStatusCheckContexts": {"type": "array", "items": {"type": "string"},
                    "title": "Checks that must pass"},
                  "requireBranchesToBeUpToDate": {"type": "boolean", "title": "On top of the branch; true unless given"},
                  "requiredConversationResolution": {"type": "boolean", "title": "With all conversations resolved"},
                  "requiredLinearHistory": {"type": "boolean", "title": "Without merge commits"},
                  "restrictions": {"type": "object", "title": "Who may push: users, teams, apps"},
                  "hasIssues": {"type": "boolean"}, "hasProjects": {"type": "boolean"}, "hasWiki": {"type": "boolean"},
                  "allowMergeCommit": {"type": "boolean"}, "allowSquashMerge": {"type": "boolean"},
                  "allowRebaseMerge": {"type": "boolean"}, "allowAutoMerge": {"type": "boolean"},
                  "squashMergeCommitTitle": {"type": "string", "enum": ["PR_TITLE", "COMMIT_OR_PR_TITLE"]},
                  "squashMergeCommitMessage": {"type": "string", "enum": ["PR_BODY", "COMMIT_MESSAGES", "BLANK"]},
                  "deleteBranchOnMerge": {"type": "boolean", "title": "Branches go when they are merged"},
                  "customProperties": {"type": "object", "title": "Properties that the organisation defines"},
                  "topics": {"type": "array", "items": {"type": "string"}, "title": "Topics"},
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
                          action: publish:github
                          input:
                            repoUrl: github.com?owner=acme&repo=penguins
                            description: Tells penguins apart
                            topics: [machine-learning]
                            requiredStatusCheckContexts: [check]
                        """));
    }

    @Override
    NewRepository wish(Remotes.Place place, JsonNode input, String branch) {
        var more = JsonNodeFactory.instance.objectNode();
        SETTINGS.forEach(
                (name, theirs) -> {
                    if (input.has(name)) {
                        more.set(theirs, input.get(name));
                    }
                });
        return new NewRepository(
                place.owner(),
                place.repo(),
                input.path("description").asText(""),
                input.path("repoVisibility").asText("private"),
                branch,
                more);
    }

    @Override
    void finish(ActionContext context, GitHost host, RemoteRepository made, String branch)
            throws HostFailed, InterruptedException {
        var input = context.input();
        var github = (GitHub) host;
        if (!input.path("topics").isEmpty()) {
            github.topics(made, texts(input.path("topics")));
        }
        access(github, made, input.path("access").asText(""), "admin");
        for (var one : input.path("collaborators")) {
            var permission = one.path("access").asText();
            if (one.has("team")) {
                github.letTeamIn(made, one.path("team").asText(), permission);
            } else {
                access(github, made, one.path("user").asText(""), permission);
            }
        }
        if (input.path("protectDefaultBranch").asBoolean(true)) {
            github.protect(made, branch, rules(input)).ifPresent(context::warn);
        }
    }

    private static void access(
            GitHub github, RemoteRepository made, String holder, String permission)
            throws HostFailed, InterruptedException {
        if (holder.startsWith(made.owner() + "/")) {
            github.letTeamIn(made, holder.substring(made.owner().length() + 1), permission);
        } else if (!holder.isEmpty() && !holder.equals(made.owner())) {
            github.letIn(made, holder, permission);
        }
    }

    private static ObjectNode rules(JsonNode input) {
        var rules = JsonNodeFactory.instance.objectNode();
        var checks = rules.putObject("required_status_checks");
        checks.put("strict", input.path("requireBranchesToBeUpToDate").asBoolean(true));
        var contexts = checks.putArray("contexts");
        texts(input.path("requiredStatusCheckContexts")).forEach(contexts::add);
        rules.put("enforce_admins", input.path("protectEnforceAdmins").asBoolean(true));
        rules.putObject("required_pull_request_reviews")
                .put(
                        "required_approving_review_count",
                        input.path("requiredApprovingReviewCount").asInt(1))
                .put(
                        "require_code_owner_reviews",
                        input.path("requireCodeOwnerReviews").asBoolean())
                .put("dismiss_stale_reviews", input.path("dismissStaleReviews").asBoolean())
                .put(
                        "require_last_push_approval",
                        input.path("requireLastPushApproval").asBoolean());
        if (input.has("restrictions")) {
            rules.set("restrictions", input.get("restrictions"));
        } else {
            rules.putNull("restrictions");
        }
        rules.put(
                "required_conversation_resolution",
                input.path("requiredConversationResolution").asBoolean());
        rules.put("required_linear_history", input.path("requiredLinearHistory").asBoolean());
        return rules;
    }
}
