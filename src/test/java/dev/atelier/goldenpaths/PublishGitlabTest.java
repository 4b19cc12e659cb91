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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("Publishing to GitLab")
class PublishGitlabTest {

    private static final String PATH = "acme/vision/penguins";
    private static final String PENGUINS =
            "repoUrl: gitlab.com?owner=acme%2Fvision&repo=penguins\n";

    @Inject RemoteTasks tasks;

    @BeforeEach
    void nothing_is_there() {
        RecordedHosts.forget("gitlab", PATH);
    }

    private static String git(String... words) {
        return GitClient.at(RecordedHosts.repository("gitlab", PATH)).line(words);
    }

    @Test
    void makes_a_project_in_a_subgroup_with_branches_and_variables() {
        expect(
                "gitlab/penguins-not-there",
                "gitlab/namespace",
                "gitlab/create",
                "gitlab/branch",
                "gitlab/protect",
                "gitlab/variable");

        var task =
                tasks.run(
                        "publish:gitlab",
                        PENGUINS
                                + """
                                defaultBranch: main
                                settings: {description: Tells penguins apart, topics: [machine-learning]}
                                branches: [{name: develop, create: true, protect: true}]
                                projectVariables:
                                  - {key: PORTAL, value: "https://atelier.example", protected: false}
                                """);

        assertThat(task.fault()).isNull();
        verify();
        var output = tasks.output(task);
        assertThat(output.path("remoteUrl").asText()).endsWith("/gitlab/acme/vision/penguins");
        assertThat(output.path("repoContentsUrl").asText())
                .endsWith("/gitlab/acme/vision/penguins/-/blob/main");
        assertThat(output.path("projectId").asLong()).isEqualTo(4711);
        assertThat(output.path("created").booleanValue()).isTrue();
        assertThat(output.path("commitHash").asText()).isEqualTo(git("rev-parse", "main"));
        assertThat(git("ls-tree", "-r", "--name-only", "main").lines())
                .containsExactly("README.md", "src/train.py");
    }

    @Test
    void calls_its_branch_master_and_pushes_nothing_where_no_files_are_wanted() {
        expect("gitlab/penguins-not-there", "gitlab/namespace", "gitlab/create-plain");

        var task = tasks.run("publish:gitlab", PENGUINS + "sourcePath: false\n");

        assertThat(task.fault()).isNull();
        verify();
        assertThat(tasks.output(task).path("repoContentsUrl").asText()).endsWith("/-/blob/master");
        assertThat(git("branch", "--all")).isEmpty();
    }

    @Test
    void leaves_a_project_alone_that_is_there_and_ends_well_where_that_is_wanted() {
        expect("gitlab/penguins-there");

        var task = tasks.run("publish:gitlab", PENGUINS + "skipExisting: true\n");

        assertThat(task.fault()).isNull();
        verify();
        assertThat(tasks.output(task).path("created").booleanValue()).isFalse();
        assertThat(tasks.lines(task))
                .contains("There is gitlab.com/acme/vision/penguins already; it is left as it is.");
    }

    @Test
    void goes_on_with_its_own_project_when_the_answer_was_lost() {
        expect("gitlab/penguins-not-there", "gitlab/namespace", "gitlab/create-limited");
        var task = tasks.run("publish:gitlab", PENGUINS);
        assertThat(task.fault()).contains("Try the step again in 10 minutes");
        RecordedHosts.make("gitlab", PATH);
        also(
                "gitlab/namespace",
                "gitlab/create-taken",
                "gitlab/penguins-there",
                "gitlab/no-branches");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(git("rev-list", "--count", "master")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    create-taken; There is a repository acme/vision/penguins on gitlab.com already
                    create-forbidden; higher privileges than provided by the access token
                    create-unauthorized; does not accept the portal's token (atelier.git-hosts.gitlab.token)
                    create-refused; Your top-level group is over the user limit
                    """)
    void says_why_it_is_refused(String contract, String reason) {
        expect("gitlab/penguins-not-there", "gitlab/namespace", "gitlab/" + contract);

        var task = tasks.run("publish:gitlab", PENGUINS);

        assertThat(task.fault())
                .contains(reason)
                .doesNotContain(RecordedHosts.TOKENS.get("gitlab"));
        verify();
    }

    @Test
    void says_that_there_is_no_such_group() {
        expect("gitlab/penguins-not-there", "gitlab/no-namespace");

        var task = tasks.run("publish:gitlab", PENGUINS);

        assertThat(task.fault()).contains("There is no owner acme/vision on gitlab.com");
        verify();
    }

    @Test
    void publishes_for_owners_alone_that_are_offered() {
        expect();

        var task =
                tasks.run("publish:gitlab", "repoUrl: gitlab.com?owner=acme%2Fboard&repo=plans\n");

        assertThat(task.fault())
                .isEqualTo(
                        "Golden paths may not publish for acme/board on gitlab.com. Choose one of: acme/vision, acme/shared.");
        assertThat(RecordedHosts.asked()).isEmpty();
    }
}
