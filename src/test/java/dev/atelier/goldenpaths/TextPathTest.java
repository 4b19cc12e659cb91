package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;

import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.PythonClients;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the first question to a web service that sorts texts. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a service for texts")
class TextPathTest {

    @Inject Entities entities;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    @Test
    void ends_in_a_repository_whose_model_and_service_answer() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        // A name that is a package of Python, and one of those that the project needs.
        var name = "numpy";
        var project =
                MadeProject.of(
                        "text-classification-service",
                        name,
                        Map.of("title", "Topics of \"messages\" \\ {texts}", "source", "messages"),
                        folder,
                        portal);
        for (var made : List.of("training", "service")) {
            assertThat(entities.find(EntityRef.of("component", name + "-" + made))).isPresent();
        }

        project.make(900, "setup");
        project.make(900, "check");
        project.make(120, "train");
        assertThat(project.make(120, "register")).contains("Registered " + name + " version 1");

        project.isReady();
        assertThat(project.form().select("form textarea[name=text]").text()).isNotEmpty();
        assertThat(
                        project.tried("text", "My parcel has not arrived")
                                .select(".verdict .big")
                                .text())
                .startsWith("delivery");
        given().contentType("application/json")
                .body(
                        Map.of(
                                "inputs",
                                List.of(
                                        Map.of(
                                                "name",
                                                "text",
                                                "datatype",
                                                "BYTES",
                                                "shape",
                                                List.of(2, 1),
                                                "data",
                                                List.of("I FORGOT MY PASSWORD", "")))))
                .post("/v2/models/{name}/infer", name)
                .then()
                .statusCode(200)
                .body("outputs.find { it.name == 'label' }.shape", equalTo(List.of(2)))
                .body("outputs.find { it.name == 'label' }.data[0]", equalTo("account"))
                .body("outputs.find { it.name == 'probabilities' }.shape", equalTo(List.of(2, 4)));

        serves(project);
    }

    private void serves(MadeProject project) throws Exception {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var builder =
                new ProcessBuilder("make", "-C", "service", "run", "PORT=" + port)
                        .directory(project.folder().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("service.log").toFile());
        builder.environment().put("MODEL_URL", "http://localhost:" + portal.getPort());
        builder.environment().put("MODEL_TOKEN", Administrator.TOKEN);
        var process = builder.start();
        try {
            var service = "http://localhost:" + port;
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(
                            () ->
                                    RestAssured.given()
                                                    .noFilters()
                                                    .get(service + "/health/ready")
                                                    .statusCode()
                                            == 200);
            RestAssured.given()
                    .noFilters()
                    .contentType("application/json")
                    .body(
                            Map.of(
                                    "instances",
                                    List.of(
                                            Map.of("text", "You charged my card twice"),
                                            Map.of("text", "The app crashes on my phone"))))
                    .post(service + "/predictions")
                    .then()
                    .statusCode(200)
                    .body("predictions.label", equalTo(List.of("billing", "technical")))
                    .body("predictions[0].probabilities", hasSize(4))
                    .body("predictions[0].probabilities", hasItem(greaterThan(0.5f)));
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    @Test
    void leaves_the_messages_out_for_texts_of_ones_own() throws Exception {
        var project =
                MadeProject.of(
                        "text-classification-service",
                        "own-texts",
                        Map.of("source", "csv"),
                        folder,
                        portal);

        assertThat(project.folder().resolve("data")).doesNotExist();
        assertThat(project.folder().toFile().list())
                .contains("service", "Makefile", ".gitlab-ci.yml", ".github");
        assertThat(project.folder().resolve("service").toFile().list())
                .doesNotContain(".github", ".gitlab-ci.yml");
    }
}
