package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.Administrator;
import dev.atelier.PythonClients;
import io.restassured.response.Response;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;

/** A clone of what a golden path has published, worked on with the tools that people use. */
record MadeProject(String name, Path folder, URI portal) {

    /** Runs the path to its end and clones what it made. */
    static MadeProject of(String path, String name, Map<String, ?> more, Path folder, URI portal)
            throws IOException, InterruptedException {
        assertThat(Paths.run(given(), Paths.offered(path), answers(name, more)).fault()).isNull();
        var clone =
                "http://git:%s@localhost:%d/git/vision/%s.git"
                        .formatted(Administrator.TOKEN, portal.getPort(), name);
        PythonClients.run(Map.of(), folder, 60, "git", "clone", "--quiet", clone, "project");
        return new MadeProject(name, folder.resolve("project"), portal);
    }

    /** What all paths to a project ask for, with what only some do. */
    static Map<String, Object> answers(String name, Map<String, ?> more) {
        var answers = new HashMap<String, Object>(more);
        answers.put("name", name);
        answers.put("owner", "group:default/vision");
        answers.put("repoUrl", "atelier?owner=vision&repo=" + name);
        return answers;
    }

    /** What {@code make} says; it must end well. */
    String make(int seconds, String... arguments) throws IOException, InterruptedException {
        var command = new String[arguments.length + 1];
        command[0] = "make";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        var environment =
                Map.of(
                        "MLFLOW_TRACKING_URI",
                        "http://localhost:" + portal.getPort(),
                        "MLFLOW_TRACKING_TOKEN",
                        Administrator.TOKEN,
                        // Threads that wait for each other burn what the portal needs.
                        "OMP_NUM_THREADS",
                        "1");
        return PythonClients.run(environment, folder, seconds, command);
    }

    /** Waits until the first version is there to be asked. */
    void isReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () ->
                                given().get("/api/v1/models/{name}/versions/1", name)
                                        .then()
                                        .statusCode(200)
                                        .body("state", equalTo("READY")));
    }

    Document form() {
        return Jsoup.parse(given().get("/models/{name}/try", name).asString());
    }

    /** The page that <em>Try it</em> shows after a file or a text was sent. */
    Document tried(String field, Object value) {
        var form = given().multiPart("version", "1");
        if (value instanceof File file) {
            form.multiPart(field, file);
        } else {
            form.multiPart(field, value.toString());
        }
        Response sent = form.redirects().follow(false).post("/models/{name}/calls", name);
        assertThat(sent.statusCode()).as(sent.asString()).isEqualTo(303);
        return Jsoup.parse(given().get(sent.header("Location")).asString());
    }
}
