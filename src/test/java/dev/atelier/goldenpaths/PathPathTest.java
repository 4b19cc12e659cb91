package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.PythonClients;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a golden path to another one that works. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a golden path")
class PathPathTest {

    private static final EntityRef PATH = new EntityRef("template", "default", "add-golden-path");

    @Inject Entities entities;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    private String name;

    @BeforeEach
    void a_name() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> entities.find(PATH).isPresent());
        name = "make-a-service-" + UUID.randomUUID().toString().substring(0, 6);
    }

    private EntityRef added() {
        var ended =
                Paths.run(
                        given(),
                        PATH,
                        Map.of(
                                "name", name,
                                "title", "Make a \"service\": now",
                                "description", "It makes one.",
                                "owner", "group:default/vision",
                                "repoUrl", "atelier?owner=vision&repo=" + name));
        assertThat(ended.fault()).isNull();
        return new EntityRef("template", "default", name);
    }

    private String clone(String repository) {
        return "http://git:%s@localhost:%d/git/vision/%s.git"
                .formatted(Administrator.TOKEN, portal.getPort(), repository);
    }

    @Test
    void ends_in_a_template_that_is_run_with_what_was_pushed() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        var path = added();
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone(name), "project");
        var project = folder.resolve("project");
        var environment =
                Map.of(
                        "ATELIER_URL",
                        "http://localhost:" + portal.getPort(),
                        "ATELIER_TOKEN",
                        Administrator.TOKEN);

        PythonClients.run(Map.of(), project, 900, "make", "setup");
        PythonClients.run(Map.of(), project, 300, "make", "check");
        assertThat(PythonClients.run(environment, project, 120, "make", "dry-run"))
                .contains("It works, and would make:", "catalog-info.yaml", "README.md");
        Files.writeString(project.resolve("skeleton/NOTES.md"), "For ${{ values.owner }}.\n");
        Files.writeString(
                project.resolve("template.yaml"),
                Files.readString(project.resolve("template.yaml"))
                        .replace("It makes one.", "It makes another."));
        for (var words :
                List.of(
                        List.of("add", "."),
                        List.of(
                                "-c",
                                "user.name=Ines",
                                "-c",
                                "user.email=ines@example.com",
                                "commit",
                                "--quiet",
                                "-m",
                                "Say more"),
                        List.of("push", "--quiet"))) {
            var command = new ArrayList<>(List.of("git"));
            command.addAll(words);
            PythonClients.run(Map.of(), project, 60, command.toArray(String[]::new));
        }
        assertThat(PythonClients.run(environment, project, 120, "make", "register"))
                .contains("The catalog has read template.yaml");
        assertThat(entities.find(path).orElseThrow().description()).contains("It makes another.");

        var made = name + "-made";
        var ended =
                Paths.run(
                        given(),
                        path,
                        Map.of(
                                "name",
                                made,
                                "description",
                                "Says \"hello\"",
                                "owner",
                                "group:default/vision",
                                "repoUrl",
                                "atelier?owner=vision&repo=" + made));

        assertThat(ended.fault()).isNull();
        assertThat(entities.find(EntityRef.of("component", made))).isPresent();
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone(made), "made");
        assertThat(Files.readString(folder.resolve("made/README.md")))
                .isEqualTo("# %s\n\nSays \"hello\"\n".formatted(made));
        assertThat(Files.readString(folder.resolve("made/NOTES.md")))
                .isEqualTo("For group:default/vision.\n");
    }

    @Test
    void is_run_by_those_alone_who_may_read_its_repository() {
        var path = added();
        var stranger = Person.named("stranger").with("data-scientist");
        given().redirects()
                .follow(false)
                .formParam("visibility", "restricted")
                .post("/repositories/vision/{name}/access/visibility", name)
                .then()
                .statusCode(303);
        var values =
                Map.of(
                        "name", name + "-x",
                        "owner", stranger.ref(),
                        "repoUrl", "atelier?owner=~%s&repo=x".formatted(stranger.name()));

        var ended = Paths.run(stranger.asks(), path, values);

        assertThat(ended.fault()).contains(name);
        assertThat(ended.log()).noneMatch(line -> line.startsWith("Made"));
    }

    @Test
    void reads_no_file_of_the_machine_that_its_author_names() {
        var document =
                Paths.document(name, "steps: [{id: read, action: 'fetch:plain', input: {url: .}}]");
        var annotations = document.withObject("/metadata/annotations");
        for (var key :
                List.of(
                        "source-location",
                        "source-template",
                        "managed-by-location",
                        "managed-by-origin-location")) {
            annotations.put("backstage.io/" + key, "file:/etc/passwd");
        }
        assertThat(entities.upsert("golden-path-tests", List.of(new EntityDocument(document))))
                .isEmpty();

        var ended = Paths.run(given(), new EntityRef("template", "default", name), Map.of());

        assertThat(ended.fault()).contains("relative to the template, which lies nowhere yet");
    }
}
