package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.hasItem;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Person;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.Commits;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.GitRepository;
import dev.atelier.repositories.Repositories;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A branch that a golden path proposes")
class PublishAtelierBranchTest {

    private static final String SPEC =
            """
            parameters:
              - title: What
                properties:
                  repo: {type: string}
                  branch: {type: string, default: watch}
                  into: {type: string}
                  update: {type: boolean}
                  keep: {type: array, items: {type: string}}
                  gone: {type: array, items: {type: string}}
                  text: {type: string, default: first}
            steps:
              - id: write
                action: catalog:write
                input:
                  filePath: out/watch/settings.yaml
                  entity: {apiVersion: v1, kind: Component, metadata: {name: a, text: "${{ parameters.text }}"}}
              - id: propose
                action: publish:atelier:branch
                input:
                  repoUrl: ${{ parameters.repo }}
                  branchName: ${{ parameters.branch }}
                  targetBranchName: ${{ parameters.into }}
                  title: Watch the model
                  description: It drifts.
                  sourcePath: out
                  update: ${{ parameters.update }}
                  keep: ${{ parameters.keep }}
                  filesToDelete: ${{ parameters.gone }}
            """;

    @Inject Repositories repositories;
    @Inject Contents contents;
    @Inject Commits commits;

    private final String name = "branch-" + UUID.randomUUID().toString().substring(0, 8);
    private EntityRef path;
    private GitRepository repository;

    @BeforeEach
    void a_repository_with_a_file() {
        path = Paths.publish(SPEC);
        given().contentType("application/json")
                .body(Map.of("owner", "group:default/vision", "name", name))
                .post("/api/v1/repositories")
                .then()
                .statusCode(201);
        repository = repositories.get("vision", name);
        write("README.md", "Mine");
        repository = repositories.get("vision", name);
    }

    private void write(String file, String text) {
        commits.commit(
                repository,
                CommitWish.adding(
                        "main",
                        "By hand",
                        new Author("Ines", "ines@example.com"),
                        Map.of(
                                file,
                                new FileContent(text.getBytes(StandardCharsets.UTF_8), false))));
    }

    private Paths.Ended run(Map<String, Object> more) {
        var values = new HashMap<String, Object>(more);
        values.putIfAbsent("repo", "atelier?owner=vision&repo=" + name);
        return Paths.run(given(), path, values);
    }

    private String read(String ref, String file) {
        return contents.read(repository, ref, file).orElseThrow().text();
    }

    @Test
    void is_one_commit_on_top_of_the_default_one() {
        var before = contents.commit(repository, "").orElseThrow();

        var ended = run(Map.of());

        assertThat(ended.fault()).isNull();
        var commit = contents.commit(repository, "watch").orElseThrow();
        assertThat(commit.parents()).containsExactly(before.id());
        assertThat(commit.message()).isEqualTo("Watch the model\n\nIt drifts.\n");
        assertThat(commit.author().name()).isEqualTo("Administrator");
        assertThat(read("watch", "watch/settings.yaml")).contains("text: first");
        assertThat(read("watch", "README.md")).isEqualTo("Mine");
        assertThat(contents.commit(repository, "")).contains(before);
        assertThat(ended.of(1).path("commitHash").asText()).isEqualTo(commit.id());
        assertThat(ended.of(1).path("targetBranchName").asText()).isEqualTo("main");
        assertThat(ended.of(1).path("changed").asBoolean()).isTrue();
        var page = ended.of(1).path("remoteUrl").asText();
        assertThat(page).endsWith("/repositories/vision/" + name + "?ref=watch");
        given().accept("text/html").get(page).then().statusCode(200);
        given().queryParam("resource", repository.ref())
                .get("/api/v1/audit")
                .then()
                .statusCode(200)
                .body("action", hasItem("repository.commit"));
    }

    @Test
    void is_made_once_however_often_its_step_is_run() {
        var ended = run(Map.of());
        var commit = contents.commit(repository, "watch").orElseThrow();

        var again = Paths.afterKill(ended.id());

        assertThat(again.fault()).isNull();
        assertThat(again.of(1).path("commitHash").asText()).isEqualTo(commit.id());
        assertThat(contents.commit(repository, "watch")).contains(commit);
    }

