package dev.atelier.goldenpaths;

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
@DisplayName("Publishing to Gitea")
class PublishGiteaTest {

    private static final String PENGUINS =
            """
            repoUrl: gitea.com?owner=acme&repo=penguins
            description: Tells penguins apart
            """;

    @Inject RemoteTasks tasks;

    @BeforeEach
    void nothing_is_there() {
        RecordedHosts.forget("gitea", "acme/penguins");
    }

    private static String git(String... words) {
        return GitClient.at(RecordedHosts.repository("gitea", "acme/penguins")).line(words);
    }

    @Test
    void makes_a_repository_of_an_organisation_and_protects_its_branch() {
        expect("gitea/penguins-not-there", "gitea/organization", "gitea/create", "gitea/protect");

        var task =
                tasks.run(
                        "publish:gitea",
                        PENGUINS
                                + """
                                protectDefaultBranch: true
                                requiredApprovingReviewCount: 2
                                gitAuthorName: Ines
                                gitAuthorEmail: ines@example.org
                                sourcePath: src
                                """);

        assertThat(task.fault()).isNull();
        verify();
        var output = tasks.output(task);
        assertThat(output.path("remoteUrl").asText()).endsWith("/gitea/acme/penguins.git");
        assertThat(output.path("repoContentsUrl").asText())
                .endsWith("/gitea/acme/penguins/src/branch/main");
        assertThat(git("log", "--format=%an <%ae> %s", "main"))
                .isEqualTo("Ines <ines@example.org> initial commit");
        assertThat(git("ls-tree", "-r", "--name-only", "main")).isEqualTo("train.py");
    }

    @Test
    void makes_one_for_the_account_whose_token_it_is() {
        expect(
                "gitea/penguins-not-there",
                "gitea/no-organization",
                "gitea/account",
                "gitea/self",
                "gitea/create-for-self");

        var task = tasks.run("publish:gitea", PENGUINS);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(git("rev-list", "--count", "main")).isEqualTo("1");
    }

    @Test
    void says_that_there_is_no_such_owner() {
        expect("gitea/penguins-not-there", "gitea/no-organization", "gitea/nobody");

        var task = tasks.run("publish:gitea", PENGUINS);

        assertThat(task.fault()).contains("There is no owner acme on gitea.com");
        verify();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    create-taken; There is a repository acme/penguins on gitea.com already
                    create-forbidden; required=[write:organization]
                    create-unauthorized; does not accept the portal's token (atelier.git-hosts.gitea.token)
                    create-refused; You have reached your limit of 10 repositories
                    """)
    void says_why_it_is_refused(String contract, String reason) {
        expect("gitea/penguins-not-there", "gitea/organization", "gitea/" + contract);

        var task = tasks.run("publish:gitea", PENGUINS);

        assertThat(task.fault()).contains(reason);
        verify();
    }

    @Test
    void says_that_a_host_is_down() {
        expect();

        var task = tasks.run("publish:gitea", "repoUrl: down.example?owner=acme&repo=penguins\n");

        assertThat(task.fault())
                .contains("down.example cannot be reached", "Try the step again when it can");
    }
}
