package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A task of a golden path")
class TasksTest {

    private static final String API = "/api/scaffolder/v2/tasks";

    @Inject Tasks tasks;
    @Inject TaskLeases leases;
    @Inject TaskLog log;
    @Inject Entities entities;
    @Inject ObjectMapper json;
    @Inject Sql sql;

    private UUID start(EntityRef template, Map<String, ?> values, Map<String, String> secrets) {
        return UUID.fromString(
                given().contentType("application/json")
                        .body(
                                Map.of(
                                        "templateRef",
                                        template.toString(),
                                        "values",
                                        values,
                                        "secrets",
                                        secrets))
                        .post(API)
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id"));
    }

    private UUID start(String spec, Map<String, ?> values) {
        return start(Paths.publish(spec), values, Map.of());
    }

    private Task ended(UUID id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> tasks.find(id).orElseThrow(), task -> task.state().ended());
    }

    private List<String> states(UUID id) {
        return tasks.steps(id).stream().map(step -> step.state().id()).toList();
    }

    private List<String> lines(UUID id) {
        return log.after(id, 0, 10_000).stream().map(TaskEvent::message).toList();
    }

    private JsonNode output(UUID id, int step) {
        return java.util.Objects.requireNonNull(tasks.steps(id).get(step).output());
    }

    @Test
    void goes_through_its_steps_and_gives_its_output() throws Exception {
        var id =
                start(
                        """
                        parameters:
                          - title: First
                            required: [name]
                            properties:
                              name: {type: string}
                              count: {type: integer, default: 3}
                              parts: {type: array, items: {type: string}}
                        steps:
                          - id: write
                            action: catalog:write
                            input:
                              filePath: ${{ parameters.name }}.yaml
                              entity:
                                apiVersion: v1
                                kind: Component
                                metadata: {name: "${{ parameters.name }}", n: "${{ parameters.count }}"}
                          - id: never
                            if: ${{ parameters.count > 5 }}
                            action: debug:log
                            input: {message: not seen}
                          - id: every
                            each: ${{ parameters.parts }}
                            name: Look at each
                            action: fs:readdir
                            input: {paths: ["."], recursive: true}
                          - id: say
                            action: debug:log
                            input:
                              message: ${{ user.ref }} made ${{ steps.every.output.files[1][0].name }} in ${{ context.task.id }}
                        output:
                          links:
                            - {title: Shown, url: "https://example.com/${{ parameters.name }}"}
                            - {title: Hidden, url: https://example.com, if: "${{ parameters.count > 5 }}"}
                          text:
                            - {title: Done, content: "**${{ parameters.name }}** is there"}
                          number: ${{ parameters.count }}
                        """,
                        Map.of("name", "wine", "parts", List.of("a", "b")));

        var task = ended(id);

        assertThat(task.fault()).isNull();
        assertThat(task.state()).isEqualTo(Task.State.COMPLETED);
        assertThat(states(id)).containsExactly("completed", "skipped", "completed", "completed");
        assertThat(task.output())
                .isEqualTo(
                        json.readTree(
                                """
                                {"links":[{"title":"Shown","url":"https://example.com/wine"}],
                                 "text":[{"title":"Done","content":"**wine** is there"}],"number":3}
                                """));
        assertThat(output(id, 2).at("/files/1/0/fullPath").asText()).isEqualTo("wine.yaml");
        assertThat(lines(id))
                .contains(
                        "Skipping step never because its if condition was false",
                        "user:default/admin made wine.yaml in " + id)
                .doesNotContain("not seen");
    }