    @Test
    void takes_no_name_of_one_that_is_there_unless_it_is_to_be_added_to() {
        assertThat(run(Map.of()).fault()).isNull();
        var first = contents.commit(repository, "watch").orElseThrow();

        assertThat(run(Map.of("text", "second")).fault())
                .contains("There is a branch watch in vision/" + name, "update: true");
        assertThat(run(Map.of("text", "second", "update", true)).fault()).isNull();

        var second = contents.commit(repository, "watch").orElseThrow();
        assertThat(second.parents()).containsExactly(first.id());
        assertThat(read("watch", "watch/settings.yaml")).contains("text: second");
    }

    @Test
    void leaves_alone_what_the_repository_has_and_takes_away_what_shall_go() {
        write("watch/settings.yaml", "by hand");
        write("old/a.txt", "old");

        var ended = run(Map.of("keep", new String[] {"watch/*"}, "gone", new String[] {"old"}));

        assertThat(ended.fault()).isNull();
        assertThat(ended.log()).contains("watch/settings.yaml is there and stays as it is.");
        assertThat(read("watch", "watch/settings.yaml")).isEqualTo("by hand");
        assertThat(contents.read(repository, "watch", "old/a.txt")).isEmpty();
    }

    @Test
    void says_when_there_is_nothing_to_change() {
        assertThat(run(Map.of()).fault()).isNull();

        var ended = run(Map.of("into", "watch", "branch", "again"));

        assertThat(ended.fault()).isNull();
        assertThat(ended.of(1).path("changed").asBoolean()).isFalse();
        assertThat(ended.log()).contains("Nothing would change: watch has all of it.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-x", "a..b", "a b", "refs/heads/", "x.lock", "@{1}", "main"})
    void has_a_name_that_a_branch_can_have(String branch) {
        assertThat(run(Map.of("branch", branch)).fault())
                .containsAnyOf("cannot be the name of a branch", "shall be merged into");
    }

    @Test
    void begins_at_a_branch_that_is_there() {
        assertThat(run(Map.of("into", "nowhere")).fault()).contains("no branch nowhere");
        assertThat(run(Map.of("repo", "atelier?owner=vision&repo=none-" + name)).fault())
                .contains("none-" + name);
        assertThat(run(Map.of("repo", "github.com?owner=vision&repo=" + name)).fault())
                .contains("is not this portal");
    }

    @Test
    void takes_the_right_to_write() {
        var reader = Person.named("reader").with("developer");

        var ended =
                Paths.run(reader.asks(), path, Map.of("repo", "atelier?owner=vision&repo=" + name));

        assertThat(ended.fault()).isNotNull();
        assertThat(contents.branches(repository)).containsExactly("main");
        given().redirects()
                .follow(false)
                .formParam("visibility", "team")
                .post("/repositories/vision/{name}/access/visibility", name)
                .then()
                .statusCode(303);
        // To whom it is hidden it is not there.
        var hidden =
                Paths.run(reader.asks(), path, Map.of("repo", "atelier?owner=vision&repo=" + name));
        var none =
                Paths.run(
                        reader.asks(),
                        path,
                        Map.of("repo", "atelier?owner=vision&repo=" + name + "x"));
        assertThat(String.valueOf(hidden.fault()))
                .isEqualTo(String.valueOf(none.fault()).replace(name + "x", name));
    }

    @Test
    void is_only_told_of_in_a_dry_run() {
        var spec = Paths.document("example", SPEC);
        given().contentType("application/json")
                .body(
                        Map.of(
                                "template",
                                spec,
                                "values",
                                Map.of("repo", "atelier?owner=vision&repo=" + name)))
                .post("/api/scaffolder/v2/dry-run")
                .then()
                .statusCode(200)
                .body(
                        "log.body.message",
                        hasItem("Would commit 1 files to watch of vision/" + name + "."));

        assertThat(contents.branches(repository)).containsExactly("main");
    }
}
