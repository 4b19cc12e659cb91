package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
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
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a model of the portal to a web service that answers with it. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a web service on a model")
class ServicePathTest {

    @Inject Entities entities;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    private Path project(String path) throws Exception {
        var ref = new EntityRef("template", "default", path);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                entities.find(ref).isPresent()
                                        && given().get("/v2/models/penguin-species").statusCode()
                                                == 200);
        // As long as a name may be.
        var name = "a-service-that-tells-penguins-of-islands-a-" + word();
        var ended =
                Paths.run(
                        given(),
                        ref,
                        Map.of(
                                "name", name,
                                "title", "A \"service\": penguins",
                                "owner", "group:default/vision",
                                "model", "model:default/penguin-species",
                                "repoUrl", "atelier?owner=vision&repo=" + name));
        assertThat(ended.fault()).isNull();
        assertThat(
                        entities.find(EntityRef.of("component", name))
                                .orElseThrow()
                                .relations()
                                .toString())
                .contains("penguin-species");
        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone, "project");
        return folder.resolve("project");
    }

    private static String word() {
        return UUID.randomUUID().toString().substring(0, 6);
    }

    private static int free() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void in_python_answers_with_the_model() throws Exception {
        Installed.require(PythonClients.found(), "Python 3 with venv and pip is needed");
        var project = project("model-service-python");
        PythonClients.run(Map.of(), project, 900, "make", "setup");
        PythonClients.run(Map.of(), project, 300, "make", "check");
        int port = free();
        var builder =
                new ProcessBuilder("make", "run", "PORT=" + port)
                        .directory(project.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("service.log").toFile());
        builder.environment().put("MODEL_URL", "http://localhost:" + portal.getPort());
        builder.environment().put("MODEL_TOKEN", Administrator.TOKEN);
        var service = builder.start();
        try {
            answers("http://localhost:" + port);
        } finally {
            end(service);
        }
    }

    @Test
    void in_java_answers_with_the_model() throws Exception {
        Installed.require(maven(), "Maven is needed");
        var project = project("model-service-java");
        // The Java that runs this test, which is the one that the project is for.
        var java = Map.of("JAVA_HOME", System.getProperty("java.home"));
        PythonClients.run(java, project, 900, "make", "check");
        int port = free();
        var builder =
                new ProcessBuilder(
                                System.getProperty("java.home") + "/bin/java",
                                "-Dquarkus.http.port=" + port,
                                "-jar",
                                "target/quarkus-app/quarkus-run.jar")
                        .directory(project.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("service.log").toFile());
        builder.environment().put("MODEL_URL", "http://localhost:" + portal.getPort());
        builder.environment().put("MODEL_TOKEN", Administrator.TOKEN);
        var service = builder.start();
        try {
            answers("http://localhost:" + port);
        } finally {
            end(service);
        }
    }

    /** Waits for it: what loses its folder while it stops may never end. */
    private static void end(Process service) throws InterruptedException {
        var all = Stream.concat(service.descendants(), Stream.of(service.toHandle())).toList();
        all.forEach(ProcessHandle::destroy);
        if (!service.waitFor(30, TimeUnit.SECONDS)) {
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static boolean maven() throws InterruptedException {
        try {
            var process = new ProcessBuilder("mvn", "-v").redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void answers(String service) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> bare().get(service + "/health/ready").statusCode() == 200);
        bare().get(service + "/model")
                .then()
                .statusCode(200)
                .body("inputs.name", hasItems("bill_length_mm", "island"));
        var bird =
                Map.of(
                        "bill_length_mm", 50.7,
                        "bill_depth_mm", 15.0,
                        "flipper_length_mm", 223.0,
                        "body_mass_g", 5550.0,
                        "island", "Biscoe",
                        "sex", "male");
        bare().contentType("application/json")
                .body(Map.of("instances", List.of(bird, bird)))
                .post(service + "/predictions")
                .then()
                .statusCode(200)
                .body("predictions", hasSize(2))
                .body("predictions[0].label", equalTo("Gentoo"))
                .body("predictions[0].probabilities", hasSize(3));
        bare().contentType("application/json")
                .body(Map.of("instances", List.of(Map.of("island", "Biscoe"))))
                .post(service + "/predictions")
                .then()
                .statusCode(422)
                .body("detail", containsString("is missing"));
    }

    /** Without the administrator's token, which is the portal's. */
    private static RequestSpecification bare() {
        return RestAssured.given().noFilters();
    }
}
