package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

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
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("What a golden path made")
class UpdatesTest {

    private static final String SPEC =
            """
            parameters:
              - title: First
                required: [name]
                properties:
                  name: {type: string}
                  size: {type: string, default: small}
            steps:
              - id: write
                action: catalog:write
                input:
                  filePath: settings.yaml
                  entity:
                    apiVersion: v1
                    kind: Component
                    metadata:
                      name: ${{ parameters.name }}
                      first: one
                      second: two
                      third: %s
                      fourth: four
                      fifth: five
                      size: ${{ parameters.size }}
              - id: count
                action: test:count
                input: {}
              - id: publish
                action: publish:atelier
                input: {repoUrl: "atelier?owner=vision&repo=${{ parameters.name }}"}
              - id: say
                action: debug:log
                input: {message: "counted ${{ steps.count.output.number }}"}
            """;

    @Inject Tasks tasks;
    @Inject TaskLog log;
    @Inject Repositories repositories;
    @Inject Contents contents;
    @Inject Commits commits;
    @Inject MadeThings things;

    private final String name = "made-" + UUID.randomUUID().toString().substring(0, 8);
    private EntityRef template;
    private GitRepository repository;

    @BeforeEach
    void something_that_was_made() {
        template = Paths.publish(SPEC.formatted("three"));
        var id =
                given().contentType("application/json")
                        .body(
                                Map.of(
                                        "templateRef",
                                        template.toString(),
                                        "values",
                                        Map.of("name", name)))
                        .post("/api/scaffolder/v2/tasks")
                        .then()
                        .statusCode(201)
                        .extract()
                        .<String>path("id");
        var task = ended(UUID.fromString(id));
        assertThat(task.fault()).isNull();
        repository = repositories.get("vision", name);
    }

