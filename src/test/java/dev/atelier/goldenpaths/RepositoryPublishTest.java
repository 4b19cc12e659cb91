package dev.atelier.goldenpaths;

import static dev.atelier.githosts.RecordedHosts.expect;
import static dev.atelier.githosts.RecordedHosts.verify;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.TestDatabase;
import dev.atelier.githosts.GitHostsNearby;
import dev.atelier.githosts.RecordedHosts;
import dev.atelier.repositories.GitClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("Publishing wherever an address says")
class RepositoryPublishTest {

    private static final String INPUT =
            """
            repoUrl: %s
            description: Tells penguins apart
            sourcePath: src
            commitMessage: Begin
            """;

    @Inject RemoteTasks tasks;
    @Inject MadeThings things;

    @BeforeEach
    void nothing_is_there() {
        RecordedHosts.forget("github", "octo-org/penguins");
        RecordedHosts.forget("gitlab", "acme/vision/penguins");
        RecordedHosts.forget("gitea", "acme/penguins");
    }

    private Task run(String url) {
        return tasks.run("atelier:repository:publish", INPUT.formatted(url));
    }

    private JsonNode published(String url, String kind, String path, String... contracts) {
        expect(contracts);

        var task = run(url);

        assertThat(task.fault()).isNull();
        verify();
        var git = GitClient.at(RecordedHosts.repository(kind, path));
        assertThat(git.line("log", "--format=%s", "main")).isEqualTo("Begin");
        assertThat(git.line("ls-tree", "-r", "--name-only", "main")).isEqualTo("train.py");
        var output = tasks.output(task);
        assertThat(output.path("commitHash").asText()).isEqualTo(git.line("rev-parse", "main"));
        assertThat(output.path("remoteUrl").asText())
                .isEqualTo(RecordedHosts.address(kind) + "/" + path);
        assertThat(output.path("repoContentsUrl").asText()).endsWith("/main");
        assertThat(output.path("portalUrl").asText()).startsWith("http://");
        assertThat(things.history("git:%s.com/%s".formatted(kind, path)).getFirst().task())
                .isEqualTo(task.id());
        return output;
    }

    @Test
    void makes_one_on_github() {
        var output =
                published(
                        "github.com?owner=octo-org&repo=penguins",
                        "github",
                        "octo-org/penguins",
                        "github/penguins-not-there",
                        "github/organization",
                        "github/create",
                        "github/protect-plain");

        assertThat(output.path("cloneUrl").asText()).endsWith("/octo-org/penguins.git");
    }

    @Test
    void makes_one_on_gitlab() {
        var output =
                published(
                        "gitlab.com?owner=acme%2Fvision&repo=penguins",
                        "gitlab",
                        "acme/vision/penguins",
                        "gitlab/penguins-not-there",
                        "gitlab/namespace",
                        "gitlab/create-described");

        assertThat(output.path("cloneUrl").asText()).endsWith("/acme/vision/penguins");
    }

    @Test
    void makes_one_on_gitea() {
        published(
                "gitea.com?owner=acme&repo=penguins",
                "gitea",
                "acme/penguins",
                "gitea/penguins-not-there",
                "gitea/organization",
                "gitea/create");
    }

    @Test
    void makes_one_of_this_portal() {
        var name = "published-" + UUID.randomUUID().toString().substring(0, 8);
        expect();

        var task = run("atelier?owner=vision&repo=" + name);

        assertThat(task.fault()).isNull();
        verify();
        var output = tasks.output(task);
        assertThat(output.path("remoteUrl").asText()).endsWith("/repositories/vision/" + name);
        assertThat(output.path("cloneUrl").asText()).endsWith("/git/vision/%s.git".formatted(name));
    }

    @Test
    void says_which_hosts_there_are() {
        expect();

        assertThat(run("github.nowhere?owner=acme&repo=penguins").fault())
                .contains("The host github.nowhere is not offered here", "github.com");
        assertThat(run("nothing").fault()).contains("names no repository");
        verify();
    }
}
