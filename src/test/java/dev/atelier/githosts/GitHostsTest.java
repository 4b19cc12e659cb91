package dev.atelier.githosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The settings of Git hosts")
class GitHostsTest {

    private static GitHosts hosts(Map<String, String> environment) {
        var config = config(environment);
        return new GitHosts(null, new ObjectMapper(), config, new HostTokens(config, null, null));
    }

    private static GitHostsConfig config(Map<String, String> environment) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withSources(new EnvConfigSource(environment, 300))
                .withMapping(GitHostsConfig.class)
                .build()
                .getConfigMapping(GitHostsConfig.class);
    }

    @Test
    void are_read_from_the_environment() {
        var hosts =
                hosts(
                        Map.of(
                                "ATELIER_GIT_HOSTS_HUB_KIND", "github",
                                "ATELIER_GIT_HOSTS_HUB_TOKEN", "secret",
                                "ATELIER_GIT_HOSTS_LAB_KIND", "gitlab",
                                "ATELIER_GIT_HOSTS_LAB_HOST", "GitLab.example",
                                "ATELIER_GIT_HOSTS_LAB_OWNERS", "ml/training,ml/services",
                                "ATELIER_GIT_HOSTS_LAB_READ", "ml/skeletons,shared/*",
                                "ATELIER_GIT_HOSTS_TEA_KIND", "gitea",
                                "ATELIER_GIT_HOSTS_TEA_HOST", "git.example:3000"));

        assertThat(hosts.all())
                .containsExactly(
                        new Site(
                                "hub",
                                HostKind.GITHUB,
                                "github.com",
                                "https://github.com",
                                "https://api.github.com",
                                List.of(),
                                List.of()),
                        new Site(
                                "lab",
                                HostKind.GITLAB,
                                "gitlab.example",
                                "https://GitLab.example",
                                "https://GitLab.example/api/v4",
                                List.of("ml/training", "ml/services"),
                                List.of("ml/skeletons", "shared/*")),
                        new Site(
                                "tea",
                                HostKind.GITEA,
                                "git.example:3000",
                                "https://git.example:3000",
                                "https://git.example:3000/api/v1",
                                List.of(),
                                List.of()));
        var lab = hosts.find("gitlab.example").orElseThrow();
        assertThat(lab.mayRead("ml/skeletons")).isTrue();
        assertThat(lab.mayRead("Shared/Python")).isTrue();
        assertThat(lab.mayRead("ml/skeletons-of-others")).isFalse();
        assertThat(lab.mayRead("shared")).isFalse();
    }

    @Test
    void are_nothing_where_nothing_is_set() {
        assertThat(hosts(Map.of()).all()).isEmpty();
        assertThat(hosts(Map.of()).find("github.com")).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    HOST | https://git.example | atelier.git-hosts.tea.host: write a host's name as in git.example:3000.
                    URL  | git.example         | atelier.git-hosts.tea.url: write an address that begins with https://, without a user.
                    API  | https://me@git.example/api | atelier.git-hosts.tea.api: write an address that begins with https://, without a user.
                    API  | https://git example | atelier.git-hosts.tea.api: write an address that begins with https://.
                    """)
    void that_are_wrong_are_named(String setting, String value, String reason) {
        assertThatThrownBy(
                        () ->
                                hosts(
                                        Map.of(
                                                "ATELIER_GIT_HOSTS_TEA_KIND",
                                                "gitea",
                                                "ATELIER_GIT_HOSTS_TEA_" + setting,
                                                value)))
                .hasMessage(reason);
    }

    @Test
    void name_no_host_twice() {
        assertThatThrownBy(
                        () ->
                                hosts(
                                        Map.of(
                                                "ATELIER_GIT_HOSTS_A_KIND", "github",
                                                "ATELIER_GIT_HOSTS_B_KIND", "github")))
                .hasMessage("atelier.git-hosts: github.com is there twice.");
    }
}
