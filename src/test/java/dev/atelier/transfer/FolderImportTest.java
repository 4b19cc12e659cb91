package dev.atelier.transfer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Temporary;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.hamcrest.Matchers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ImportsNearby.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An import of a folder on the portal's machine")
class FolderImportTest {

    private static final String SECRET = "what only the portal may read";

    private Path folder;
    private Path outside;
    private String run;

    @BeforeEach
    void a_folder_below_a_root_and_a_secret_outside() throws IOException {
        folder = Temporary.folder("handed-over");
        outside = Files.createDirectories(Path.of("target", "outside-" + UUID.randomUUID()));
        outside = outside.toRealPath();
        Files.writeString(outside.resolve("secret.txt"), SECRET);
        run = UUID.randomUUID().toString().replace("-", "");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void store() throws IOException {
        write(
                folder.resolve("mlruns/7/meta.yaml"),
                "experiment_id: '7'\nname: folder %s\nartifact_location: file:///x/mlruns/7\nlifecycle_stage: active\ncreation_time: %d\n"
                        .formatted(run, System.nanoTime()));
        var mine = folder.resolve("mlruns/7/" + run);
        write(
                mine.resolve("meta.yaml"),
                "run_id: %s\nstatus: 3\nstart_time: 1\nend_time: 2\nlifecycle_stage: active\nuser_id: me\n"
                        .formatted(run));
        write(mine.resolve("params/depth"), "3");
        write(mine.resolve("metrics/auc"), "1 0.5 0\n2 0.75 1\n");
        write(mine.resolve("artifacts/notes/a.txt"), "a note");
    }

    private static io.restassured.response.Response ask(RequestSpecification asks, String path) {
        return asks.contentType(ContentType.JSON)
                .body(Map.of("folder", path, "owner", "group:default/vision"))
                .post("/api/v1/imports");
    }

    private static Object begin(Path path) {
        return ask(given(), path.toString()).then().statusCode(201).extract().path("id");
    }

    @Test
    void takes_a_file_store_of_mlflow() throws Exception {
        store();

        var id = begin(folder);

        var done = Ended.await(id);
        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(Ended.left(id)).isEmpty();
        given().get("/api/2.0/mlflow/runs/get?run_id=" + run)
                .then()
                .statusCode(200)
                .body("run.data.params[0].value", Matchers.equalTo("3"))
                .body("run.data.metrics[0].value", Matchers.equalTo(0.75f));
        given().get("/api/2.0/mlflow/artifacts/list?path=notes&run_id=" + run)
                .then()
                .body("files.path", Matchers.contains("notes/a.txt"));
        assertThat(folder.resolve("mlruns/7/" + run + "/artifacts/notes/a.txt"))
                .hasContent("a note");
    }

    @Test
    void takes_a_folder_of_hugging_face() throws Exception {
        var name = "hf-folder-" + System.nanoTime();
        write(folder.resolve(name + "/README.md"), "---\nlicense: mit\n---\n# Card\n");
        write(folder.resolve(name + "/config.json"), "{}");

        var id = begin(folder);

        var done = Ended.await(id);
        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(Ended.left(id)).isEmpty();
        given().get("/api/v1/models/" + name + "/versions/1")
                .then()
                .statusCode(200)
                .body("license", Matchers.equalTo("mit"))
                .body("files.path", Matchers.contains("README.md", "config.json"));
    }

    @Test
    void follows_no_link_out_of_a_store() throws Exception {
        store();
        var artifacts = folder.resolve("mlruns/7/" + run + "/artifacts");
        Files.createSymbolicLink(artifacts.resolve("stolen.txt"), outside.resolve("secret.txt"));
        Files.createSymbolicLink(artifacts.resolve("stolen"), outside);

        var id = begin(folder);

        assertThat(Ended.await(id).getString("state")).isEqualTo("done");
        assertThat(Ended.left(id))
                .extracting(line -> line.get("part") + ": " + line.get("reason"))
                .containsExactlyInAnyOrder(
                        "artifact stolen.txt: It is a link or no file, and is not followed.",
                        "artifact stolen: It is a link or no file, and is not followed.");
        given().get("/api/2.0/mlflow/artifacts/list?run_id=" + run)
                .then()
                .body("files.path", Matchers.contains("notes"));
    }

    @Test
    void registers_no_model_with_a_link_in_its_folder() throws Exception {
        var name = "hf-link-" + System.nanoTime();
        write(folder.resolve(name + "/README.md"), "# Card\n");
        write(folder.resolve(name + "/config.json"), "{}");
        Files.createSymbolicLink(
                folder.resolve(name + "/weights.bin"), outside.resolve("secret.txt"));

        var id = begin(folder);

        assertThat(Ended.await(id).getString("state")).isEqualTo("done");
        assertThat(Ended.left(id))
                .extracting(line -> String.valueOf(line.get("reason")))
                .singleElement()
                .asString()
                .contains("is not followed");
        given().get("/api/v1/models/" + name + "/versions/1").then().statusCode(404);
    }

    @Test
    void reads_no_folder_that_lies_elsewhere() throws Exception {
        var link = folder.resolve("link");
        Files.createSymbolicLink(link, outside);
        for (var path :
                new String[] {
                    outside.toString(),
                    link.toString(),
                    folder.resolve("../".repeat(folder.getNameCount()) + outside).toString(),
                    folder.resolve("nothing").toString(),
                    "/",
                    "",
                    "relative",
                    "nul\0byte"
                }) {
            ask(given(), path)
                    .then()
                    .statusCode(400)
                    .body("errors.name", Matchers.hasItem("folder"))
                    .body("detail", Matchers.containsString("atelier.imports.roots"));
        }
    }

    @Test
    void is_begun_by_administrators_only() throws Exception {
        store();
        var scientist = Person.named("scientist").with("data-scientist").in("group:default/vision");

        ask(scientist.asks(), folder.toString()).then().statusCode(403);

        given().get("/api/2.0/mlflow/runs/get?run_id=" + run).then().statusCode(404);
    }
}
