package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The wizard of a golden path")
class WizardTest {

    private static final String SPEC =
            """
            parameters:
              - title: About
                required: [name]
                properties:
                  name: {title: Name, type: string, pattern: '^[a-z]+$', ui:help: Small letters}
                  size: {title: Size, type: integer, minimum: 1, default: 3}
                  kind:
                    title: Kind
                    type: string
                    enum: [a, b]
                    enumNames: [The first, The second]
                    default: a
                  key: {title: Key, type: string, ui:field: Secret}
                dependencies:
                  kind:
                    oneOf:
                      - properties: {kind: {const: a}}
                      - properties:
                          kind: {const: b}
                          more: {title: More about it, type: string}
                        required: [more]
              - title: Parts
                properties:
                  tags: {title: Tags, type: array, items: {type: string}, ui:field: EntityTagsPicker}
                  flags: {title: Flags, type: array, items: {type: string, enum: [x, y, z]}}
                  sure: {title: Are you sure, type: boolean}
                  parts:
                    title: Parts
                    type: array
                    items: {type: object, required: [n], properties: {n: {title: Count, type: number}}}
                  repo: {title: Repository, type: string, ui:field: RepoUrlPicker}
                  deep: {title: Deep, type: object, properties: {in: {title: Inside, type: string, default: here}}}
            steps:
              - id: say
                action: debug:log
                input: {message: "made with ${{ parameters.name }} and ${{ secrets.key }}", extra: "${{ parameters }}"}
            """;

    @Inject Tasks tasks;
    @Inject Sql sql;

    private static Document read(Response response, int status) {
        return Jsoup.parse(response.then().statusCode(status).extract().asString());
    }

    private static String address(EntityRef path) {
        return "/golden-paths/%s/%s".formatted(path.namespace(), path.name());
    }

    private static io.restassured.specification.RequestSpecification by(Person person) {
        return person.asks();
    }

    @Test
    void leads_from_the_first_question_to_the_task() {
        var person = Person.named("wizard").with("developer");
        var path = Paths.publish(SPEC);

        var first = read(by(person).get(address(path)), 200);
        assertThat(first.select("h2").eachText()).contains("About", "What this will do");
        assertThat(first.select("input[name=/size]").val()).isEqualTo("3");
        assertThat(first.select("select[name=/kind] option[selected]").text())
                .isEqualTo("The first");
        assertThat(first.select("[name=/more]")).isEmpty();

        var wrong =
                read(
                        by(person)
                                .formParam("/name", "No Good")
                                .formParam("/size", "many")
                                .formParam("/kind", "b")
                                .post(address(path)),
                        422);
        assertThat(wrong.select(".error-summary li a").eachText()).hasSize(3);
        assertThat(wrong.select("input[name=/name]").val()).isEqualTo("No Good");
        assertThat(wrong.select("input[name=/size]").val()).isEqualTo("many");
        assertThat(wrong.select("input[name=/more]")).hasSize(1);
        for (var link : wrong.select(".error-summary a")) {
            assertThat(wrong.getElementById(link.attr("href").substring(1))).isNotNull();
        }

        var draft =
                by(person)
                        .formParam("/name", "wine")
                        .formParam("/size", "5")
                        .formParam("/kind", "b")
                        .formParam("/more", "much")
                        .formParam("/key", "very-secret-key")
                        .post(address(path))
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        assertThat(draft).contains("/golden-paths/drafts/").endsWith("/2");
        var drafts = draft.substring(draft.indexOf("/golden-paths"), draft.length() - 2);

        var added = read(by(person).formParam("_add", "/parts").post(drafts + "/2"), 200);
        assertThat(added.select("input[name=/parts/0/n]")).hasSize(1);
        var half =
                read(
                        by(person)
                                .formParam("/tags", "Not A Tag!")
                                .formParam("_entry/parts/0", "1")
                                .formParam("/parts/0/n", "")
                                .formParam("/deep/in", "")
                                .post(drafts + "/2"),
                        422);
        assertThat(half.select(".error-summary li").eachText()).hasSize(2);
        by(person)
                .formParam("/tags", "one two")
                .formParam("/flags", "x")
                .formParam("/flags", "z")
                .formParam("/sure", "true")
                .formParam("_entry/parts/0", "1")
                .formParam("/parts/0/n", "1.5")
                .formParam("/repo#host", "atelier")
                .formParam("/repo#owner", "vision")
                .formParam("/repo#repo", "wine")
                .formParam("/deep/in", "deep down")
                .post(drafts + "/2")
                .then()
                .statusCode(303)
                .header("Location", containsString("/review"));

        var review = read(by(person).get(drafts + "/review"), 200);
        assertThat(review.select("dl.summary dd").eachText())
                .contains("wine", "The second", "much", "x, z", "Yes", "vision/wine")
                .doesNotContain("very-secret-key");
        assertThat(review.select("pre").text())
                .contains("\"size\" : 5")
                .doesNotContain("very-secret");

        var task =
                by(person)
                        .post(drafts + "/review")
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        var id = UUID.fromString(task.substring(task.lastIndexOf('/') + 1));
        var ended =
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> tasks.find(id).orElseThrow(), one -> one.state().ended());
        assertThat(ended.fault()).isNull();
        var answers = ended.spec().path("parameters");
        assertThat(answers.path("size").intValue()).isEqualTo(5);
        assertThat(answers.path("parts").at("/0/n").doubleValue()).isEqualTo(1.5);
        assertThat(answers.path("flags")).hasSize(2);
        assertThat(answers.path("sure").booleanValue()).isTrue();
        assertThat(answers.path("tags")).hasSize(2);
        assertThat(answers.path("repo").asText()).isEqualTo("atelier?owner=vision&repo=wine");
        assertThat(answers.path("deep").path("in").asText()).isEqualTo("deep down");
        assertThat(answers.path("key").asText()).isEqualTo(Forms.HIDDEN);

