package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.TestDatabase;
import dev.atelier.githosts.GitHostsNearby;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.Base64;
import java.util.Map;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("The examples of actions")
class ActionExamplesTest {

    private static final Map<String, String> BROUGHT =
            Map.of(
                    "skeleton/README.md", "# ${{ values.name }}\n",
                    "skeleton/src/main.py", "print('${{ values.name }}')\n",
                    "skeleton/.github/workflows/ci.yaml", "token: ${{ secrets.TOKEN }}\n");

    @Inject Actions actions;
    @Inject ObjectMapper json;

    @Test
    void run_as_they_stand() throws Exception {
        assertThat(actions.all()).extracting(Action::id).contains("fetch:template", "fs:rename");
        for (var action : actions.all()) {
            assertThat(action.examples()).as(action.id()).isNotEmpty();
            for (var example : action.examples()) {
                var body = json.createObjectNode();
                body.set(
                        "template",
                        Paths.document("example", "steps:\n" + example.steps().indent(2)));
                body.putObject("values");
                var brought = body.putArray("directoryContents");
                BROUGHT.forEach(
                        (path, text) ->
                                brought.addObject()
                                        .put("path", path)
                                        .put(
                                                "base64Content",
                                                Base64.getEncoder()
                                                        .encodeToString(text.getBytes())));
                var answer =
                        given().contentType("application/json")
                                .body(body.toString())
                                .post("/api/scaffolder/v2/dry-run")
                                .then()
                                .statusCode(200)
                                .extract()
                                .jsonPath();
                assertThat(answer.getString("error.message"))
                        .as(action.id() + ": " + example.description())
                        .isEqualTo(action.missing().isEmpty() ? null : action.missing());
            }
        }
    }

    @Test
    void are_told_with_schemas_that_are_schemas() throws Exception {
        for (var action : actions.all()) {
            assertThat(json.readTree(action.input()).path("type").asText()).isEqualTo("object");
            assertThat(json.readTree(action.output()).path("type").asText()).isEqualTo("object");
        }
        var page = given().get("/golden-paths/actions").then().statusCode(200).extract().asString();
        for (var action : actions.all()) {
            assertThat(page).contains("/golden-paths/actions/" + action.id());
            var own =
                    given().get("/golden-paths/actions/{id}", action.id())
                            .then()
                            .statusCode(200)
                            .extract()
                            .asString();
            assertThat(Jsoup.parse(own).select("main h2").eachText())
                    .contains(action.examples().getFirst().description());
        }
        given().get("/golden-paths/actions/fetch:templat")
                .then()
                .statusCode(404)
                .body(containsString("fetch:template"));
    }
}
