package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.PythonClients;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a data set and a model of the catalog to a file of scores, and their entry. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to scores in batches")
class BatchPathTest {

    private static final EntityRef PATH = new EntityRef("template", "default", "score-batch");

    @Inject Entities entities;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    @Test
    void ends_in_scores_of_a_catalogued_data_set() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                entities.find(PATH).isPresent()
                                        && given().get("/v2/models/penguin-species").statusCode()
                                                == 200);
        // As long as a name may be.
        var name =
                "scores-of-penguins-that-live-on-islands-all-"
                        + UUID.randomUUID().toString().substring(0, 6);

        var ended =
                Paths.run(
                        given(),
                        PATH,
                        Map.of(
                                "name", name,
                                "title", "Scores: \"penguins\"",
                                "owner", "group:default/vision",
                                "input", "dataset:default/palmer-penguins",
                                "model", "model:default/penguin-species",
                                "schedule", "0 4 * * 1",
                                "region", "any",
                                "repoUrl", "atelier?owner=vision&repo=" + name));

        assertThat(ended.fault()).isNull();
        assertThat(entities.find(EntityRef.of("dataset", name)).orElseThrow().relations())
                .anyMatch(
                        relation ->
                                relation.type().equals("derivedFrom")
                                        && relation.target().name().equals("palmer-penguins"));
        assertThat(entities.find(EntityRef.of("component", name + "-pipeline"))).isPresent();
        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone, "project");
        var project = folder.resolve("project");
        PythonClients.run(Map.of(), project, 900, "make", "setup");
        PythonClients.run(Map.of(), project, 300, "make", "check");
        assertThat(Files.readString(project.resolve("deploy/cronjob.yaml")))
                .contains("schedule: \"0 4 * * 1\"");
        var birds = Path.of("catalog/models/penguin-species/heldout.csv");
        Files.writeString(
                project.resolve("rows.csv"),
                Files.readString(birds) + "49.1,14.8,220.0,5150.0,Mallorca,female,Gentoo\n");

        var said =
                PythonClients.run(
                        Map.of(
                                "ATELIER_URL",
                                "http://localhost:" + portal.getPort(),
                                "ATELIER_TOKEN",
                                Administrator.TOKEN),
                        project,
                        120,
                        "make",
                        "run",
                        "INPUT=rows.csv",
                        "OUTPUT=scores.csv");

        int good = Files.readAllLines(birds).size() - 1;
        assertThat(said)
                .contains(
                        "%d of %d rows scored with penguin-species version 1"
                                .formatted(good, good + 1));
        var scores = Files.readAllLines(project.resolve("scores.csv"));
        assertThat(scores.getFirst()).contains("species,", "score_label", "score_probabilities_2");
        assertThat(scores).hasSize(good + 1);
        var columns = List.of(scores.getFirst().split(","));
        int truth = columns.indexOf("species");
        int label = columns.indexOf("score_label");
        assertThat(
                        scores.stream()
                                .skip(1)
                                .map(line -> line.split(","))
                                .filter(row -> row[truth].equals(row[label]))
                                .count())
                .isGreaterThan(good * 9L / 10);
        assertThat(Files.readString(project.resolve("scores.csv.rejected.csv")))
                .contains("Mallorca", "island is none of the values of the catalog");
    }
}