        var page = read(by(person).get("/tasks/" + id), 200);
        assertThat(page.select("#task-cells").text()).contains("Done");
        assertThat(page.select(".log li").eachText().toString())
                .contains("made with wine and ***")
                .doesNotContain("very-secret-key");
        by(person).get(drafts + "/review").then().statusCode(404);
    }

    @Test
    void keeps_a_draft_for_its_author_alone() {
        var author = Person.named("author").with("developer");
        var other = Person.named("other").with("developer");
        var path = Paths.publish(SPEC);

        by(author)
                .formParam("/name", "not Good")
                .formParam("_save", "1")
                .post(address(path))
                .then()
                .statusCode(303);

        var list = read(by(author).get("/golden-paths"), 200);
        var link = list.select("a[href^=/golden-paths/drafts/]").attr("href");
        assertThat(read(by(author).get(link), 200).select("input[name=/name]").val())
                .isEqualTo("not Good");
        by(other).get(link).then().statusCode(404);
        by(other).post(link.replaceAll("/1$", "/review")).then().statusCode(404);
        // What was saved half done does not run.
        assertThat(
                        read(by(author).post(link.replaceAll("/1$", "/review")), 422)
                                .select(".error-summary")
                                .text())
                .contains("cannot run");
    }

    @Test
    void is_closed_to_whoever_may_not_run_it() {
        var viewer = Person.named("viewer").with("viewer");
        var path = Paths.publish(SPEC);

        var page = read(by(viewer).get(address(path)), 200);

        assertThat(page.text()).contains("You may not run this golden path");
        by(viewer).formParam("/name", "wine").post(address(path)).then().statusCode(403);
    }

    @Test
    void says_what_is_wrong_with_a_path_that_cannot_be_run() {
        var path = Paths.publish("steps: [{id: a, action: debug:log}, {id: a, action: debug:log}]");

        given().get(address(path))
                .then()
                .statusCode(409)
                .body(containsString("Two steps have the id"));
        given().get("/golden-paths/default/nowhere").then().statusCode(404);
        given().get("/golden-paths").then().statusCode(200).body(containsString("Cannot be run"));
    }

    @Test
    void takes_answers_of_a_link_for_questions_that_are_shown() {
        var person = Person.named("linked").with("developer");
        var path =
                Paths.publish(
                        """
                        parameters:
                          - title: About
                            properties:
                              name: {title: Name, type: string}
                              fixed: {title: Fixed, type: string, default: here, ui:disabled: true}
                              quiet: {title: Quiet, type: string, default: q, ui:widget: hidden}
                              pass: {title: Pass, type: string, ui:widget: password}
                              key: {title: Key, type: string, ui:field: Secret}
                          - title: More
                            properties:
                              kind: {title: Kind, type: string, enum: [a, b], default: a}
                              deep:
                                title: Deep
                                type: object
                                properties:
                                  in: {title: Inside, type: string}
                                  dark: {title: Dark, type: string, ui:widget: hidden}
                            dependencies:
                              kind:
                                oneOf:
                                  - properties: {kind: {const: a}}
                                  - properties:
                                      kind: {const: b}
                                      more: {title: More about it, type: string}
                        steps:
                          - id: say
                            action: debug:log
                            input: {message: "${{ parameters.name }}"}
                        """);
        var data =
                """
                {"name": "wine <b>", "fixed": "x", "quiet": "x", "pass": "x", "key": "x", "unasked": 1,
                 "kind": "b", "more": "much", "deep": {"in": "side", "dark": "x", "none": 2}}
                """;

        var first = read(by(person).queryParam("formData", data).get(address(path)), 200);

        assertThat(first.select(".note").text())
                .contains("A link has filled in 4 answers", "fixed, quiet, pass, key, unasked");
        assertThat(first.select("input[name=/name]").val()).isEqualTo("wine <b>");
        assertThat(first.select("input[name=/fixed]").val()).isEqualTo("here");
        assertThat(first.select("input[name=/pass], input[name=/key]").eachAttr("value"))
                .containsOnly("");
        var next =
                by(person)
                        .formParam("/name", "wine")
                        .formParam("formData", first.select("input[name=formData]").val())
                        .post(address(path))
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        var second = read(by(person).get(next), 200);
        assertThat(second.select("select[name=/kind] option[selected]").val()).isEqualTo("b");
        assertThat(second.select("input[name=/more]").val()).isEqualTo("much");
        assertThat(second.select("input[name=/deep/in]").val()).isEqualTo("side");
        var id = UUID.fromString(next.replaceAll(".*/drafts/([^/]+)/.*", "$1"));
        String draft =
                sql.one(
                        "select answers::text from task_draft where id = ?",
                        row -> row.getString(1),
                        id);
        assertThat(draft).doesNotContain("\"x\"").doesNotContain("none");
    }

    @Test
    void says_when_a_link_brings_what_it_cannot_take() {
        var person = Person.named("linked").with("developer");
        var path = Paths.publish(SPEC);

        assertThat(note(person, path, "[1, 2]")).contains("no JSON object");
        assertThat(note(person, path, "{")).contains("no JSON object");
        assertThat(note(person, path, "{\"what\": 1}"))
                .contains("brings no answer to these questions", "what");
        // What is wrong is shown where it stands, once it is sent.
        assertThat(note(person, path, "{\"size\": [\"many\"]}")).contains("an answer");
        read(
                by(person)
                        .formParam("/name", "wine")
                        .formParam("formData", "{\"name\": \"" + "x".repeat(9000) + "\"}")
                        .post(address(path)),
                303);
    }

    @Test
    void chooses_what_a_link_names_among_what_is_offered() {
        var person = Person.named("linked").with("developer");
        var path =
                Paths.publish(
                        """
                        parameters:
                          - title: First
                            properties:
                              kind: {title: Kind, type: string, enum: [a, b]}
                              path:
                                title: Golden path
                                type: string
                                ui:field: EntityPicker
                                ui:options: {catalogFilter: {kind: Template}}
                              other:
                                title: Another
                                type: string
                                ui:field: EntityPicker
                                ui:options: {catalogFilter: {kind: Template}}
                        steps:
                          - id: say
                            action: debug:log
                            input: {message: "${{ parameters.path }}"}
                        """);

        var page =
                read(
                        by(person)
                                .queryParam(
                                        "formData",
                                        "{\"kind\": \"c\", \"path\": \"%s\", \"other\": \"nobody\"}"
                                                .formatted(path.name()))
                                .get(address(path)),
                        200);

        assertThat(page.select(".note").text())
                .contains(
                        "A link has filled in an answer",
                        "Left out, because it is not among what is offered: kind, other.");
        assertThat(page.select("select[name=/path] option[selected]").val())
                .isEqualTo(path.toString());
        assertThat(page.select("select[name=/other] option[selected]").val()).isEmpty();
    }

    private static String note(Person person, EntityRef path, String data) {
        return read(by(person).queryParam("formData", data).get(address(path)), 200)
                .select(".note")
                .text();
    }
}
