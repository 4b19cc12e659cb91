package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the first question to an answer of the model, with the tools that people use. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a tabular model")
class TabularPathTest {

    private static final String PATH = "train-tabular-model";

    @Inject Entities entities;
    @Inject ObjectMapper json;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    private static String named(String beginning) {
        return beginning + "-" + UUID.randomUUID().toString().substring(0, 6);
    }

    @Test
    void ends_in_a_repository_whose_model_answers() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        // A name that Python keeps for itself.
        var name = "class";
        var project =
                MadeProject.of(
                        PATH,
                        name,
                        Map.of("title", "Wine \"cultivars\" \\ {kinds}", "source", "wine"),
                        folder,
                        portal);
        assertThat(entities.find(EntityRef.of("component", name + "-training"))).isPresent();

        // What CI does, and then the person.
        project.make(900, "setup");
        project.make(600, "check");
        project.make(300, "train");
        assertThat(project.make(300, "register")).contains("Registered " + name + " version 1");

        project.isReady();
        var form = project.form();
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
        var path = Paths.offered(PATH);
        var answers = MadeProject.answers(named("own"), Map.of("source", "csv"));

        given().contentType("application/json")
                .body(Map.of("templateRef", path.toString(), "values", answers))
                .post("/api/scaffolder/v2/tasks")
                .then()
                .statusCode(400)
                .body("errors.property.toString()", containsString("instance.target"));
        answers.putAll(Map.of("target", "price", "task", "regression"));
        assertThat(Paths.run(given(), path, answers).fault()).isNull();
    }

    @Test
    void takes_no_name_that_is_there() {
        var path = Paths.offered(PATH);
        var answers = MadeProject.answers(named("twice"), Map.of());
        assertThat(Paths.run(given(), path, answers).fault()).isNull();

        assertThat(Paths.run(given(), path, answers).fault())
                .contains("There is a repository", "another name");
    }
}
