package dev.atelier.goldenpaths;

import static dev.atelier.githosts.RecordedHosts.also;
import static dev.atelier.githosts.RecordedHosts.expect;
import static dev.atelier.githosts.RecordedHosts.verify;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.githosts.GitHostsNearby;
import dev.atelier.githosts.RecordedHosts;
import dev.atelier.platform.database.Sql;
import dev.atelier.repositories.GitClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("Publishing to GitHub")
class PublishGithubTest {

    private static final String TOKEN = RecordedHosts.TOKENS.get("github");
    private static final String FAULTY_HOOK =
            "#!/bin/sh\ncat > /dev/null\necho 'a password stands in README.md' >&2\nexit 1\n";

    private static final String PENGUINS =
            """
            repoUrl: github.com?owner=octo-org&repo=penguins
            description: Tells penguins apart
            """;

    @Inject RemoteTasks tasks;
    @Inject Sql sql;

    @BeforeEach
    void nothing_is_there() {
        RecordedHosts.forget("github", "octo-org/penguins");
        RecordedHosts.forget("github", "octocat/penguins");
    }

    private static Path repository() {
        return RecordedHosts.repository("github", "octo-org/penguins");
    }

    private static String git(String... words) {
        return GitClient.at(repository()).line(words);
    }

    @Test
    void makes_a_repository_with_the_files_as_its_first_commit() {
        expect(
                "github/penguins-not-there",
                "github/organization",
                "github/create",
                "github/topics",
                "github/team",
                "github/collaborator",
                "github/protect");

        var task =
                tasks.run(
                        "publish:github",
                        PENGUINS
                                + """
                                topics: [Machine-Learning]
                                access: octo-org/ml
                                collaborators: [{access: push, user: octocat}]
                                requiredStatusCheckContexts: [check]
                                gitCommitMessage: Begin
                                """);

        assertThat(task.fault()).isNull();
        verify();
        var output = tasks.output(task);
        var base = "http://127.0.0.1";
        assertThat(output.path("remoteUrl").asText())
                .startsWith(base)
                .endsWith("/github/octo-org/penguins.git")
                .doesNotContain("@");
        assertThat(output.path("repoContentsUrl").asText())
                .endsWith("/github/octo-org/penguins/blob/main");
        assertThat(output.path("commitHash").asText()).isEqualTo(git("rev-parse", "main"));
        assertThat(git("log", "--format=%s|%an|%cn|%P", "main"))
                .isEqualTo("Begin|Administrator|Atelier|");
        assertThat(git("ls-tree", "-r", "--format=%(objectmode) %(path)", "main").lines())
                .containsExactly("100644 README.md", "100644 src/train.py");
        assertThat(git("show", "main:README.md")).contains("name: penguins");
        // As anybody with the token clones it.
        GitClient.fresh()
                .run(
                        "-c",
                        "http.extraHeader=Authorization: Basic "
                                + java.util.Base64.getEncoder()
                                        .encodeToString(("x-access-token:" + TOKEN).getBytes()),
                        "clone",
                        "--quiet",
                        output.path("remoteUrl").asText(),
                        "penguins")
                .well();
        assertThat(
                        sql.list(
                                "select resource from audit_event where action = 'repository.publish' order by id desc limit 1",
                                row -> row.getString(1)))
                .containsExactly("git:github.com/octo-org/penguins");
    }

    @Test
    void makes_one_for_the_account_whose_token_it_is() {
        expect(
                "github/own-not-there",
                "github/own-account",
                "github/self",
                "github/create-for-self");

        var task =
                tasks.run(
                        "publish:github",
                        """
                        repoUrl: github.com?owner=octocat&repo=penguins
                        repoVisibility: public
                        hasWiki: false
                        protectDefaultBranch: false
                        """);

        assertThat(task.fault()).isNull();
        verify();
    }

    @Test
    void makes_none_for_somebody_else() {
        expect("github/own-not-there", "github/own-account", "github/somebody-else");

        var task =
                tasks.run(
                        "publish:github",
                        """
                        repoUrl: github.com?owner=octocat&repo=penguins
                        """);

        assertThat(task.fault()).contains("octocat is somebody's own account", "monalisa");
        verify();
    }