    @Test
    void fails_at_a_wrong_expression_with_its_place_and_reason() {
        var id =
                start(
                        """
                        steps:
                          - id: wrong
                            action: debug:log
                            input: {message: "one ${{ parameters.x | nofilter }}"}
                          - id: after
                            action: debug:log
                            input: {message: after}
                          - id: always
                            if: ${{ always() }}
                            action: debug:log
                            input: {message: cleaned up}
                          - id: failure
                            if: ${{ failure() }}
                            action: debug:log
                            input: {message: told of it}
                        """,
                        Map.of());

        var task = ended(id);

        assertThat(task.state()).isEqualTo(Task.State.FAILED);
        assertThat(task.faultStep()).isEqualTo("wrong");
        assertThat(task.fault()).contains("/message", "filter not found: nofilter");
        assertThat(states(id)).containsExactly("failed", "skipped", "completed", "completed");
        assertThat(lines(id)).contains("cleaned up", "told of it").doesNotContain("after");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{action: 'no:such', input: {}}",
                "{action: 'debug:log', input: {message: {not: text}}}",
                "{action: 'fs:delete', input: {files: ['../../etc']}}",
                "{action: 'fs:rename', input: {files: [{from: a, to: /etc/b}]}}",
                "{action: 'fetch:plain', input: {url: 'file:///etc'}}",
                "{action: 'fetch:plain', input: {url: ./skeleton}}",
                "{action: 'fetch:plain:file', input: {url: 'http://127.0.0.1:1/x', targetPath: x}}",
                "{action: 'catalog:write', input: {filePath: ../x, entity: {apiVersion: v, kind: K, metadata: {name: n}}}}",
                "{action: 'debug:log', each: '${{ parameters.none }}', input: {message: x}}",
                "{action: 'debug:log', each: '${{ range(5000) }}', input: {message: x}}",
                // Of what it is to make itself.
                "{id: loop, action: 'debug:log', each: '${{ steps.loop.output }}', input: {message: x}}"
            })
    void fails_at_a_step_that_cannot_be_done_and_says_why(String step) {
        var id = start("steps: [" + step + "]", Map.of());

        var task = ended(id);

        assertThat(task.state()).isEqualTo(Task.State.FAILED);
        assertThat(task.fault()).isNotBlank().doesNotContain("unexpected");
    }

    @Test
    void goes_round_in_no_value_that_holds_itself() {
        var id =
                start(
                        """
                        parameters:
                          - properties:
                              list: {type: array, items: {type: string}, default: [a]}
                        steps:
                          - id: loop
                            each: ${{ [parameters.list, parameters.list.push(parameters.list)] }}
                            action: debug:log
                            input: {message: "${{ each.value }}"}
                        """,
                        Map.of());

        var task = ended(id);

        assertThat(task.state()).isEqualTo(Task.State.FAILED);
        assertThat(task.fault()).containsIgnoringCase("cyclic");
    }

    @Test
    void registers_entities_that_belong_to_one_another() {
        var one = "round-" + UUID.randomUUID().toString().substring(0, 8);
        var id =
                start(
                        """
                        parameters:
                          - properties:
                              name: {type: string}
                        steps:
                          - id: write
                            each: [a, b]
                            action: catalog:write
                            input:
                              filePath: ${{ each.value }}.yaml
                              entity:
                                apiVersion: backstage.io/v1alpha1
                                kind: Component
                                metadata: {name: "${{ parameters.name }}-${{ each.value }}"}
                                spec:
                                  type: service
                                  lifecycle: experimental
                                  owner: group:default/rounds
                                  subcomponentOf: ${{ parameters.name }}-${{ "b" if each.value == "a" else "a" }}
                                  dependsOn: ["component:${{ parameters.name }}-a", "component:${{ parameters.name }}-b"]
                          - id: publish
                            action: publish:atelier
                            input: {repoUrl: "atelier?owner=rounds&repo=${{ parameters.name }}"}
                          - id: register
                            each: [a, b, a]
                            action: catalog:register
                            input:
                              repoContentsUrl: ${{ steps.publish.output.repoContentsUrl }}
                              catalogInfoPath: ${{ each.value }}.yaml
                        """,
                        Map.of("name", one));

        assertThat(ended(id).fault()).isNull();

        for (var name : List.of(one + "-a", one + "-b")) {
            var ref = EntityRef.parse("component:default/" + name);
            Awaitility.await().until(() -> given().get(ref.address()).statusCode() == 200);
            assertThat(given().get(ref.address()).asString()).contains(one + "-a", one + "-b");
        }
    }

    @Test
    void shows_no_secret() {
        var secret = "s3cr3t/with+signs";
        var id =
                start(
                        Paths.publish(
                                """
                                steps:
                                  - id: say
                                    action: debug:log
                                    input:
                                      message: it is ${{ secrets.token }}, ${{ secrets.token | urlencode }}
                                      extra: {in: "${{ secrets.token }}"}
                                  - id: fail
                                    action: fs:delete
                                    input: {files: ["/${{ secrets.token }}"]}
                                output:
                                  text: [{content: "x${{ secrets.token }}y"}]
                                """),
                        Map.of(),
                        Map.of("token", secret));

        var task = ended(id);

        assertThat(lines(id)).contains("it is ***, ***");
        assertThat(task.fault()).contains("***");
        assertThat(
                        sql.list(
                                """
                                select t.spec::text || coalesce(t.output::text, '') || coalesce(t.fault, '') ||
                                       coalesce(string_agg(e.message || coalesce(e.body::text, ''), ' '), '')
                                from task t left join task_event e on e.task = t.id
                                where t.id = ? group by t.id
                                """,
                                row -> row.getString(1),
                                id))
                .singleElement()
                .asString()
                .doesNotContain(secret);
        given().get("/tasks/{id}", id).then().statusCode(200).body(not(containsString(secret)));
    }

    @Test
    void is_cancelled_in_the_middle_and_not_once_it_has_ended() {
        var id =
                start(
                        """
                        steps:
                          - {id: wait, action: debug:wait, input: {minutes: 5}}
                          - {id: after, action: debug:log, input: {message: after}}
                        """,
                        Map.of());
        Awaitility.await().until(() -> states(id).getFirst().equals("processing"));

        given().post(API + "/{id}/cancel", id)
                .then()
                .statusCode(200)
                .body("status", equalTo("cancelled"));

        assertThat(ended(id).state()).isEqualTo(Task.State.CANCELLED);
        assertThat(states(id)).containsExactly("cancelled", "cancelled");
        given().post(API + "/{id}/cancel", id)
                .then()
                .statusCode(409)
                .body("error.name", equalTo("ConflictError"));
    }

    @Test
    void says_how_long_its_steps_took_in_earlier_runs() {
        var path =
                Paths.publish(
                        """
                        parameters:
                          - properties:
                              long: {type: boolean, default: false}
                        steps:
                          - id: wait
                            action: debug:wait
                            input: {seconds: "${{ 300 if parameters.long else 1 }}"}
                          - {id: after, action: debug:log, input: {message: after}}
                        """);
        var first = start(path, Map.of(), Map.of());
        assertThat(given().get("/tasks/{id}", first).asString()).doesNotContain("usually");
        assertThat(ended(first).fault()).isNull();
        // What it waited for from outside is no work.
        sql.update(
                "update task set started_at = started_at - interval '3 hours' where id = ?", first);

        var second = start(path, Map.of("long", true), Map.of());
        Awaitility.await().until(() -> states(second).getFirst().equals("processing"));
        // It has been at it for longer than the one before.
        sql.update(
                "update task_step set started_at = started_at - interval '1 minute' where task = ? and position = 0",
                second);

        var page = Jsoup.parse(given().get("/tasks/{id}", second).asString());
        assertThat(page.select("#steps li time").eachText().getLast()).startsWith("usually");
        assertThat(page.select("#task-cells small").eachText()).contains("longer than usual");
        assertThat(Jsoup.parse(given().get("/golden-paths").asString()).text())
                .doesNotContain("about 180 minutes");
        given().post(API + "/{id}/cancel", second).then().statusCode(200);
    }

    @Test
    void is_tried_again_from_the_step_that_failed() {
        var name = "wanted-" + UUID.randomUUID().toString().substring(0, 8);
        var id =
                start(
                        """
                        steps:
                          - {id: first, action: debug:log, input: {message: once only}}
                          - id: file
                            action: catalog:write
                            input: {entity: {apiVersion: v1, kind: Component, metadata: {name: kept}}}
                          - {id: look, action: catalog:fetch, input: {entityRef: "component:%s"}}
                          - {id: list, action: fs:readdir, input: {paths: ["."]}}
                        """
                                .formatted(name),
                        Map.of());
        assertThat(ended(id).state()).isEqualTo(Task.State.FAILED);
        assertThat(states(id)).containsExactly("completed", "completed", "failed", "skipped");
        var found = json.createObjectNode();
        found.put("apiVersion", "backstage.io/v1alpha1").put("kind", "Component");
        found.putObject("metadata").put("name", name);
        found.putObject("spec")
                .put("type", "service")
                .put("lifecycle", "test")
                .put("owner", "group:default/nobody");
        assertThat(entities.upsert("golden-path-tests", List.of(new EntityDocument(found))))
                .isEmpty();

        given().contentType("application/json")
                .body("{}")
                .post(API + "/{id}/retry", id)
                .then()
                .statusCode(201);

        assertThat(ended(id).fault()).isNull();
        assertThat(states(id)).containsOnly("completed");
        assertThat(lines(id)).containsOnlyOnce("once only");
        assertThat(output(id, 3).at("/files/0/name").asText()).isEqualTo("catalog-info.yaml");
        given().contentType("application/json")
                .body("{}")
                .post(API + "/{id}/retry", id)
                .then()
                .statusCode(409);
    }

    @Test
    void goes_on_where_a_portal_left_it() {
        var id =
                start(
                        """
                        steps:
                          - id: file
                            action: catalog:write
                            input: {entity: {apiVersion: v1, kind: Component, metadata: {name: kept}}}
                          - {id: wait, action: debug:wait, input: {milliseconds: 1}}
                          - {id: list, action: fs:readdir, input: {paths: ["."]}}
                        """,
                        Map.of());
        assertThat(ended(id).fault()).isNull();

        // As a portal leaves it that is killed in the second step.
        sql.update(
                """
                update task set state = 'processing', ended_at = null, lease = gen_random_uuid(),
                    leased_until = clock_timestamp() - interval '1 second', output = null,
                    workspace = ?
                where id = ?
                """,
                archived("catalog-info.yaml", "kind: Component\n"),
                id);
        sql.update(
                """
                update task_step set state = case position when 1 then 'processing' else 'waiting' end
                where task = ? and position > 0
                """,
                id);

        assertThat(ended(id).fault()).isNull();
        assertThat(states(id)).containsOnly("completed");
        assertThat(output(id, 2).at("/files/0/name").asText()).isEqualTo("catalog-info.yaml");
        assertThat(log.after(id, 0, 100)).extracting(TaskEvent::type).contains("recovered");
    }

    private static byte[] archived(String name, String text) {
        try {
            var folder = java.nio.file.Files.createTempDirectory("workspace");
            var workspace = new Workspace(folder, 1 << 20);
            workspace.write(name, text.getBytes(java.nio.charset.StandardCharsets.UTF_8), false);
            var bytes = workspace.archive();
            Workspace.remove(folder);
            return bytes;
        } catch (java.io.IOException | ActionFailed e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void takes_nothing_from_whoever_holds_it_no_more() {
        var id = start("steps: [{id: only, action: debug:log, input: {message: x}}]", Map.of());
        var task = ended(id);
        var stale =
                new Task(
                        id,
                        task.template(),
                        task.title(),
                        task.version(),
                        task.spec(),
                        task.createdBy(),
                        task.account(),
                        null,
                        task.createdAt(),
                        Task.State.PROCESSING,
                        false,
                        UUID.randomUUID(),
                        1,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null);

        assertThatThrownBy(() -> leases.started(stale, 0)).isInstanceOf(Journal.Stopped.class);
        assertThatThrownBy(() -> leases.ended(stale, 0, TaskStep.State.FAILED, null, "late", null))
                .isInstanceOf(Journal.Stopped.class);
        leases.log(stale, List.of(new TaskLeases.Line(null, null, "a late line")));
        leases.end(stale, new Run.Outcome(null, "late", null));

        assertThat(tasks.find(id).orElseThrow().state()).isEqualTo(Task.State.COMPLETED);
        assertThat(states(id)).containsExactly("completed");
        assertThat(lines(id)).doesNotContain("a late line");
    }

    @Test
    void says_what_is_wrong_with_its_answers() {
        var path =
                Paths.publish(
                        """
                        parameters:
                          - required: [name]
                            properties:
                              name: {type: string, title: Name, pattern: "^[a-z]+$"}
                              size: {type: integer, minimum: 1}
                        steps: [{action: debug:log, input: {message: x}}]
                        """);

        given().contentType("application/json")
                .body(Map.of("templateRef", path.toString(), "values", Map.of("size", "big")))
                .post(API)
                .then()
                .statusCode(400)
                .body("errors.property", hasItem("instance.name"))
                .body("errors.property", hasItem("instance.size"));
        given().contentType("application/json")
                .body(Map.of("templateRef", "template:default/nowhere"))
                .post(API)
                .then()
                .statusCode(404);
        given().contentType("application/json").body("{}").post(API).then().statusCode(400);
    }

    @Test
    void is_for_whoever_started_it() {
        var viewer = Person.named("viewer").with("viewer");
        var developer = Person.named("dev").with("developer");
        var path = Paths.publish("steps: [{action: debug:log, input: {message: x}}]");
        var body = Map.of("templateRef", path.toString(), "values", Map.of());

        viewer.asks().contentType("application/json").body(body).post(API).then().statusCode(403);
        String id =
                developer
                        .asks()
                        .contentType("application/json")
                        .body(body)
                        .post(API)
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");

        developer.asks().get(API + "/{id}", id).then().statusCode(200);
        viewer.asks().get(API + "/{id}", id).then().statusCode(404);
        viewer.asks().post(API + "/{id}/cancel", id).then().statusCode(404);
        viewer.asks().get("/tasks/{id}/log", id).then().statusCode(404);
        assertThat(ended(UUID.fromString(id)).fault()).isNull();
    }

    @Test
    void tells_programs_what_happens_as_it_happens() {
        var id =
                start(
                        """
                        steps:
                          - {id: one, action: debug:log, input: {message: first line}}
                          - {id: two, action: debug:wait, input: {milliseconds: 300}}
                        output: {answer: 42}
                        """,
                        Map.of());

        // The stream ends by itself with the task.
        var stream =
                given().accept("text/event-stream")
                        .get(API + "/{id}/eventstream", id)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString();

        assertThat(stream).contains("event:log", "first line", "event:completion", "\"answer\":42");
        var events =
                given().get(API + "/{id}/events", id)
                        .then()
                        .statusCode(200)
                        .extract()
                        .jsonPath()
                        .getList("type", String.class);
        assertThat(events).endsWith("completion").contains("log");
        given().queryParam("status", "completed")
                .get(API)
                .then()
                .statusCode(200)
                .body("tasks.id", hasItem(id.toString()));
    }

    @Test
    void is_tried_out_without_a_trace() throws Exception {
        long before = sql.one("select count(*) from task", row -> row.getLong(1));
        var body = json.createObjectNode();
        body.set(
                "template",
                Paths.document(
                        "dry",
                        """
                        parameters: [{properties: {name: {type: string}}}]
                        steps:
                          - id: make
                            action: fetch:template
                            input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}
                          - {id: wait, action: debug:wait, input: {minutes: 5}}
                        output: {text: [{content: "${{ parameters.name }}"}]}
                        """));
        body.putObject("values").put("name", "wine");
        body.putArray("directoryContents")
                .addObject()
                .put("path", "skeleton/${{ values.name }}.md")
                .put(
                        "base64Content",
                        java.util.Base64.getEncoder()
                                .encodeToString("# ${{ values.name }}".getBytes()));

        given().contentType("application/json")
                .body(body.toString())
                .post("/api/scaffolder/v2/dry-run")
                .then()
                .statusCode(200)
                .body("directoryContents[0].path", equalTo("wine.md"))
                .body(
                        "directoryContents[0].base64Content",
                        equalTo(java.util.Base64.getEncoder().encodeToString("# wine".getBytes())))
                .body("output.text[0].content", equalTo("wine"));

        assertThat(sql.<Long>one("select count(*) from task", row -> row.getLong(1)))
                .isEqualTo(before);
    }
}
