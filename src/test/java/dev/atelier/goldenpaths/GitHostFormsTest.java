package dev.atelier.goldenpaths;

import static dev.atelier.githosts.RecordedHosts.also;
import static dev.atelier.githosts.RecordedHosts.expect;
import static dev.atelier.githosts.RecordedHosts.verify;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.githosts.GitHostsNearby;
import dev.atelier.githosts.RecordedHosts;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("Git hosts in forms and steps")
class GitHostFormsTest {

    @Inject RemoteTasks tasks;
    private Person person;

    @BeforeEach
    void somebody_asks() {
        person = Person.named("hosts").with("developer").in("group:default/vision");
    }

    private static String path(String options) {
        var path =
                Paths.publish(
                        """
                        parameters:
                          - title: Where
                            required: [repoUrl]
                            properties:
                              repoUrl:
                                title: Repository
                                type: string
                                ui:field: RepoUrlPicker
                                ui:options: %s
                              owner:
                                type: string
                                ui:field: RepoOwnerPicker
                                ui:options: {host: gitlab.com}
                          - title: From
                            properties:
                              branch: {title: Branch, type: string, ui:field: RepoBranchPicker}
                        steps:
                          - action: debug:log
                            input: {message: "${{ parameters.repoUrl }}"}
                        """
                                .formatted(options));
        return "/golden-paths/%s/%s".formatted(path.namespace(), path.name());
    }

    private Document page(String address) {
        return Jsoup.parse(person.asks().get(address).then().statusCode(200).extract().asString());
    }

    @Test
    void are_offered_with_their_owners() {
        expect("github/self", "github/orgs");
        also("gitea/self", "gitea/orgs");

        var page = page(path("{}"));

        assertThat(page.select("select[name=/repoUrl#host] option").eachAttr("value"))
                .containsExactly(
                        "",
                        "atelier",
                        "down.example",
                        "gitea.com",
                        "github.com",
                        "gitlab.com",
                        "github.example");
        assertThat(page.select("datalist#f-repoUrl-owner-list option").eachAttr("value"))
                .contains("vision", "octocat", "octo-org", "acme", "acme/vision", "acme/shared");
        assertThat(page.select("datalist#f-owner-list option").eachAttr("value"))
                .containsExactly("acme/vision", "acme/shared");
    }

    @Test
    void are_those_alone_that_the_path_allows() {
        expect();

        var page =
                page(
                        path(
                                "{allowedHosts: [gitlab.com, bitbucket.org], allowedOwners: [acme/vision]}"));

        assertThat(page.select("select[name=/repoUrl#host] option").eachText())
                .containsExactly("Choose", "gitlab.com", "bitbucket.org, not set up here");
        assertThat(page.select("select[name=/repoUrl#owner] option").eachAttr("value"))
                .containsExactly("", "acme/vision");
    }

    @Test
    void that_are_the_only_one_are_chosen() {
        expect();

        var page = page(path("{allowedHosts: [atelier]}"));

        assertThat(page.select("select[name=/repoUrl#host] option[selected]").eachAttr("value"))
                .containsExactly("atelier");
    }

    @Test
    void that_were_not_chosen_lose_nothing_that_was_typed() {
        expect();

        var page =
                Jsoup.parse(
                        person.asks()
                                .formParam("/repoUrl#host", "")
                                .formParam("/repoUrl#owner", "acme/vision")
                                .formParam("/repoUrl#repo", "penguins")
                                .post(
                                        path(
                                                "{allowedHosts: [gitlab.com, atelier], allowedOwners: [acme/vision]}"))
                                .then()
                                .statusCode(422)
                                .extract()
                                .asString());

        assertThat(page.select(".error-summary li").text())
                .contains("A repository needs a host, an owner and a name.");
        assertThat(page.select("input[name=/repoUrl#repo]").val()).isEqualTo("penguins");
    }

