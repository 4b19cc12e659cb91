package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The editor of golden paths")
class EditorTest {

    private static final String TEMPLATE =
            """
            apiVersion: scaffolder.backstage.io/v1beta3
            kind: Template
            metadata: {name: written, title: Written}
            spec:
              type: test
              parameters:
                - title: The project
                  required: [name]
                  properties:
                    name: {type: string, title: What it is called, pattern: "^[a-z]+$"}
                    kind: {type: string, enum: [small, large]}
                  dependencies:
                    kind:
                      oneOf:
                        - properties: {kind: {enum: [large]}, why: {type: string, title: Why so large}}
                        - properties: {kind: {enum: [small]}}
              steps:
                - id: write
                  action: catalog:write
                  input:
                    entity: {apiVersion: v1, kind: Component, metadata: {name: "${{ parameters.name }}"}}
                - id: publish
                  action: publish:atelier
                  input: {repoUrl: "atelier?owner=vision&repo=${{ parameters.name }}"}
              output:
                text: [{title: Done, content: "See ${{ parameters.name }}"}]
            """;

    private static ValidatableResponse post(String text, String button, String... answers) {
        var form = given().formParam("_text", text).formParam(button, "1");
        for (int i = 0; i < answers.length; i += 2) {
            form = form.formParam(answers[i], answers[i + 1]);
        }
        return form.post("/golden-paths/editor").then();
    }

    @Test
    void shows_the_questions_as_they_will_be_asked() {
        post(TEMPLATE, "_look")
                .statusCode(200)
                .body(containsString("What it is called"))
                .body(not(containsString("name=\"/why\"")));
        post(TEMPLATE, "_look", "/kind", "large")
                .statusCode(200)
                .body(containsString("name=\"/why\""));
    }

    @Test
    void runs_it_dry_and_shows_what_it_would_make() {
        post(TEMPLATE, "_run", "/name", "penguins")
                .statusCode(200)
                .body(containsString("The dry run went through"))
                .body(containsString("catalog-info.yaml"))
                .body(containsString("aria-label=\"catalog-info.yaml\""))
                .body(containsString("Would make the repository vision/penguins with 1 files."))
                .body(containsString("See penguins"));
        given().get("/repositories/vision/penguins").then().statusCode(404);
    }

    @Test
    void says_which_answers_do_not_fit() {
        post(TEMPLATE, "_run", "/name", "No Name")
                .statusCode(422)
                .body(containsString("These answers do not fit"))
                .body(containsString("What it is called"));
    }

    @Test
    void says_in_which_step_a_dry_run_fails() {
        post(
                        TEMPLATE.replace(
                                "parameters.name }}\"}}", "parameters.name | nofilter }}\"}}"),
                        "_run",
                        "/name",
                        "penguins")
                .statusCode(200)
                .body(containsString("The dry run failed"))
                .body(containsString("Step write."))
                .body(containsString("filter not found: nofilter"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "a: [ # Line 2",
                "kind: Template # apiVersion is",
                "'' # There is no document",
                "{apiVersion: scaffolder.backstage.io/v1beta3, kind: Template, spec: {steps: []}} # names no step"
            })
    void says_what_is_wrong_with_the_text_and_keeps_it(String text, String reason) {
        post(text, "_look").statusCode(422).body(containsString(reason));
    }

    @Test
    void begins_with_a_template_of_the_catalog() {
        var ref =
                Paths.publish(
                        """
                        steps:
                          - {id: say, action: debug:log, input: {message: "Hello ${{ user.ref }}"}}
                        """);

        given().get("/golden-paths/editor?template=" + ref)
                .then()
                .statusCode(200)
                .body(containsString("Hello ${{ user.ref }}"))
                .body(not(containsString("managed-by-location")))
                .body(containsString("It asks nothing."));
    }

    @Test
    void has_a_template_to_begin_with_that_runs() {
        var page = given().get("/golden-paths/editor").then().statusCode(200).extract().asString();
        var text = org.jsoup.Jsoup.parse(page).expectFirst("#text").wholeText();

        post(text, "_run", "/name", "penguins")
                .statusCode(200)
                .body(containsString("The dry run went through"));
    }

    @Test
    void is_for_those_who_may_register_what_they_wrote() {
        Person.named("viewer").asks().get("/golden-paths/editor").then().statusCode(403);
    }
}
