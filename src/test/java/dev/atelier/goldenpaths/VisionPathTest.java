package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.ObjectMapper;
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
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From the first question to a picture that the model names. PyTorch is 3 GB to download, so it is
 * installed once, below the user's cache folder, and only where that is asked for.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("The golden path to a vision model")
class VisionPathTest {

    @Inject Entities entities;
    @Inject ObjectMapper json;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;

    @Test
    void ends_in_a_repository_whose_model_names_pictures() throws Exception {
        var environment = PythonClients.cache().resolve("vision-path");
        Installed.require(
                PythonClients.found() && (asked() || Files.exists(environment.resolve("ready"))),
                "PyTorch is not installed; ATELIER_TEST_PYTORCH=true installs it once (3 GB)");
        // A name that Python keeps for itself.
        var name = "import";
        var project =
                MadeProject.of(
                        "fine-tune-vision-model",
                        name,
                        Map.of("title", "Drawn \"shapes\" \\ {kinds}", "source", "shapes"),
                        folder,
                        portal);
        assertThat(entities.find(EntityRef.of("component", name + "-training"))).isPresent();

        // Two builds on one machine may want the environment at once, and each puts its project in.
        try (var file =
                        FileChannel.open(
                                PythonClients.cache().resolve("vision-path.lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                var unused = file.lock()) {
            var here = "VENV=" + environment;
            project.make(1_800, "setup", here);
            project.make(900, "check", here);
            project.make(900, "train", here);
            assertThat(project.make(300, "register", here))
                    .contains("Registered " + name + " version 1");
        }

        project.isReady();
        assertThat(project.form().select("form input[type=file][name=image]")).hasSize(1);
        var described = json.readTree(project.folder().resolve("build/interface.json").toFile());
        assertThat(described.path("examples")).hasSize(4);
        for (var example : described.path("examples")) {
            var picture = project.folder().resolve("build/" + example.at("/values/image").asText());
            assertThat(project.tried("image", picture.toFile()).select(".verdict .big").text())
                    .startsWith(example.path("expect").asText());
        }
        given().contentType("application/json")
                .body(
                        Map.of(
                                "inputs",
                                List.of(
                                        Map.of(
                                                "name",
                                                "image",
                                                "datatype",
                                                "FP32",
                                                "shape",
                                                List.of(2, 3, 64, 64),
                                                "data",
                                                Collections.nCopies(2 * 3 * 64 * 64, 0.5)))))
                .post("/v2/models/{name}/infer", name)
                .then()
                .statusCode(200)
                .body("outputs[0].name", equalTo("probabilities"))
                .body("outputs[0].shape", equalTo(List.of(2, 4)));
    }

    @Test
    void takes_images_of_ones_own_at_another_size() throws Exception {
        var project =
                MadeProject.of(
                        "fine-tune-vision-model",
                        "own-images",
                        Map.of("source", "folder", "size", 224, "network", "full"),
                        folder,
                        portal);

        assertThat(Files.readString(project.folder().resolve("src/training/data.py")))
                .contains("SIZE = 224", "return folder(FOLDER)");
        assertThat(Files.readString(project.folder().resolve("src/training/network.py")))
                .contains("WIDTH = 64");
        assertThat(Files.readString(project.folder().resolve("Dockerfile")))
                .contains("COPY data data", "COPY weights weights");
    }

    private static boolean asked() {
        return Objects.equals(System.getenv("CI"), "true")
                || Objects.equals(System.getenv("ATELIER_TEST_PYTORCH"), "true");
    }
}