    private Task ended(UUID id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> tasks.find(id).orElseThrow(), task -> task.state().ended());
    }

    private String things(Person who) {
        return who.asks()
                .accept("text/html")
                .get("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    private String things() {
        return given().accept("text/html")
                .get("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    /** The address of the page before the update runs. */
    private String review() {
        return given().redirects()
                .follow(false)
                .formParam("ref", "repository:default/vision/" + name)
                .post("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(303)
                .extract()
                .header("Location");
    }

    private Task updated() {
        var address =
                given().redirects()
                        .follow(false)
                        .post(review())
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        return ended(UUID.fromString(address.substring(address.lastIndexOf('/') + 1)));
    }

    private void write(String path, String text) {
        commits.commit(
                repository,
                CommitWish.adding(
                        repository.defaultBranch(),
                        "By hand",
                        new Author("Ines", "ines@example.com"),
                        Map.of(path, file(text))));
    }

    private static FileContent file(String text) {
        return new FileContent(text.getBytes(StandardCharsets.UTF_8), false);
    }

    private String read(String ref, String path) {
        return contents.read(repository, ref, path).orElseThrow().text();
    }

    private void becomes(String third) {
        Paths.publish(template.name(), SPEC.formatted(third));
    }

    @Test
    void knows_its_template_its_version_and_its_answers() {
        var made = things.history("repository:default/vision/" + name).getFirst();

        assertThat(made.template()).isEqualTo(template);
        assertThat(made.answers().path("name").asText()).isEqualTo(name);
        assertThat(made.answers().path("size").asText()).isEqualTo("small");
        assertThat(made.commit()).isEqualTo(contents.commit(repository, "").orElseThrow().id());
        assertThat(things())
                .contains("vision/" + name, "up to date", made.version())
                .doesNotContain("Update<span");
        given().accept("text/html")
                .get("/repositories/vision/{name}", name)
                .then()
                .body(containsString("with <a href=\"" + template(template) + "/things\">"));
    }

    private static String template(EntityRef ref) {
        return "/golden-paths/default/" + ref.name();
    }

    @Test
    void is_brought_up_to_date_beside_what_people_did_to_it() {
        write("README.md", "Mine");
        write("settings.yaml", read("", "settings.yaml").replace("first: one", "first: mine"));
        becomes("drei");
        assertThat(things()).contains("behind", "Update<span");

        given().accept("text/html")
                .get(review())
                .then()
                .statusCode(200)
                .body(containsString("brings vision/%s up to date".formatted(name)));
        var task = updated();

        assertThat(task.fault()).isNull();
        var branch = tasks.steps(task.id()).get(2).output().path("branch").asText();
        assertThat(read(branch, "settings.yaml"))
                .contains("first: mine", "third: drei", "name: " + name, "size: small");
        assertThat(read(branch, "README.md")).isEqualTo("Mine");
        assertThat(read("", "settings.yaml")).contains("third: three");
        assertThat(log.after(task.id(), 0, 100))
                .extracting(TaskEvent::message)
                .contains(
                        "Not done in an update: test:count. What it gave before is used.",
                        "counted 1");
        // It is behind until its branch is merged.
        assertThat(things()).contains("behind", "an update waits on its branch");
    }

    @Test
    void counts_as_up_to_date_once_its_branch_is_the_default_one() {
        becomes("drei");
        var task = updated();
        var branch = tasks.steps(task.id()).get(2).output().path("branch").asText();

        repositories.setDefaultBranch(repository, branch);

        assertThat(things()).contains("up to date").doesNotContain("Update<span");
        given().redirects()
                .follow(false)
                .formParam("ref", "repository:default/vision/" + name)
                .post("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(409);

        // The next one begins at what this one brought.
        repository = repositories.get("vision", name);
        write("settings.yaml", read("", "settings.yaml").replace("fifth: five", "fifth: mine"));
        becomes("trois");
        var next = updated();
        assertThat(next.fault()).isNull();
        var then = tasks.steps(next.id()).get(2).output().path("branch").asText();
        assertThat(read(then, "settings.yaml"))
                .contains("third: trois", "fifth: mine")
                .doesNotContain("<<<<<<<");
    }

    @Test
    void keeps_both_where_people_changed_the_same_lines() {
        write("settings.yaml", read("", "settings.yaml").replace("third: three", "third: mine"));
        becomes("drei");

        var task = updated();

        assertThat(task.fault()).isNull();
        var branch = tasks.steps(task.id()).get(2).output().path("branch").asText();
        assertThat(read(branch, "settings.yaml"))
                .contains("<<<<<<<", "third: mine", "third: drei", ">>>>>>>");
        assertThat(log.after(task.id(), 0, 100))
                .filteredOn(event -> "warn".equals(event.level()))
                .extracting(TaskEvent::message)
                .anyMatch(line -> line.startsWith("settings.yaml: "));
    }

    @Test
    void is_updated_by_nobody_who_may_not_write_to_it() {
        becomes("drei");
        var other = Person.named("other").with("developer");

        assertThat(things(other)).contains("behind").doesNotContain("Update<span");
        other.asks()
                .formParam("ref", "repository:default/vision/" + name)
                .post("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(403);
    }

    @Test
    void is_not_named_to_whom_it_is_hidden() {
        given().redirects()
                .follow(false)
                .formParam("visibility", "team")
                .post("/repositories/vision/{name}/access/visibility", name)
                .then()
                .statusCode(303);
        var other = Person.named("other").with("developer");

        assertThat(things(other)).doesNotContain(name);
        other.asks()
                .formParam("ref", "repository:default/vision/" + name)
                .post("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(404);
    }

    @Test
    void stays_out_of_reach_of_another_template() {
        var other = Paths.publish(SPEC.formatted("x"));

        given().redirects()
                .follow(false)
                .formParam("ref", "repository:default/vision/" + name)
                .post("/golden-paths/default/{name}/things", other.name())
                .then()
                .statusCode(409)
                .body(not(containsString("Update")));
    }
}
