package dev.atelier.goldenpaths;

import static dev.atelier.githosts.RecordedHosts.also;
import static dev.atelier.githosts.RecordedHosts.expect;
import static dev.atelier.githosts.RecordedHosts.verify;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.githosts.GitHostsNearby;
import dev.atelier.githosts.RecordedHosts;
import dev.atelier.repositories.GitClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("A pull or merge request")
class ProposeTest {

    private static final String GITHUB = "publish:github:pull-request";
    private static final String PULL =
            """
            repoUrl: github.com?owner=octo-org&repo=penguins
            branchName: add-monitoring
            title: Watch the model for drift
            description: Made by a golden path.
            draft: true
            """;
    private static final String GITLAB = "publish:gitlab:merge-request";
    private static final String MERGE =
            """
            repoUrl: gitlab.com?owner=acme%2Fvision&repo=penguins
            branchName: add-monitoring
            targetBranchName: main
            title: Watch the model for drift
            """;

    @Inject RemoteTasks tasks;

    @BeforeEach
    void there_is_a_repository_with_two_commits() {
        expect();
        grown("github", "octo-org/penguins");
        grown("gitlab", "acme/vision/penguins");
    }

    private static void grown(String kind, String path) {
        RecordedHosts.forget(kind, path);
        var bare = RecordedHosts.make(kind, path);
        var work = GitClient.fresh();
        work.run("init", "--quiet", "-b", "main", ".").well();
        work.file("README.md", "# Old").file("docs/card.md", "A card").committed("One");
        work.file("src/serve.py", "serve()").committed("Two");
        work.run("push", "--quiet", bare.toString(), "main").well();
    }

    private static Path github() {
        return RecordedHosts.repository("github", "octo-org/penguins");
    }

    private static GitClient at(String kind) {
        return GitClient.at(
                kind.equals("github")
                        ? github()
                        : RecordedHosts.repository("gitlab", "acme/vision/penguins"));
    }

    @Test
    void of_github_has_one_commit_on_top_of_what_is_there() {
        also("github/penguins-there", "github/pull", "github/reviewers");

        var task =
                tasks.run(
                        GITHUB,
                        PULL
                                + """
                                targetPath: monitoring
                                sourcePath: src
                                filesToDelete: [docs]
                                commitMessage: Add monitoring
                                reviewers: [octocat]
                                teamReviewers: [ml]
                                """);

        assertThat(task.fault()).isNull();
        verify();
        var output = tasks.output(task);
        assertThat(output.path("remoteUrl").asText())
                .isEqualTo("https://github.com/octo-org/penguins/pull/1347");
        assertThat(output.path("pullRequestNumber").asLong()).isEqualTo(1347);
        assertThat(output.path("targetBranchName").asText()).isEqualTo("main");
        assertThat(at("github").line("log", "--format=%s", "add-monitoring").lines())
                .containsExactly("Add monitoring", "Two", "One");
        assertThat(at("github").line("ls-tree", "-r", "--name-only", "add-monitoring").lines())
                .containsExactly("README.md", "monitoring/train.py", "src/serve.py");
        assertThat(at("github").line("show", "add-monitoring:README.md")).isEqualTo("# Old");
        at("github").run("fsck", "--full", "--strict").well();
    }

