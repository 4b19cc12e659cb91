package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the columns of a table to an entry in the catalog and a program that checks deliveries. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a data set")
class DatasetPathTest {

    private static final EntityRef PATH = new EntityRef("template", "default", "publish-dataset");
    private static final List<Map<String, Object>> COLUMNS =
            List.of(
                    Map.of(
                            "name",
                            "species",
                            "type",
                            "string",
                            "required",
                            true,
                            "values",
                            List.of("adelie, small", "gentoo")),
                    Map.of("name", "number", "type", "integer", "unique", true, "minimum", 1),
                    Map.of("name", "on", "type", "date", "description", "Day of: \"it\""),
                    Map.of("name", "flipper_mm", "type", "number", "minimum", 0, "maximum", 300));

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
        // As long as a name may be.
        name =
                "measurements-of-penguins-on-an-island-"
                        + UUID.randomUUID().toString().substring(0, 8);
    }

    private Paths.Ended run(Map<String, Object> more) {
        var values = new HashMap<String, Object>();
        values.put("name", name);
        values.put("title", "Measurements of \"penguins\": all of them");
        values.put("owner", "group:default/vision");
        values.put("source", "s3://lake/penguins/");
        values.put("region", "eu-central");
        values.put("sensitivity", "confidential");
        values.put("retention", "P5Y");
        values.put("derivedFrom", List.of("dataset:default/palmer-penguins"));
        values.put("columns", COLUMNS);
        values.put("repoUrl", "atelier?owner=vision&repo=" + name);
        values.putAll(more);
        return Paths.run(given(), PATH, values);
    }

    @Test
    void ends_in_the_catalog_with_a_program_that_checks_deliveries() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");

        var ended = run(Map.of());

        assertThat(ended.fault()).isNull();
        var dataset = entities.find(EntityRef.of("dataset", name)).orElseThrow();
        assertThat(dataset.owner()).contains(EntityRef.parse("group:default/vision"));
        var page = Jsoup.parse(given().get(dataset.address()).asString());
        assertThat(page.select("[aria-labelledby=columns] tbody th").eachText())
                .containsExactly("species", "number", "on", "flipper_mm");
        assertThat(page.select("[aria-labelledby=facts]").text())
                .contains("eu-central", "confidential", "5 years");
        assertThat(page.select("[aria-labelledby=links] a").attr("href"))
                .endsWith("/repositories/vision/" + name);

        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone, "project");
        var project = folder.resolve("project");
        PythonClients.run(Map.of(), project, 900, "make", "setup");
        PythonClients.run(Map.of(), project, 600, "make", "check");
        assertThat(
                        PythonClients.run(
                                Map.of(), project, 60, "make", "validate", "FILE=data/sample.csv"))
                .contains("1 rows, 0 breaches of the contract");
        Files.writeString(
                project.resolve("data/today.csv"),
                """
                species,number,on,flipper_mm,colour
                gentoo,1,2026-01-31,210,black
                ,1,31.1.,400,white
                """);
        assertThatThrownBy(
                        () ->
                                PythonClients.run(
                                        Map.of(),
                                        project,
                                        60,
                                        "make",
                                        "validate",
                                        "FILE=data/today.csv"))
                .hasMessageContaining("colour: is not in the contract")
                .hasMessageContaining("species: has no value, in row 2")
                .hasMessageContaining("number: is there twice, in row 2")
                .hasMessageContaining("on: is no date, in row 2")
                .hasMessageContaining("flipper_mm: is above 300, in row 2");
    }

    @Test
    void leaves_no_repository_behind_where_the_catalog_refuses_the_data_set() {
        var ended = run(Map.of("columns", List.of(COLUMNS.getFirst(), COLUMNS.getFirst())));

        assertThat(ended.fault()).contains("two columns \"species\"");
        given().get("/api/v1/repositories/vision/{name}", name).then().statusCode(404);
    }
}
