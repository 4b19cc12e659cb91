package dev.atelier.githosts;

import static dev.atelier.githosts.RecordedHosts.TOKENS;
import static dev.atelier.githosts.RecordedHosts.expect;
import static dev.atelier.githosts.RecordedHosts.verify;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("Tokens of Git hosts")
class HostTokensTest {

    private static final String HOSTS = "/api/v1/git-hosts";

    @Inject HostTokens tokens;
    @Inject GitHosts hosts;
    @Inject Sql sql;

    @AfterEach
    void forget() {
        for (var name : new String[] {"none", "gitea"}) {
            given().delete(HOSTS + "/{name}/token", name).then().statusCode(204);
        }
    }

    private static void keep(String name, String token) {
        given().contentType("application/json")
                .body(Map.of("token", token))
                .put(HOSTS + "/{name}/token", name)
                .then()
                .statusCode(204);
    }

    @Test
    void are_kept_tried_and_forgotten() {
        expect("github/self", "github/orgs");
        given().post(HOSTS + "/none/trial")
                .then()
                .statusCode(200)
                .body("success", equalTo(false))
                .body("sentence", containsString("The portal has no token for github.example"));

        keep("none", TOKENS.get("github"));

        given().post(HOSTS + "/none/trial")
                .then()
                .statusCode(200)
                .body("success", equalTo(true))
                .body("owners", hasItems("octocat", "octo-org"));
        verify();

        given().delete(HOSTS + "/none/token").then().statusCode(204);
        given().get(HOSTS)
                .then()
                .statusCode(200)
                .body("find { it.name == 'none' }.known", equalTo(false));
    }

    @Test
    void that_are_kept_count_before_those_of_the_settings() {
        var site = hosts.find("gitea.com").orElseThrow();
        assertThat(tokens.of(site).token()).isEqualTo(TOKENS.get("gitea"));

        keep("gitea", "  another-one  ");

        assertThat(tokens.of(site).token()).isEqualTo("another-one");
        assertThat(tokens.of(site)).hasToString("the portal's token (Administration, Git hosts)");
    }

    @Test
    void are_given_to_no_other_address() {
        var site = hosts.find("github.example").orElseThrow();
        keep("none", "for-this-address");
        var moved =
                new Site(
                        site.name(),
                        site.kind(),
                        site.host(),
                        site.url(),
                        "https://elsewhere.example/api",
                        site.owners(),
                        site.read());

        assertThat(tokens.of(site).given()).isTrue();
        assertThat(tokens.of(moved).given()).isFalse();
    }

    @Test
    void are_in_no_answer_page_log_or_row() {
        var secret = "ghp_NeverToBeSeenAgain0123456789";
        keep("none", secret);

        for (var path : new String[] {HOSTS, "/admin/git-hosts", "/admin/audit"}) {
            given().get(path).then().statusCode(200).body(not(containsString(secret)));
        }
        assertThat(
                        sql.list(
                                "select closed from kept_secret where name like 'git-host:%'",
                                row -> new String(row.getBytes(1), StandardCharsets.ISO_8859_1)))
                .isNotEmpty()
                .noneMatch(closed -> closed.contains(secret));
        assertThat(
                        sql.list(
                                "select action from audit_event where resource = 'git-host:github.example'",
                                row -> row.getString(1)))
                .contains("git-host.token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "two words", "line\nline", "tökén"})
    void that_no_host_gives_are_refused(String token) {
        given().contentType("application/json")
                .body(Map.of("token", token))
                .put(HOSTS + "/none/token")
                .then()
                .statusCode(400)
                .body("detail", containsString("A token is one word"));
        given().formParam("token", token)
                .post("/admin/git-hosts/none/token")
                .then()
                .statusCode(422)
                .body(containsString("Nothing was changed."));
    }

    @Test
    void of_hosts_that_are_not_there_are_not_found() {
        given().contentType("application/json")
                .body(Map.of("token", "t"))
                .put(HOSTS + "/nobody/token")
                .then()
                .statusCode(404);
        given().post(HOSTS + "/nobody/trial").then().statusCode(404);
    }

    @Test
    void are_the_business_of_administrators() {
        var engineer = Person.named("tokens").with("ml-engineer");

        engineer.asks().get(HOSTS).then().statusCode(403);
        engineer.asks().get("/admin/git-hosts").then().statusCode(403);
        engineer.asks()
                .contentType("application/json")
                .body(Map.of("token", "t"))
                .put(HOSTS + "/none/token")
                .then()
                .statusCode(403);
    }

    @Test
    void are_tried_on_the_page_as_soon_as_they_are_kept() {
        expect("github/self", "github/orgs");

        var page =
                Jsoup.parse(
                        given().formParam("token", TOKENS.get("github"))
                                .post("/admin/git-hosts/none/token")
                                .then()
                                .statusCode(200)
                                .extract()
                                .asString());

        assertThat(page.select("[role=status]").text())
                .contains("It works.", "Golden paths may publish for octocat, octo-org");
        assertThat(page.select("#none [type=submit]").eachText())
                .containsExactly(
                        "Keep and try it: github.example",
                        "Try it: github.example",
                        "Forget the token of github.example");
        verify();
    }
}
