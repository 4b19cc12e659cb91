package dev.atelier.transfer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.PythonClients;
import dev.atelier.Temporary;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What goes out can be opened by MLflow's own client, and comes back in as it was. */
@QuarkusTest
@TestProfile(ImportsNearby.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An export")
class ExportTest {

    @TestHTTPResource("/")
    URI portal;

    private static Path download(String path, String name) throws Exception {
        var file = Temporary.folder("export").resolve(name);
        try (var body =
                given().get(path).then().statusCode(200).extract().response().asInputStream()) {
            Files.copy(body, file);
        }
        return file;
    }

    private static Path unpacked(Path archive) throws Exception {
        var folder = Temporary.folder("unpacked");
        PythonClients.run(
                Map.of(),
                folder,
                60,
                RealClient.python().toString(),
                "-m",
                "zipfile",
                "-e",
                archive.toString(),
                folder.toString());
        return folder;
    }

    @Test
    void of_the_installation_opens_in_mlflow_and_comes_back_as_it_was() throws Exception {
        assumeTrue(PythonClients.found(), "there is no python3 with venv and pip");
        RealClient.fill(portal.toString(), "e ");
        var here = RealClient.dump(portal.toString(), "e ", "");

        var archive = download("/exports/installation.zip", "atelier.zip");

        var folder = unpacked(archive);
        assertThat(Files.readString(folder.resolve("catalog/model.yaml")))
                .contains("e-penguin-weights");
        assertThat(RealClient.dump("mlruns", "e ", "", folder)).isEqualTo(here);

        var id =
                given().contentType("application/octet-stream")
                        .queryParam("owner", "group:default/elsewhere")
                        .queryParam("deleted", true)
                        .body(archive.toFile())
                        .post("/api/v1/imports/archives")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        var done = Ended.await(id);

        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(RealClient.dump(portal.toString(), "e ", " (imported)")).isEqualTo(here);
    }

    @Test
    void of_a_version_is_a_folder_that_its_manifest_proves() throws Exception {
        var model = "exported-" + System.nanoTime();
        given().multiPart("file", "README.md", "# A card".getBytes())
                .multiPart("file", "data/table.csv", "a,b\n1,2\n".getBytes())
                .post("/api/v1/models/" + model + "/versions")
                .then()
                .statusCode(201);

        var folder =
                unpacked(download("/exports/models/" + model + "/versions/1/folder.zip", "v.zip"));

        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            model + "-1", model + "-1.json", model + "-1.sig", model + "-1.pem");
        }
        assertThat(folder.resolve(model + "-1/data/table.csv")).hasContent("a,b\n1,2");
        PythonClients.run(
                Map.of(),
                folder,
                60,
                PythonClients.environment(
                                "model-signing-1.1.1", "model-signing==1.1.1", "pyOpenSSL==26.4.0")
                        .toString(),
                "-m",
                "model_signing",
                "verify",
                "key",
                model + "-1",
                "--signature",
                model + "-1.sig",
                "--public_key",
                model + "-1.pem");
    }

    @Test
    void of_chosen_runs_has_no_others() throws Exception {
        var experiment =
                made(
                        "experiments/create",
                        Map.of("name", "chosen " + System.nanoTime()),
                        "experiment_id");
        var one =
                made(
                        "runs/create",
                        Map.of("experiment_id", experiment, "run_name", "one"),
                        "run.info.run_id");
        var other =
                made(
                        "runs/create",
                        Map.of("experiment_id", experiment, "run_name", "two"),
                        "run.info.run_id");
        for (var key : List.of("a", "a/b")) {
            given().contentType("application/json")
                    .body(Map.of("run_id", one, "key", key, "value", "1"))
                    .post("/api/2.0/mlflow/runs/log-parameter")
                    .then()
                    .statusCode(200);
        }

        var folder =
                unpacked(
                        download(
                                "/exports/experiments/" + experiment + "/mlruns.zip?run=" + one,
                                "m.zip"));

        var store = folder.resolve("mlruns").resolve(experiment);
        assertThat(store.resolve(one).resolve("meta.yaml")).exists();
        assertThat(store.resolve(other)).doesNotExist();
        assertThat(store.resolve(one).resolve("params/a")).hasContent("1");
        assertThat(Files.readString(folder.resolve("left-out.csv")))
                .contains("params/a/b")
                .contains("Another key is a file");
    }

    private static String made(String call, Map<String, String> body, String field) {
        return given().contentType("application/json")
                .body(body)
                .post("/api/2.0/mlflow/" + call)
                .then()
                .statusCode(200)
                .extract()
                .path(field);
    }

    @Test
    void is_given_to_those_who_may_read_it() {
        given().noFilters().get("/exports/installation.zip").then().statusCode(401);
        given().noFilters().get("/exports/experiments/0/mlruns.zip").then().statusCode(401);
        given().get("/exports/experiments/987654321/mlruns.zip").then().statusCode(404);
    }
}
