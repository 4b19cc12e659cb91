package dev.atelier.transfer;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.PythonClients;
import dev.atelier.Temporary;
import dev.atelier.TestDatabase;
import dev.atelier.experiments.Recorded;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
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
                PythonClients.mlflow(3).toString(),
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
        assertThat(RealClient.dump(3, "mlruns", "e ", "", folder)).isEqualTo(here);

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

    private static void manageAccess(String reach) {
        given().redirects()
                .follow(false)
                .formParam("role", "developer")
                .formParam("permission", "access:manage")
                .formParam("reach", reach)
                .post("/admin/access/matrix")
                .then()
                .statusCode(303);
    }

    private static String model(String name, String run) {
        given().multiPart("file", "README.md", ("# " + name).getBytes())
                .multiPart("parameters", "{\"lineage\":{\"run\":\"%s\"}}".formatted(run))
                .post("/api/v1/models/" + name + "/versions")
                .then()
                .statusCode(201);
        return name;
    }

    private static List<String> names(byte[] archive) throws Exception {
        var names = new ArrayList<String>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                names.add(entry.getName());
            }
        }
        return names;
    }

    private static String texts(byte[] archive) throws Exception {
        var texts = new StringBuilder();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            while (zip.getNextEntry() != null) {
                texts.append(new String(zip.readAllBytes(), UTF_8));
            }
        }
        return texts.toString();
    }

    private static byte[] asked(Person person, String path) {
        return person.asks().get(path).then().statusCode(200).extract().asByteArray();
    }

    private static void show(String ref, String visibility) {
        given().redirects()
                .follow(false)
                .accept("text/html")
                .formParam("visibility", visibility)
                .post(
                        ref.startsWith("model:")
                                ? "/models/{name}/access/visibility"
                                : "/experiments/{name}/access/visibility",
                        ref.substring(ref.indexOf('/') + 1))
                .then()
                .statusCode(303);
    }

    @Test
    void of_the_installation_has_only_what_whoever_asks_may_see() throws Exception {
        var number = System.nanoTime();
        var open = Recorded.experiment("open");
        var secret = Recorded.experiment("secret");
        var team = Recorded.experiment("team");
        var made = Recorded.run(secret, "hidden run", Map.of(), Map.of(), Map.of());
        var child =
                Recorded.run(open, "child", Map.of(), Map.of(), Map.of("mlflow.parentRunId", made));
        var told = model("told-" + number, made);
        var kept = model("kept-" + number, child);
        show("experiment:default/" + secret, "restricted");
        show("experiment:default/" + team, "team");
        show("model:default/" + kept, "restricted");
        var manager = Person.named("manager").with("developer");
        manageAccess("all");
        try {
            var archive = asked(manager, "/exports/installation.zip");

            assertThat(names(archive))
                    .contains("mlruns/%s/%s/meta.yaml".formatted(open, child))
                    .contains("models/%s/%s-1.json".formatted(told, told))
                    .noneMatch(name -> name.startsWith("mlruns/" + secret + "/"))
                    .noneMatch(name -> name.startsWith("mlruns/" + team + "/"))
                    .noneMatch(name -> name.contains(kept));
            assertThat(texts(archive))
                    .contains(told)
                    .contains("a run you may not see")
                    .doesNotContain(kept)
                    .doesNotContain(made)
                    .doesNotContain("hidden run");
            assertThat(names(asked(manager, "/exports/experiments/" + open + "/mlruns.zip")))
                    .contains("mlruns/%s/%s/meta.yaml".formatted(open, child))
                    .doesNotContain("mlruns/%s/%s/tags/mlflow.parentRunId".formatted(open, child));
            manager.asks()
                    .get("/exports/experiments/" + secret + "/mlruns.zip")
                    .then()
                    .statusCode(404);
        } finally {
            manageAccess("no");
        }
        manager.asks().get("/exports/installation.zip").then().statusCode(403);
        var all =
                given().get("/exports/installation.zip")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asByteArray();
        assertThat(names(all))
                .contains("mlruns/%s/%s/meta.yaml".formatted(secret, made))
                .contains("mlruns/%s/%s/tags/mlflow.parentRunId".formatted(open, child))
                .contains("models/%s/%s-1.json".formatted(kept, kept));
        assertThat(texts(all)).contains(made);
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
