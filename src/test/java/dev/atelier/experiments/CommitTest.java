package dev.atelier.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A commit")
class CommitTest {

    private static final String SHA = "0123456789abcdef0123456789abcdef01234567";

    @ParameterizedTest
    @CsvSource({
        "https://github.com/acme/churn.git, https://github.com/acme/churn/commit/",
        "git@github.com:acme/churn.git, https://github.com/acme/churn/commit/",
        "ssh://git@gitlab.com/acme/ml/churn.git, https://gitlab.com/acme/ml/churn/-/commit/",
        "https://ines:token@github.com/acme/churn, https://github.com/acme/churn/commit/",
        "https://bitbucket.org/acme/churn, https://bitbucket.org/acme/churn/commits/",
    })
    void is_shown_where_everybody_knows_its_host(String repository, String beginning) {
        assertThat(Commit.of(repository, SHA).address()).isEqualTo(beginning + SHA);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://git.acme.example/churn.git",
                "https://github.com.evil.example/acme/churn",
                "https://github.com/acme/../../evil",
                "https://github.com/\"><script>",
                "javascript:alert(1)",
                "/home/ines/churn",
                ""
            })
    void has_no_link_elsewhere(String repository) {
        assertThat(Commit.of(repository, SHA).address()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"main", "../x", "0123456789abcdef\"", "0123"})
    void has_no_link_when_it_is_none(String sha) {
        assertThat(Commit.of("https://github.com/acme/churn", sha).address()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://ines:token@git.acme.example/churn.git",
                "https://ines:tok en@git.acme.example/churn.git"
            })
    void never_shows_the_password_in_an_address(String repository) {
        assertThat(Commit.of(repository, SHA).repository()).doesNotContain("tok");
    }
}
