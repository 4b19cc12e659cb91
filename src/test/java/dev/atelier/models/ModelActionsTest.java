package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.goldenpaths.Paths;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(ModelActionsTest.WithPaths.class)
@DisplayName("The actions of models")
class ModelActionsTest {

    /** A folder with golden paths beside a model, and folders of the machine that are open. */
    public static class WithPaths implements QuarkusTestProfile {

        private static final String TEMPLATES =
                """
                apiVersion: scaffolder.backstage.io/v1beta3
                kind: Template
                metadata: {name: register-test}
                spec:
                  type: test
                  owner: group:default/nobody
                  steps:
                    - {id: fetch, action: fetch:plain, input: {url: ./files}}
                    - id: register
                      action: atelier:model:register
                      input:
                        name: ${{ parameters.name }}
                        path: ${{ parameters.path }}
                        source: ${{ parameters.source }}
                        folder: ${{ parameters.folder }}
                        owner: ${{ parameters.owner }}
                        license: ${{ parameters.license }}
                        card: ${{ parameters.card }}
                        tags: ${{ parameters.tags }}
                        force: ${{ parameters.force }}
                ---
                apiVersion: scaffolder.backstage.io/v1beta3
                kind: Template
                metadata: {name: promote-test}
                spec:
                  type: test
                  owner: group:default/nobody
                  steps:
                    - id: promote
                      action: atelier:model:promote
                      input:
                        name: ${{ parameters.name }}
                        version: ${{ parameters.version }}
                        alias: ${{ parameters.alias }}
                        note: ${{ parameters.note }}
                        mayWait: ${{ parameters.mayWait }}
                """;

        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                var folder = Files.createTempDirectory("paths");
                Files.writeString(folder.resolve("template.yaml"), TEMPLATES);
                var files = Files.createDirectories(folder.resolve("files/good"));
                Files.write(files.resolve("model.onnx"), Onnx.identity("good"));
                Files.writeString(
                        Files.createDirectories(folder.resolve("files/bad")).resolve("model.onnx"),
                        "no model at all");
                Files.writeString(
                        Files.createDirectories(folder.resolve("files/pointer"))
                                .resolve("model.onnx"),
                        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
                return Map.of(
                        "atelier.catalog.folders",
                        folder.toString(),
                        "atelier.imports.roots",
                        System.getProperty("java.io.tmpdir"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final EntityRef REGISTER = new EntityRef("template", "default", "register-test");
    private static final EntityRef PROMOTE = new EntityRef("template", "default", "promote-test");

    @Inject Entities entities;
    @Inject Sql sql;

    private String model;
    private String team;
    private Person engineer;

    @BeforeEach
    void somebody_of_a_team() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> entities.find(PROMOTE).isPresent());
        var word = UUID.randomUUID().toString().substring(0, 8);
        model = "acted-" + word;
        team = "group:default/actors-" + word;
        engineer = Person.named("engineer").with("ml-engineer").in(team);
    }

    private Paths.Ended register(Person by, Map<String, Object> input) {
        var values = new HashMap<String, Object>(input);
        values.putIfAbsent("name", model);
        return Paths.run(by.asks(), REGISTER, values);
    }

    private Paths.Ended registered() {
        var ended = register(engineer, Map.of("path", "good", "owner", team));
        assertThat(ended.fault()).isNull();
        return ended;
    }

    private Paths.Ended promote(Map<String, Object> input) {
        var values = new HashMap<String, Object>(input);
        values.putIfAbsent("name", model);
        values.putIfAbsent("version", 1);
        return Paths.run(engineer.asks(), PROMOTE, values);
    }

    private List<String> acts() {
        return sql.list(
                "select action || ' ' || actor from audit_event where resource = ? and actor like 'user:%' order by id",
                row -> row.getString(1), "model:default/" + model);
    }

    @Test
    void register_files_of_the_task_as_a_version_that_answers() {
        var ended =
                register(
                        engineer,
                        Map.of(
                                "path", "good",
                                "owner", team,
                                "license", "mit",
                                "card", "# As it came",
                                "tags", Map.of("origin", "elsewhere")));

        assertThat(ended.fault()).isNull();
        assertThat(ended.of(1).path("version").asInt()).isEqualTo(1);
        assertThat(ended.of(1).path("servable").asBoolean()).isTrue();
        assertThat(ended.of(1).path("tryUrl").asText()).endsWith("/models/" + model + "/try");
        given().get("/api/v1/models/{m}/versions/1", model)
                .then()
                .statusCode(200)
                .body("state", equalTo("READY"))
                .body("license", equalTo("mit"))
                .body("createdBy", equalTo(engineer.ref()))
                .body("tags.origin", equalTo("elsewhere"))
                .body("files.path", equalTo(List.of("README.md", "model.onnx")));
        assertThat(entities.find(EntityRef.of("model", model)).orElseThrow().owner())
                .contains(EntityRef.parse(team));
        assertThat(acts()).containsExactly("model-version.register " + engineer.ref());
        engineer.asks()
                .contentType("application/json")
                .body(
                        """
                        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [3, 4]}]}
                        """)
                .post("/v2/models/{m}/infer", model)
                .then()
                .statusCode(200)
                .body("outputs[0].data", equalTo(List.of(3.0f, 4.0f)));
    }

    @Test
    void register_nothing_twice_when_the_step_is_run_again() {
        var ended = registered();

        var again = Paths.afterKill(ended.id());

        assertThat(again.fault()).isNull();
        assertThat(again.of(1)).isEqualTo(ended.of(1));
        given().get("/api/v1/models/{m}/versions", model).then().body("version", hasSize(1));
        assertThat(acts()).hasSize(1);
    }

    @Test
    void say_that_the_newest_version_has_these_files_already() {
        registered();

        assertThat(register(engineer, Map.of("path", "good")).fault())
                .contains("Version 1", "has just these files");
        assertThat(
                        register(engineer, Map.of("path", "good", "force", true))
                                .of(1)
                                .path("version")
                                .asInt())
                .isEqualTo(2);
    }

    @Test
    void take_files_that_lie_in_the_portal() {
        registered();

        var ended =
                register(
                        engineer,
                        Map.of(
                                "name",
                                model + "-copy",
                                "owner",
                                team,
                                "source",
                                "models:/" + model + "/1"));

        assertThat(ended.fault()).isNull();
        assertThat(ended.of(1).path("digest")).isEqualTo(registeredDigest());
    }

    private JsonNode registeredDigest() {
        String digest =
                given().get("/api/v1/models/{m}/versions/1", model).then().extract().path("digest");
        return TextNode.valueOf(digest);
    }

    @Test
    void take_a_folder_of_the_machine_for_administrators_only(@TempDir Path folder)
            throws IOException {
        Files.write(folder.resolve("model.onnx"), Onnx.identity(model));
        Files.writeString(folder.resolve("README.md"), "---\nlicense: mit\n---\n# Imported\n");
        Files.createDirectories(folder.resolve(".git"));
        Files.writeString(folder.resolve(".git/config"), "[core]\n");
        var values = Map.<String, Object>of("name", model, "folder", folder.toString());

        assertThat(register(engineer, values).fault()).contains("Only a platform admin");
        assertThat(Paths.run(given(), REGISTER, Map.of("name", model, "folder", "/etc")).fault())
                .contains("atelier.imports.roots");
        assertThat(Paths.run(given(), REGISTER, values).fault()).isNull();
        given().get("/api/v1/models/{m}/versions/1", model)
                .then()
                .body("files.path", equalTo(List.of("README.md", "model.onnx")));

        Files.createSymbolicLink(folder.resolve("passwd"), Path.of("/etc/passwd"));
        assertThat(Paths.run(given(), REGISTER, values).fault()).contains("\"passwd\" is a link");
    }

    @Test
    void fail_with_the_reason_of_the_scan() {
        var ended = register(engineer, Map.of("path", "bad", "owner", team));

        assertThat(ended.fault()).startsWith("The scan refused version 1 of " + model + ": ");
    }

    @Test
    void say_of_a_pointer_that_it_is_not_the_file() {
        assertThat(register(engineer, Map.of("path", "pointer")).fault())
                .contains("pointer of Git LFS");
    }

    @ParameterizedTest
    @CsvSource({
        "'', good, '', needs a name",
        "../x, good, '', at most 63 letters",
        "new, good, '', cannot be called",
        "m, ../../etc, '', leads out",
        "m, nowhere, '', There are no files",
        "m, /etc, '', not a path",
        "m, good, models:/x/1, 'Give one of path, upload, source and folder'",
        "m, '', file:///etc/passwd, Invalid model version source",
        "m, '', http://127.0.0.1/x, Invalid model version source",
        "m, '', models:/nobody-has-this/1, nobody-has-this"
    })
    void refuse_what_cannot_be_and_say_why(String name, String path, String source, String why) {
        var values = new HashMap<String, Object>(Map.of("name", name));
        if (!path.isEmpty()) {
            values.put("path", path);
        }
        if (!source.isEmpty()) {
            values.put("source", source);
        }

        assertThat(register(engineer, values).fault()).contains(why).doesNotContain("unexpected");
    }

    @Test
    void do_what_whoever_started_the_task_may_do() {
        registered();
        var developer = Person.named("developer").with("developer");

        assertThat(register(developer, Map.of("path", "good", "force", true)).fault())
                .startsWith("You may not register model versions");
        assertThat(
                        register(
                                        engineer,
                                        Map.of("name", model + "-o", "path", "good", "owner", "x"))
                                .fault())
                .startsWith("You may not register model versions");
        assertThat(
                        Paths.run(developer.asks(), PROMOTE, Map.of("name", model, "version", 1))
                                .fault())
                .startsWith("You may not move a model's aliases");
    }

    @Test
    void let_an_alias_name_a_version_once() {
        registered();

        var ended = promote(Map.of("alias", "champion", "note", "The first"));

        assertThat(ended.fault()).isNull();
        assertThat(ended.of(0).path("result").asText()).isEqualTo("promoted");
        assertThat(ended.of(0).path("before").isNull()).isTrue();
        given().get("/api/v1/models/{m}/aliases", model).then().body("champion", equalTo(1));
        assertThat(Paths.afterKill(ended.id()).of(0).path("result").asText())
                .isEqualTo("unchanged");
        assertThat(acts())
                .containsExactly(
                        "model-version.register " + engineer.ref(),
                        "model-alias.promote " + engineer.ref());
    }

    private void gates(Map<String, Object> rules) {
        engineer.asks()
                .contentType("application/json")
                .body(rules)
                .queryParam("team", team)
                .put("/api/v1/gates")
                .then()
                .statusCode(200);
    }

    @Test
    void fail_at_a_gate_that_is_closed_with_its_reason() {
        registered();
        gates(
                Map.of(
                        "aliases",
                        List.of("champion"),
                        "metrics",
                        List.of(Map.of("metric", "accuracy", "better", "higher"))));

        var ended = promote(Map.of());

        assertThat(ended.fault())
                .startsWith("Version 1 of " + model + " cannot be its champion. ")
                .contains("accuracy");
        given().get("/api/v1/models/{m}/aliases", model).then().body("champion", equalTo(null));
        assertThat(promote(Map.of("alias", "latest")).fault()).contains("is no alias");
        assertThat(promote(Map.of("version", 7)).fault()).contains("7");
    }

    @Test
    void wait_for_another_person_when_they_may() {
        registered();
        gates(Map.of("aliases", List.of("champion"), "approval", true));

        var waits = promote(Map.of("mayWait", true));
        var stopped = promote(Map.of());

        assertThat(waits.fault()).isNull();
        assertThat(waits.of(0).path("result").asText()).isEqualTo("waiting");
        assertThat(stopped.fault()).contains("another person's approval", "Try again");
        assertThat(
                        sql.<Long>one(
                                "select count(*) from promotion_request where model = ?",
                                row -> row.getLong(1),
                                model))
                .isEqualTo(1);
    }
}