    @Test
    void offer_the_branches_of_the_repository_that_was_named() {
        expect("github/branches");
        var path = path("{allowedHosts: [github.com], allowedOwners: [octo-org]}");

        var next =
                person.asks()
                        .formParam("/repoUrl#host", "github.com")
                        .formParam("/repoUrl#owner", "octo-org")
                        .formParam("/repoUrl#repo", "penguins")
                        .post(path)
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");

        var page = page(next.substring(next.indexOf("/golden-paths")));
        assertThat(page.select("datalist#f-branch-list option").eachAttr("value"))
                .containsExactly("main", "release/1");
        verify();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    github.com; octo/org; An owner is the name of an organisation or account, without slashes.
                    gitlab.com; ../acme; An owner on GitLab is a group, as in group/subgroup, or an account.
                    """)
    void refuse_owners_that_cannot_be(String host, String owner, String reason) {
        var page =
                Jsoup.parse(
                        person.asks()
                                .formParam("/repoUrl#host", host)
                                .formParam("/repoUrl#owner", owner)
                                .formParam("/repoUrl#repo", "penguins")
                                .post(
                                        path(
                                                "{allowedHosts: [%s], allowedOwners: [octo-org]}"
                                                        .formatted(host)))
                                .then()
                                .statusCode(422)
                                .extract()
                                .asString());

        assertThat(page.select(".error-summary li").text()).contains(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    https://github.com/octo-org/skeletons/tree/main/python; github/tarball github/tarball-itself
                    https://gitlab.com/acme/shared/skeletons/-/tree/v1.2/python; gitlab/archive
                    https://gitea.com/acme/skeletons/src/branch/main/python; gitea/archive
                    """)
    void give_skeletons_with_the_token_where_that_is_allowed(String address, String contracts) {
        expect(contracts.split(" "));

        var task =
                tasks.runSpec(
                        """
                        steps:
                          - action: fetch:template
                            input: {url: "%s", values: {name: penguins}}
                          - action: fs:readdir
                            input: {paths: ["."], recursive: true}
                        """
                                .formatted(address),
                        Map.of());

        assertThat(task.fault()).isNull();
        verify();
        assertThat(tasks.output(task).path("files").findValuesAsText("name"))
                .containsExactlyInAnyOrder("penguins.md", "train.py");
    }

    @Test
    void do_not_show_with_the_token_what_templates_may_not_read() {
        expect("gitlab/archive-of-others");

        var task =
                tasks.runSpec(
                        """
                        steps:
                          - action: fetch:plain
                            input: {url: "https://gitlab.com/acme/board/plans/-/tree/main/2027"}
                        """,
                        Map.of());

        assertThat(task.fault())
                .contains("answers 404", "an administrator lists it in the host's setting read");
        verify();
    }

    @Test
    void take_the_token_that_a_step_brings_and_hide_it() {
        expect();

        var task =
                tasks.run(
                        "publish:github",
                        """
                        repoUrl: github.example?owner=octo-org&repo=penguins
                        token: ${{ secrets.USER_TOKEN }}
                        description: with ${{ secrets.USER_TOKEN }}
                        """,
                        Map.of("USER_TOKEN", "gho_very-secret"));

        // Nobody listens at github.example: what matters is that the step came so far.
        assertThat(task.fault()).contains("github.example").doesNotContain("gho_very-secret");
        assertThat(task.fault()).doesNotContain("has no token");
    }

    @ParameterizedTest
    @CsvSource({
        "github, octo-org/penguins/blob/main",
        "gitlab, acme/vision/penguins/-/blob/main",
        "gitea, acme/penguins/src/branch/main"
    })
    void register_what_only_the_portal_may_read(String kind, String contents) {
        expect(kind + "/file");

        var task =
                tasks.runSpec(
                        """
                        steps:
                          - action: catalog:register
                            input: {repoContentsUrl: "%s"}
                        """
                                .formatted(RecordedHosts.address(kind) + "/" + contents),
                        Map.of());

        verify();
        assertThat(task.fault()).isNull();
        assertThat(tasks.output(task).path("entityRef").asText())
                .isEqualTo("component:default/penguins-on-" + kind);
    }
}
