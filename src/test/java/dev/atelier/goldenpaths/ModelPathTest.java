package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;

import dev.atelier.Administrator;
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
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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

/** From the folder of a model that was made elsewhere to an answer of it. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to an existing model")
class ModelPathTest {

    private static final EntityRef PATH = new EntityRef("template", "default", "register-model");
    private static final String CARD =
            """
            ---
            license: apache-2.0
            pipeline_tag: image-classification
            base_model: elsewhere/digits
            ---
            # Digits

            Reads one handwritten digit.
            """;

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
        name = "digits-" + UUID.randomUUID().toString().substring(0, 6);
    }

    private Paths.Ended run(Map<String, Object> more) {
        var values = new HashMap<String, Object>(more);
        values.putIfAbsent("name", name);
        values.putIfAbsent("owner", "group:default/vision");
        return Paths.run(given(), PATH, values);
    }

    /** As Hugging Face has it: model, card, labels, and how pictures are prepared. */
    private Path model() throws IOException {
        var model = Files.createDirectories(folder.resolve("model"));
        Files.copy(
                Path.of("catalog/models/handwritten-digit/model.onnx"),
                model.resolve("model.onnx"));
        Files.writeString(model.resolve("README.md"), CARD);
        Files.writeString(
                model.resolve("config.json"),
                """
                {"id2label": {"0": "zero", "1": "one", "2": "two", "3": "three", "4": "four",
                  "5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine"}}
                """);
        Files.writeString(model.resolve(".gitattributes"), "*.onnx binary\n");
        return model;
    }

    private void push(Path model) throws Exception {
        given().contentType("application/json")
                .body(Map.of("owner", "group:default/vision", "name", name))
                .post("/api/v1/repositories")
                .then()
                .statusCode(201);
        var there =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        for (var command :
                List.of(
                        List.of("init", "--quiet", "--initial-branch", "main"),
                        List.of("add", "."),
                        List.of(
                                "-c",
                                "user.name=Ines",
                                "-c",
                                "user.email=ines@example.com",
                                "commit",
                                "--quiet",
                                "-m",
                                "Take the model over"),
                        List.of("push", "--quiet", there, "main"))) {
            var words = new ArrayList<>(List.of("git"));
            words.addAll(command);
            PythonClients.run(Map.of(), model, 60, words.toArray(String[]::new));
        }
    }

    @Test
    void ends_in_a_version_that_answers_with_its_card() throws Exception {
        push(model());

        var ended =
                run(
                        Map.of(
                                "from",
                                "repository",
                                "repoUrl",
                                "atelier?owner=vision&repo=" + name,
                                "code",
                                "https://example.com/elsewhere/digits",
                                "champion",
                                true));

        assertThat(ended.fault()).isNull();
        assertThat(ended.output()).isNotNull();
        assertThat(ended.output().at("/links").findValuesAsText("title"))
                .containsExactly("The version", "Try it", "In the catalog");
        given().get("/api/v1/models/{name}/versions/1", name)
                .then()
                .statusCode(200)
                .body("state", equalTo("READY"))
                .body("aliases", hasItems("champion"))
                .body("lineage.source", equalTo("https://example.com/elsewhere/digits"))
                .body("files.path", equalTo(List.of("README.md", "config.json", "model.onnx")));
        var page = Jsoup.parse(given().get("/models/{name}", name).asString());
        assertThat(page.text()).contains("Reads one handwritten digit.");
        assertThat(Jsoup.parse(given().get("/models/{name}/try", name).asString()).select("form"))
                .isNotEmpty();
        var input = given().get("/v2/models/{name}", name).jsonPath();
        List<Integer> shape =
                input.<Integer>getList("inputs[0].shape").stream()
                        .map(size -> Math.max(size, 1))
                        .toList();
        given().contentType("application/json")
                .body(
                        Map.of(
                                "inputs",
                                List.of(
                                        Map.of(
                                                "name", input.getString("inputs[0].name"),
                                                "datatype", input.getString("inputs[0].datatype"),
                                                "shape", shape,
                                                "data",
                                                        Collections.nCopies(
                                                                shape.stream()
                                                                        .reduce(
                                                                                1,
                                                                                Math
                                                                                        ::multiplyExact),
                                                                0)))))
                .post("/v2/models/{name}/infer", name)
                .then()
                .statusCode(200)
                .body("outputs[0].data", hasSize(10));
    }

    @Test
    void takes_files_that_are_uploaded_in_its_form() throws Exception {
        var model = model();
        var first =
                given().redirects()
                        .follow(false)
                        .formParam("/name", name)
                        .formParam("/owner", "group:default/vision")
                        .post("/golden-paths/default/register-model")
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        var asks = given().redirects().follow(false).multiPart("/from", "upload");
        for (var file : List.of("model.onnx", "README.md", "config.json")) {
            asks.multiPart("/files", file, Files.readAllBytes(model.resolve(file)));
        }
        var third = asks.post(first + "/files").then().statusCode(303).extract().header("Location");
        var review =
                given().redirects()
                        .follow(false)
                        .formParam("/champion", "true")
                        .post(third)
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        assertThat(Jsoup.parse(given().accept("text/html").get(review).asString()).text())
                .contains("README.md", "model.onnx");
        var task =
                given().redirects()
                        .follow(false)
                        .post(review)
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");

        var ended = Paths.ended(UUID.fromString(task.substring(task.lastIndexOf('/') + 1)));

        assertThat(ended.fault()).isNull();
        given().get("/api/v1/models/{name}/versions/1", name)
                .then()
                .statusCode(200)
                .body("state", equalTo("READY"))
                .body("servable", equalTo(true))
                .body("aliases", hasItems("champion"))
                .body("files.path", equalTo(List.of("README.md", "config.json", "model.onnx")));
    }

    @Test
    void scans_what_is_uploaded_as_every_other_file() throws Exception {
        var broken = Files.readAllBytes(model().resolve("model.onnx"));
        String reference =
                given().multiPart("file", "model.onnx", Arrays.copyOf(broken, broken.length / 2))
                        .post("/api/v1/uploads")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("reference");

        assertThat(run(Map.of("from", "upload", "files", reference)).fault())
                .contains("The scan refused version 1");
    }

    @Test
    void makes_a_version_of_one_that_is_here() {
        var ended =
                run(
                        Map.of(
                                "from", "portal",
                                "source", "models:/penguin-species/1",
                                "note", "A copy to try things with"));

        assertThat(ended.fault()).isNull();
        given().get("/api/v1/models/{name}/versions/1", name)
                .then()
                .body("servable", equalTo(true))
                .body("description", equalTo("A copy to try things with"));
    }

    @Test
    void says_what_is_wrong_with_files_that_cannot_be_registered() throws Exception {
        var model = model();
        Files.writeString(
                model.resolve("model.onnx"),
                """
                version https://git-lfs.github.com/spec/v1
                oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
                size 12345
                """);
        push(model);
        var repository =
                Map.<String, Object>of(
                        "from", "repository", "repoUrl", "atelier?owner=vision&repo=" + name);

        assertThat(run(repository).fault()).contains("pointer of Git LFS", "git lfs pull");
        var elsewhere = new HashMap<>(repository);
        elsewhere.put("subfolder", "../../x");
        assertThat(run(elsewhere).fault()).contains("leads out");
        elsewhere.put("repoUrl", "atelier?owner=vision&repo=nowhere-" + name);
        assertThat(run(elsewhere).fault()).contains("nowhere-" + name);
    }

    @Test
    void asks_where_the_files_are() {
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
                                        "from",
                                        "address")))
                .post("/api/scaffolder/v2/tasks")
                .then()
                .statusCode(400)
                .body("errors.property.toString()", containsString("instance.url"));
    }
}
