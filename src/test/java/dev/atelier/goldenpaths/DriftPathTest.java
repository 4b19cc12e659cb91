package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasEntry;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.PythonClients;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.Repositories;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the link of an alert to a candidate that was held against the champion. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path from drift to a candidate")
class DriftPathTest {

    private static final EntityRef PATH = EntityRef.of("template", "retrain-on-drift");
    private static final EntityRef TRAIN = EntityRef.of("template", "train-tabular-model");

    /** Rows as they come now: four measurements have moved, and what they mean has not. */
    private static final String DRIFT =
            """
            import numpy as np
            from sklearn.datasets import load_wine
            bunch = load_wine(as_frame=True)
            rows = bunch.frame.assign(target=[str(bunch.target_names[i]) for i in bunch.target])
            noise = np.random.default_rng(7)
            for column, step in {"alcohol": 1.2, "flavanoids": 1.5, "proline": -400, "color_intensity": 4}.items():
                rows[column] += step + noise.normal(scale=abs(step) / 50, size=len(rows))
            rows.sample(frac=1, random_state=7).to_csv("data/recent.csv", index=False)
            """;

    @Inject Entities entities;
    @Inject Repositories repositories;
    @Inject Contents contents;
    @Inject Tasks tasks;
    @Inject ObjectMapper json;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    private String name;
    private Path project;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void the_portal_has_its_golden_paths() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                entities.find(PATH).isPresent()
                                        && entities.find(TRAIN).isPresent()
                                        && given().get("/v2/models/penguin-species").statusCode()
                                                == 200);
        name = "wine-" + UUID.randomUUID().toString().substring(0, 6);
    }

    /** A project of the golden path to a tabular model, with its first version in the registry. */
    private void trained() throws Exception {
        var made =
                Paths.run(
                        given(),
                        TRAIN,
                        Map.of(
                                "name",
                                name,
                                "owner",
                                "group:default/vision",
                                "source",
                                "wine",
                                "repoUrl",
                                "atelier?owner=vision&repo=" + name));
        assertThat(made.fault()).isNull();
        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone, "project");
        project = folder.resolve("project");
        installed();
        environment.put("MLFLOW_TRACKING_URI", "http://localhost:" + portal.getPort());
        environment.put("MLFLOW_TRACKING_TOKEN", Administrator.TOKEN);
        environment.put("PYTHONPATH", project.resolve("src").toString());
        assertThat(make("train", "register")).contains("Registered " + name + " version 1");
        ready(1);
        given().contentType(ContentType.JSON)
                .body(Map.of("version", 1))
                .put("/api/v1/models/{name}/aliases/champion", name)
                .then()
                .statusCode(200);
    }

    /** What {@code make setup} installs, once for all runs of this test. */
    private void installed() throws Exception {
        var wanted = Files.readString(project.resolve("pyproject.toml"));
        var packages =
                Pattern.compile("\"([a-z0-9-]+==[0-9.]+)\"")
                        .matcher(wanted)
                        .results()
                        .map(found -> found.group(1))
                        .toArray(String[]::new);
        var shared =
                PythonClients.environment(
                        "tabular-project-" + Integer.toHexString(Arrays.hashCode(packages)),
                        packages);
        var home = shared.getParent().getParent();
        Files.createSymbolicLink(project.resolve(".venv"), home);
        // For make it is newer than what it was made of.
        Files.setLastModifiedTime(project.resolve("pyproject.toml"), FileTime.fromMillis(0));
        if (Files.notExists(home.resolve("ready"))) {
            Files.createFile(home.resolve("ready"));
        }
    }

    private String make(String... goals) throws Exception {
        var words = new ArrayList<>(List.of("make", "--no-print-directory"));
        words.addAll(List.of(goals));
        return PythonClients.run(environment, project, 300, words.toArray(String[]::new));
    }

    private void ready(int version) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () ->
                                given().get("/api/v1/models/{name}/versions/{v}", name, version)
                                        .then()
                                        .statusCode(200)
                                        .body("state", equalTo("READY")));
    }

    private static Document read(Response answer) {
        return Jsoup.parse(answer.then().statusCode(200).extract().asString());
    }

    /** Sends a form as a browser without script does: with what stands in its fields. */
    private static String send(Document page, String action) {
        var asks = given().redirects().follow(false);
        for (var field : page.select("form[action='" + action + "'] [name]")) {
            if (field.is("select")) {
                asks.formParam(field.attr("name"), field.select("option[selected]").val());
            } else if (field.is("textarea")) {
                asks.formParam(field.attr("name"), field.wholeText());
            } else if (field.is("input") && !field.is("[type=checkbox]:not([checked])")) {
                asks.formParam(field.attr("name"), field.val());
            }
        }
        var answer = asks.post(action);
        assertThat(answer.statusCode())
                .as(() -> Jsoup.parse(answer.asString()).select(".error-summary").text())
                .isEqualTo(303);
        return URI.create(answer.header("Location")).getPath();
    }

    @Test
    void ends_in_a_challenger_that_was_compared_with_the_champion() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        trained();

        var branch = byLink();

        assertThat(branch).matches("retrain/[0-9]{4}-[0-9]{2}-[0-9]{2}-alcohol");
        var repository = repositories.get("vision", name);
        var alert = "retraining/" + branch.substring("retrain/".length());
        assertThat(contents.read(repository, branch, alert + ".md").orElseThrow().text())
                .contains(
                        "# Retrain %s: alcohol drifts".formatted(name),
                        "Measured by PSI: **0.42**, the threshold is 0.2",
                        "Alert: <https://alerts.example/42>",
                        "make -C retraining check retrain");
        var said =
                json.readTree(
                        contents.read(repository, branch, alert + ".json").orElseThrow().text());
        assertThat(said.path("version").asInt()).isEqualTo(1);
        assertThat(said.path("score").asDouble()).isEqualTo(0.42);

        PythonClients.run(Map.of(), project, 60, "git", "fetch", "--quiet");
        PythonClients.run(Map.of(), project, 60, "git", "switch", "--quiet", branch);
        Files.setLastModifiedTime(project.resolve("pyproject.toml"), FileTime.fromMillis(0));
        Files.createDirectories(project.resolve("data"));
        PythonClients.run(environment, project, 60, ".venv/bin/python", "-c", DRIFT);
        PythonClients.run(
                environment, project, 60, ".venv/bin/ruff", "format", "--check", "retraining");
        PythonClients.run(environment, project, 60, ".venv/bin/ruff", "check", "retraining");
        var printed = make("-C", "retraining", "check", "retrain");

        assertThat(printed)
                .contains(
                        "4 passed",
                        "| on 53 recent rows | version 1 | candidate |",
                        "The candidate is **better**",
                        "Registered %s version 2. It is the challenger.".formatted(name));
        given().get("/api/v1/models/{name}/versions/2", name)
                .then()
                .statusCode(200)
                .body("aliases", equalTo(List.of("challenger")))
                .body("tags", hasEntry("retraining.feature", "alcohol"))
                .body("tags", hasEntry("retraining.alert", "https://alerts.example/42"))
                .body("tags", hasEntry("retraining.verdict", "better"))
                .body("lineage.source", containsString("/git/vision/" + name + ".git@"))
                .body("lineage.datasets", hasItem(containsString("recent-rows")))
                .body("files.path", hasItems("comparison.md", "model.onnx"));
        // Nobody promoted it.
        given().get("/api/v1/models/{name}/versions/champion", name)
                .then()
                .body("version", equalTo(1));
        assertThat(read(given().accept("text/html").get("/models/{name}/versions/2", name)).text())
                .contains("Compared with version 1", "The candidate is better");

        // The branch of the day is there: the same alert once more makes no other.
        assertThat(Paths.run(given(), PATH, values()).fault())
                .contains("There is a branch " + branch);
    }

    private Map<String, Object> values() {
        return Map.of(
                "model", "model:default/" + name,
                "version", "1",
                "feature", "alcohol",
                "method", "PSI",
                "score", 0.42,
                "threshold", 0.2,
                "window", "2026-11-15/2026-11-22",
                "alert", "https://alerts.example/42");
    }

    /** From the link of an alert through the pages of the wizard to the branch that came of it. */
    private String byLink() throws Exception {
        var address = "/golden-paths/default/retrain-on-drift";
        var first =
                read(
                        given().accept("text/html")
                                .queryParam("formData", json.writeValueAsString(values()))
                                .get(address));
        assertThat(first.select(".note").text()).contains("A link has filled in 8 answers");
        assertThat(first.select("select[name=/model] option[selected]").val())
                .isEqualTo("model:default/" + name);
        assertThat(first.select("input[name=/score]").val()).isEqualTo("0.42");
        var second = send(first, address);
        var review = send(read(given().accept("text/html").get(second)), second);
        assertThat(read(given().accept("text/html").get(review)).select("dl").text())
                .contains("alcohol", "https://alerts.example/42", "data/recent.csv");
        var page =
                given().redirects()
                        .follow(false)
                        .post(review)
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        var id = UUID.fromString(page.substring(page.lastIndexOf('/') + 1));
        var task =
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> tasks.find(id).orElseThrow(), one -> one.state().ended());
        assertThat(task.fault()).isNull();
        return Objects.requireNonNull(tasks.steps(id).get(3).output()).path("branchName").asText();
    }

    @Test
    void asks_for_the_repository_where_the_version_does_not_say_it() {
        var values = new HashMap<>(values());
        values.put("model", "model:default/penguin-species");

        assertThat(Paths.run(given(), PATH, values).fault())
                .contains("does not say which code", "Say which repository trains it");
        values.put("repoUrl", "git.elsewhere.example?owner=a&repo=b");
        assertThat(Paths.run(given(), PATH, values).fault())
                .contains("git.elsewhere.example is not offered here");
        values.put("version", "77");
        assertThat(Paths.run(given(), PATH, values).fault()).contains("no version or alias");
    }

    @Test
    void brings_the_reason_alone_to_a_repository_that_is_named() throws Exception {
        given().contentType("application/json")
                .body(Map.of("owner", "group:default/vision", "name", name))
                .post("/api/v1/repositories")
                .then()
                .statusCode(201);
        var values = new HashMap<>(values());
        values.put("model", "penguin-species");
        values.put("feature", "Länge \"|`; $(x)");
        values.put("program", false);
        values.put("repoUrl", "atelier?owner=vision&repo=" + name);

        // A repository without a commit has nothing that a branch could begin at.
        assertThat(Paths.run(given(), PATH, values).fault()).contains("it has no commit yet");
        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(
                Map.of(),
                folder,
                60,
                "sh",
                "-ec",
                """
                git clone --quiet "$0" project 2>/dev/null && cd project && echo mine > README.md && git add .
                git -c user.name=Ines -c user.email=ines@example.com commit --quiet -m Begin
                git push --quiet origin HEAD:main
                """,
                clone);

        var ended = Paths.run(given(), PATH, values);

        assertThat(ended.fault()).isNull();
        var branch = ended.of(3).path("branchName").asText();
        assertThat(branch).endsWith("-l-nge-x");
        var repository = repositories.get("vision", name);
        var files = contents.files(repository, branch);
        assertThat(files.keySet())
                .containsExactlyInAnyOrder(
                        "README.md",
                        "retraining/" + branch.substring(8) + ".md",
                        "retraining/" + branch.substring(8) + ".json");
        var alert = json.readTree(files.get("retraining/" + branch.substring(8) + ".json").text());
        assertThat(alert.path("feature").asText()).isEqualTo("Länge \"|`; $(x)");
        given().get("/api/v1/models/penguin-species/versions/1")
                .then()
                .body("aliases", not(hasItem("challenger")));
    }
}