    @Test
    void leaves_a_repository_alone_that_is_there() {
        expect("github/penguins-there");

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault())
                .isEqualTo(
                        "There is a repository octo-org/penguins on github.com already. Choose another name.");
        verify();
    }

    @Test
    void leaves_one_alone_that_another_one_makes_meanwhile() {
        expect("github/penguins-not-there", "github/organization", "github/create-taken");

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault()).contains("octo-org/penguins", "Choose another name");
        verify();
    }

    @Test
    void goes_on_with_its_own_repository_when_the_answer_was_lost() {
        expect("github/penguins-not-there", "github/organization", "github/create-answer-lost");
        var task = tasks.run("publish:github", PENGUINS);
        assertThat(task.fault())
                .contains("github.com has a fault of its own (502)", "Try the step again");
        verify();
        also(
                "github/organization",
                "github/create-taken",
                "github/penguins-there",
                "github/no-branches",
                "github/protect-plain");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(git("rev-list", "--count", "main")).isEqualTo("1");
    }

    @Test
    void does_not_take_an_old_repository_for_its_own() {
        expect("github/penguins-not-there", "github/organization", "github/create-answer-lost");
        var task = tasks.run("publish:github", PENGUINS);
        also("github/organization", "github/create-taken", "github/penguins-there-of-old");

        task = tasks.again(task);

        assertThat(task.fault()).contains("Choose another name");
        verify();
    }

    @Test
    void pushes_the_same_commit_when_the_answer_to_the_push_was_lost() {
        expect("github/penguins-not-there", "github/organization", "github/create");
        RecordedHosts.loseAnswers(true);
        var task = tasks.run("publish:github", PENGUINS);
        assertThat(task.fault())
                .contains("The connection to github.com broke", "Try the step again");
        var pushed = git("rev-parse", "main");
        RecordedHosts.loseAnswers(false);
        also("github/protect-plain");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(git("rev-parse", "main")).isEqualTo(pushed);
        assertThat(tasks.output(task).path("commitHash").asText()).isEqualTo(pushed);
        assertThat(tasks.lines(task)).contains("Done before, not done again: made");
    }

    @Test
    void says_why_a_hook_refuses_a_push_and_goes_on_when_it_does_no_more() throws IOException {
        expect("github/penguins-not-there", "github/organization", "github/create");
        RecordedHosts.hook(FAULTY_HOOK);
        var task = tasks.run("publish:github", PENGUINS);
        assertThat(task.fault())
                .contains(
                        "github.com refused the push to main of octo-org/penguins",
                        "pre-receive hook declined",
                        "a password stands in README.md",
                        "Nothing of it is there");
        assertThat(GitClient.at(repository()).line("branch", "--all")).isEmpty();
        verify();
        Files.delete(repository().resolve("hooks/pre-receive"));
        also("github/protect-plain");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(git("rev-list", "--count", "main")).isEqualTo("1");
    }

    @Test
    void does_not_push_over_what_somebody_pushed_first() throws IOException {
        expect("github/penguins-not-there", "github/organization", "github/create");
        RecordedHosts.hook(FAULTY_HOOK);
        var task = tasks.run("publish:github", PENGUINS);
        Files.delete(repository().resolve("hooks/pre-receive"));
        var other = GitClient.fresh();
        other.run("init", "--quiet", "-b", "main", ".").well();
        other.file("README.md", "mine").committed("Mine");
        other.run("push", "--quiet", repository().toString(), "main").well();

        task = tasks.again(task);

        assertThat(task.fault()).contains("Somebody has pushed to the branch main");
        assertThat(git("log", "--format=%s", "main")).isEqualTo("Mine");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    create-unauthorized; github.com does not accept the portal's token (atelier.git-hosts.github.token); put a new one in its place
                    create-forbidden; does not let the portal's token (atelier.git-hosts.github.token) do this; Resource not accessible by personal access token
                    create-limited-for-long; too many requests of the portal; in 30 minutes
                    create-limited-primary; too many requests of the portal; minutes
                    create-fault; has a fault of its own (503); Try the step again later
                    """)
    void says_what_to_do_when_it_is_refused(String contract, String reason, String advice) {
        expect("github/penguins-not-there", "github/organization", "github/" + contract);

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault()).contains(reason, advice).doesNotContain(TOKEN);
        verify();
    }

    @Test
    void says_that_there_is_no_such_owner() {
        expect("github/penguins-not-there", "github/nobody");

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault())
                .contains("There is no owner octo-org on github.com, or the token does not see it");
        verify();
    }

    @Test
    void waits_when_it_is_asked_to_wait_for_a_moment() {
        expect(
                "github/penguins-not-there",
                "github/organization",
                "github/create-limited-for-a-moment",
                "github/create",
                "github/protect-plain");

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault()).isNull();
        assertThat(tasks.lines(task)).contains("github.com asks to wait for 1 s.");
        verify();
    }

    @Test
    void protects_the_branch_or_says_that_this_must_be_paid_for() {
        expect(
                "github/penguins-not-there",
                "github/organization",
                "github/create",
                "github/protect-not-paid-for");

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault()).isNull();
        assertThat(tasks.lines(task))
                .anySatisfy(line -> assertThat(line).contains("The branch main is not protected"));
        verify();
    }

    @Test
    void pushes_nothing_again_when_only_the_protection_failed() {
        expect(
                "github/penguins-not-there",
                "github/organization",
                "github/create",
                "github/protect-fault");
        var task = tasks.run("publish:github", PENGUINS);
        assertThat(task.fault()).contains("protecting main of octo-org/penguins");
        expect("github/protect-plain");

        task = tasks.again(task);

        assertThat(task.fault()).isNull();
        assertThat(RecordedHosts.asked())
                .containsExactly("PUT /api/repos/octo-org/penguins/branches/main/protection");
        verify();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    401; does not accept the portal's token
                    403; It must be allowed to write to the repository
                    404; There is no repository octo-org/penguins
                    503; has a fault of its own (503)
                    """)
    void says_why_git_is_refused(int status, String reason) {
        expect("github/penguins-not-there", "github/organization", "github/create");
        RecordedHosts.failGit(status);

        var task = tasks.run("publish:github", PENGUINS);

        assertThat(task.fault()).contains(reason).doesNotContain(TOKEN);
        verify();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    github.org?owner=a&repo=b; The host github.org is not offered here
                    gitlab.com?owner=acme/vision&repo=b; gitlab.com is a host of GitLab, and publish:github is for GitHub
                    github.com?owner=..&repo=b; An owner is the name of an organisation
                    github.com?owner=a&repo=..; A repository's name has letters
                    github.com?owner=a; names no repository
                    https://github.com/a/b; names no repository
                    github.example?owner=a&repo=b; The portal has no token for github.example
                    """)
    void asks_no_host_for_what_is_named_wrongly(String address, String reason) {
        expect();

        var task = tasks.run("publish:github", "repoUrl: " + address);

        assertThat(task.fault()).contains(reason);
        assertThat(RecordedHosts.asked()).isEmpty();
    }

    @Test
    void keeps_the_token_to_itself() {
        expect(
                "github/penguins-not-there",
                "github/organization",
                "github/create",
                "github/protect-plain");

        var task = tasks.run("publish:github", PENGUINS);

        var kept =
                sql.list(
                        """
                        select spec::text from task where id = ?
                        union all select coalesce(output::text, '') from task_step where task = ?
                        union all select message from task_event where task = ?
                        union all select value::text from task_checkpoint where task = ?
                        """,
                        row -> row.getString(1),
                        task.id(),
                        task.id(),
                        task.id(),
                        task.id());
        assertThat(kept).isNotEmpty().noneMatch(text -> text.contains(TOKEN));
        assertThat(List.of("config", "HEAD"))
                .allSatisfy(
                        file ->
                                assertThat(Files.readString(repository().resolve(file)))
                                        .doesNotContain(TOKEN));
    }
}
