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
import io.restassured.http.ContentType;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What MLflow's own client says of its own server, and of the portal after the import, is equal.
 */
@QuarkusTest
@TestProfile(ImportsNearby.class)
@QuarkusTestResource(TestDatabase.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayName("An import from a real MLflow server")
class ServerImportTest {

    private static MlflowProcess server;
    private static String there;

    @TestHTTPResource("/")
    URI portal;

    @BeforeAll
    static void fill() throws Exception {
        assumeTrue(PythonClients.found(), "there is no python3 with venv and pip");
        server = MlflowProcess.start(3);
        RealClient.fill(server.address(), "s ");
        there = RealClient.dump(server.address(), "s ", "");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static io.restassured.path.json.JsonPath ended(Object id) {
        return Ended.await(id);
    }

    @Test
    @Order(1)
    void takes_everything() throws Exception {
        var id =
                given().contentType(ContentType.JSON)
                        .body(
                                Map.of(
                                        "server",
                                        server.address(),
                                        "owner",
                                        "group:default/vision",
                                        "deleted",
                                        true))
                        .post("/api/v1/imports")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");

        var done = ended(id);

        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(RealClient.dump(portal.toString(), "s ", "")).isEqualTo(there);
        assertThat(Ended.left(id)).isEmpty();
    }

    @Test
    @Order(2)
    void takes_nothing_twice() throws Exception {
        var id =
                given().contentType(ContentType.JSON)
                        .body(
                                Map.of(
                                        "server",
                                        server.address() + "/",
                                        "owner",
                                        "group:default/vision",
                                        "deleted",
                                        true))
                        .post("/api/v1/imports")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");

        var done = ended(id);

        assertThat(done.getString("state")).isEqualTo("done");
        assertThat(done.getList("counts.taken", Integer.class)).as(done.prettify()).containsOnly(0);
        assertThat(done.getList("counts.left", Integer.class)).containsOnly(0);
        assertThat(RealClient.dump(portal.toString(), "s ", "")).isEqualTo(there);
    }

    @Test
    @Order(3)
    void takes_the_same_from_its_sqlite_file() throws Exception {
        var archive = server.home().resolve("handed-over.tar.gz");
        PythonClients.run(
                Map.of(),
                server.home(),
                60,
                "tar",
                "czf",
                archive.toString(),
                "mlflow.db",
                "mlartifacts");

        var id = upload(archive, "group:default/platform");
        var done = ended(id);

        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(Ended.left(id)).isEmpty();
        assertThat(RealClient.dump(portal.toString(), "s ", " (imported)")).isEqualTo(there);
    }

    @Test
    @Order(4)
    void takes_the_same_from_a_file_store() throws Exception {
        var home = Temporary.folder("mlruns");
        var address = "file://" + home.resolve("mlruns");
        RealClient.fill(address, "s ");
        var stored = RealClient.dump(address, "s ", "");
        PythonClients.run(
                Map.of(),
                home,
                60,
                PythonClients.mlflow(3).toString(),
                "-m",
                "zipfile",
                "-c",
                home.resolve("mlruns.zip").toString(),
                "mlruns");

        var id = upload(home.resolve("mlruns.zip"), "group:default/research");
        var done = ended(id);

        assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
        assertThat(Ended.left(id)).isEmpty();
        assertThat(RealClient.dump(portal.toString(), "s ", " (imported 2)")).isEqualTo(stored);
    }

    @Test
    @Order(5)
    void takes_everything_from_a_server_of_the_major_before() throws Exception {
        try (var older = MlflowProcess.start(2)) {
            RealClient.fill(2, older.address(), "o ");
            var folder = Temporary.folder("client");
            var stored = RealClient.dump(2, older.address(), "o ", "", folder);
            var id =
                    given().contentType(ContentType.JSON)
                            .body(
                                    Map.of(
                                            "server",
                                            older.address(),
                                            "owner",
                                            "group:default/vision",
                                            "deleted",
                                            true))
                            .post("/api/v1/imports")
                            .then()
                            .statusCode(201)
                            .extract()
                            .path("id");

            var done = ended(id);

            assertThat(done.getString("state")).as(done.prettify()).isEqualTo("done");
            assertThat(Ended.left(id)).isEmpty();
            assertThat(RealClient.dump(2, portal.toString(), "o ", "", folder)).isEqualTo(stored);
        }
    }

    private static Object upload(Path archive, String owner) {
        return given().contentType("application/octet-stream")
                .queryParam("owner", owner)
                .queryParam("name", archive.getFileName().toString())
                .queryParam("deleted", true)
                .body(archive.toFile())
                .post("/api/v1/imports/archives")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }
}
