package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the first question to an answer of the model, with the tools that people use. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a tabular model")
class TabularPathTest {

    private static final EntityRef PATH =
            new EntityRef("template", "default", "train-tabular-model");

    @Inject Tasks tasks;
    @Inject Entities entities;
    @Inject ObjectMapper json;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    private Task run(String name, Map<String, Object> more) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> entities.find(PATH).isPresent());
        var values = new HashMap<String, Object>();
        values.put("name", name);
        values.put("owner", "group:default/vision");
        values.put("repoUrl", "atelier?owner=vision&repo=" + name);
        values.putAll(more);
        String id =
                given().contentType("application/json")
                        .body(Map.of("templateRef", PATH.toString(), "values", values))
                        .post("/api/scaffolder/v2/tasks")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> tasks.find(UUID.fromString(id)).orElseThrow(),
                        task -> task.state().ended());
    }

    private static String named(String beginning) {
        return beginning + "-" + UUID.randomUUID().toString().substring(0, 6);
    }

    @Test
    void ends_in_a_repository_whose_model_answers() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        var name = named("wine");

        var task = run(name, Map.of("title", "Wine cultivars", "source", "wine"));

        assertThat(task.fault()).isNull();
        assertThat(entities.find(EntityRef.parse("component:default/" + name + "-training")))
                .isPresent();
        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone, "project");
        var project = folder.resolve("project");
        var environment =
                Map.of(
                        "MLFLOW_TRACKING_URI",
                        "http://localhost:" + portal.getPort(),
                        "MLFLOW_TRACKING_TOKEN",
                        Administrator.TOKEN);
        // What CI does, and then the person.
        PythonClients.run(environment, project, 900, "make", "setup");
        PythonClients.run(environment, project, 600, "make", "check");
        PythonClients.run(environment, project, 300, "make", "train");
        assertThat(PythonClients.run(environment, project, 300, "make", "register"))
                .contains("Registered " + name + " version 1");

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () ->
                                given().get("/api/v1/models/{name}/versions/1", name)
                                        .then()
                                        .statusCode(200)
                                        .body("state", equalTo("READY")));
        var form = Jsoup.parse(given().get("/models/{name}/try", name).asString());
        assertThat(form.select("form label").eachText().toString()).contains("Alcohol", "Proline");
        var inputs = json.createArrayNode();
        for (var field : form.select("form input[name][value]")) {
            if (field.attr("value").matches("-?[0-9.]+") && !field.attr("type").equals("hidden")) {
                var input = inputs.addObject();
                input.put("name", field.attr("name")).put("datatype", "FP32");
                input.putArray("shape").add(1).add(1);
                input.putArray("data").add(Double.parseDouble(field.attr("value")));
            }
        }
        given().contentType("application/json")
                .body(json.createObjectNode().set("inputs", inputs).toString())
                .post("/v2/models/{name}/infer", name)
                .then()
                .statusCode(200)
                .body("outputs.name.toString()", containsString("probabilities"));
    }

    @Test
    void asks_what_only_a_table_of_ones_own_needs() {
        var name = named("own");

        given().contentType("application/json")
                .body(
                        Map.of(
                                "templateRef",
                                PATH.toString(),
                                "values",
                                Map.of(
                                        "name",
                                        name,
                                        "owner",
                                        "group:default/vision",
                                        "source",
                                        "csv",
                                        "repoUrl",
                                        "atelier?owner=vision&repo=" + name)))
                .post("/api/scaffolder/v2/tasks")
                .then()
                .statusCode(400)
                .body("errors.property.toString()", containsString("instance.target"));
        assertThat(run(name, Map.of("source", "csv", "target", "price", "task", "regression")))
                .extracting(Task::fault)
                .isNull();
    }

    @Test
    void takes_no_name_that_is_there() {
        var name = named("twice");
        assertThat(run(name, Map.of()).fault()).isNull();

        assertThat(run(name, Map.of()).fault()).contains("There is a repository", "another name");
    }
}