    @Test
    void of_github_warns_where_nobody_can_be_asked_for_a_review() {
        also("github/penguins-there", "github/pull", "github/reviewers-refused");

        var task =
                tasks.run(
                        GITHUB,
                        PULL + "reviewers: [octocat]\nteamReviewers: [ml]\nforceFork: true\n");

        assertThat(task.fault()).isNull();
        verify();
        assertThat(tasks.lines(task))
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .contains(
                                                "Reviews may only be requested from collaborators"))
                .contains("forceFork is not done here; set it on the host if it is needed.");
    }

    @Test
    void is_found_again_when_its_answer_was_lost() {
        also("github/penguins-there", "github/pull-fault");
        var task = tasks.run(GITHUB, PULL);
        assertThat(task.fault()).contains("opening a pull request in octo-org/penguins");
        var pushed = at("github").line("rev-parse", "add-monitoring");
        also("github/pull-there", "github/pulls");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(at("github").line("rev-parse", "add-monitoring")).isEqualTo(pushed);
        assertThat(tasks.output(task).path("pullRequestNumber").asLong()).isEqualTo(1347);
    }

    @Test
    void goes_on_with_its_own_branch_when_the_answer_to_the_push_was_lost() throws IOException {
        also("github/penguins-there");
        RecordedHosts.loseAnswers(true);
        var task = tasks.run(GITHUB, PULL);
        assertThat(task.fault()).contains("The connection to github.com broke");
        var pushed = at("github").line("rev-parse", "add-monitoring");
        RecordedHosts.loseAnswers(false);
        // Meanwhile the branch that it shall go into has moved on.
        var other = GitClient.fresh();
        other.run("clone", "--quiet", github().toString(), "work").well();
        other.in("work").file("NEWS.md", "News").committed("Three");
        other.in("work").run("push", "--quiet", "origin", "main").well();
        also("github/pull");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(at("github").line("rev-parse", "add-monitoring")).isEqualTo(pushed);
    }

    @Test
    void leaves_a_branch_of_somebody_else_alone_unless_it_shall_be_added_to() {
        at("github").run("branch", "add-monitoring", "main").well();
        also("github/penguins-there");

        var task = tasks.run(GITHUB, PULL);

        assertThat(task.fault())
                .contains(
                        "There is a branch add-monitoring in github.com/octo-org/penguins already");
        verify();
        also("github/penguins-there", "github/pull-there", "github/pulls");

        task = tasks.run(GITHUB, PULL + "update: true\n");

        assertThat(task.fault()).isNull();
        verify();
        assertThat(at("github").line("log", "--format=%s", "add-monitoring").lines())
                .containsExactly("Watch the model for drift", "Two", "One");
    }

    @Test
    void is_not_opened_where_nothing_would_change_if_that_is_wanted() {
        also("github/penguins-there");

        var task = tasks.run(GITHUB, PULL + "createWhenEmpty: false\nsourcePath: nowhere\n");

        assertThat(task.fault()).isNull();
        verify();
        assertThat(tasks.output(task).has("remoteUrl")).isFalse();
        assertThat(at("github").line("branch", "--list", "add-monitoring")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    targetBranchName: release; There is no branch release in github.com/octo-org/penguins
                    targetBranchName: add-monitoring; add-monitoring cannot go into itself
                    branchName: "a..b"; "a..b" cannot be the name of a branch
                    branchName: "*"; "*" cannot be the name of a branch
                    targetPath: ../up; cannot be the path of a file in a repository
                    targetPath: .git/hooks; cannot be the path of a file in a repository
                    """)
    void says_what_is_wrong(String input, String reason) {
        also("github/penguins-there");

        var task =
                tasks.run(
                        GITHUB,
                        input.startsWith("branchName")
                                ? PULL.replace("branchName: add-monitoring", input)
                                : PULL + input + "\n");

        assertThat(task.fault()).contains(reason);
        assertThat(at("github").line("branch", "--format=%(refname:short)")).isEqualTo("main");
    }

    @Test
    void of_gitlab_has_reviewers_labels_and_somebody_it_is_assigned_to() {
        also("gitlab/user-ines", "gitlab/user-ada", "gitlab/user-nobody", "gitlab/merge-request");

        var task =
                tasks.run(
                        GITLAB,
                        MERGE
                                + """
                                description: Made by a golden path.
                                removeSourceBranch: true
                                assignee: ines
                                reviewers: [ada, nobody]
                                labels: [mlops, drift]
                                """);

        assertThat(task.fault()).isNull();
        verify();
        var output = tasks.output(task);
        assertThat(output.path("mergeRequestUrl").asText())
                .isEqualTo("https://gitlab.com/acme/vision/penguins/-/merge_requests/3");
        assertThat(output.path("projectPath").asText()).isEqualTo("acme/vision/penguins");
        assertThat(tasks.lines(task)).contains("There is no nobody on gitlab.com to be asked.");
        assertThat(at("gitlab").line("ls-tree", "-r", "--name-only", "add-monitoring").lines())
                .containsExactly("README.md", "docs/card.md", "src/serve.py", "src/train.py");
    }

    @Test
    void of_gitlab_takes_files_away() {
        also("gitlab/merge-request-plain");

        var task = tasks.run(GITLAB, MERGE + "commitAction: delete\n");

        assertThat(task.fault()).isNull();
        verify();
        assertThat(at("gitlab").line("ls-tree", "-r", "--name-only", "add-monitoring").lines())
                .containsExactly("docs/card.md", "src/serve.py");
    }
}
