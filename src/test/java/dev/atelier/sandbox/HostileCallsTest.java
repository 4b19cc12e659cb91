package dev.atelier.sandbox;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.serving.Gateway;
import dev.atelier.serving.Onnx;
import dev.atelier.serving.RunnerStatus;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A call that goes wrong")
class HostileCallsTest {

    @Inject Gateway gateway;

    private static final String PICTURE =
            """
            {"fields": [{"name": "photo", "input": "x", "type": "image", "title": "Photo",
                         "width": 16, "height": 16}],
             "outputs": [{"name": "y", "kind": "value", "title": "Brightness"}]}""";

    /** The mean of a picture. */
    private static void picture() {
        var mean =
                new Onnx()
                        .input("x", Onnx.FLOAT, 1, 3, 16, 16)
                        .output("y", Onnx.FLOAT, 1, 1, 1, 1)
                        .node("ReduceMean", List.of("x"), List.of("y"))
                        .model();
        register("mean-of-picture", mean, PICTURE);
    }

    private static void register(String name, byte[] model, String description) {
        given().multiPart("file", "model.onnx", model)
                .multiPart("file", "interface.json", description.getBytes(), "application/json")
                .multiPart("parameters", "{\"force\": true}")
                .post("/api/v1/models/" + name + "/versions")
                .then()
                .statusCode(201);
    }

    private static Response sent(String model, String field, byte[] content) {
        return sent(model, field, new ByteArrayInputStream(content));
    }

    /** As a stream: the client would print an array for its log, all of it. */
    private static Response sent(String model, String field, InputStream content) {
        return given().header("HX-Request", "true")
                .multiPart("version", "1")
                .multiPart(field, "f.png", content, "image/png")
                .post("/models/" + model + "/calls");
    }

    /** Zeros without end, cut off. */
    private static InputStream zeros(long length) {
        return new InputStream() {
            private long left = length;

            @Override
            public int read() {
                return left-- > 0 ? 0 : -1;
            }

            @Override
            public int read(byte[] into, int from, int count) {
                if (left <= 0) {
                    return -1;
                }
                var some = (int) Math.min(count, left);
                java.util.Arrays.fill(into, from, from + some, (byte) 0);
                left -= some;
                return some;
            }
        };
    }

    private static String complaint(Response response) {
        assertThat(response.statusCode()).isEqualTo(422);
        return Jsoup.parse(response.asString()).select(".error-summary li").text();
    }

    private static byte[] png(int side) throws IOException {
        var out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB), "png", out);
        return out.toByteArray();
    }

    @Test
    void for_its_picture_names_the_field_and_what_to_do() throws IOException {
        picture();

        assertThat(complaint(sent("mean-of-picture", "photo", "no picture".getBytes())))
                .isEqualTo("Photo: This is no picture; send PNG, JPEG, WebP, GIF or BMP.");
        assertThat(complaint(sent("mean-of-picture", "photo", zeros(11 << 20))))
                .startsWith("Photo: The file is over 10 MB")
                .contains("Make it smaller");
        assertThat(complaint(sent("mean-of-picture", "photo", flood())))
                .startsWith("Photo: The picture has 60000 × 60000 pixels")
                .contains("make it smaller");
        assertThat(sent("mean-of-picture", "photo", png(40)).statusCode()).isEqualTo(200);
    }

    /** A GIF header that promises 3.6 billion pixels. */
    private static byte[] flood() {
        var gif = new byte[64];
        System.arraycopy("GIF89a".getBytes(), 0, gif, 0, 6);
        gif[6] = (byte) (60000 & 0xFF);
        gif[7] = (byte) (60000 >> 8);
        gif[8] = (byte) (60000 & 0xFF);
        gif[9] = (byte) (60000 >> 8);
        gif[13] = 0x2C;
        System.arraycopy(gif, 6, gif, 18, 4);
        return gif;
    }

    /** More than 128 MB the portal does not read here at all: the body's limit answers 413. */
    @Test
    void for_100_MB_is_refused_with_a_sentence() {
        picture();

        assertThat(complaint(sent("mean-of-picture", "photo", zeros(100 << 20))))
                .startsWith("Photo: The file is over 10 MB");
    }

    @Test
    void for_numbers_that_are_none_runs_nothing() {
        register(
                "echo-number",
                dev.atelier.serving.Models.identity(Onnx.FLOAT, "N", 1),
                "{\"fields\": [{\"name\": \"x\", \"input\": \"x\", \"type\": \"number\"}]}");

        for (var text : List.of("NaN", "Infinity", "-Infinity", "1e999", "0x10", "")) {
            var answer =
                    given().header("HX-Request", "true")
                            .multiPart("version", "1")
                            .multiPart("x", text)
                            .post("/models/echo-number/calls");
            assertThat(complaint(answer)).as(text).startsWith("x: Enter a");
        }
    }

    @Test
    void for_a_tensor_of_the_wrong_shape_says_what_was_expected() {
        register(
                "echo-cube",
                dev.atelier.serving.Models.identity(Onnx.FLOAT, "N", 2, 2),
                "{\"fields\": [{\"name\": \"x\", \"input\": \"x\", \"type\": \"tensor\"}]}");

        for (var text :
                List.of("[[1, 2, 3]]", "[[[1, 2], [3]]]", "{", "[NaN]", "[".repeat(5_000))) {
            var answer =
                    given().header("HX-Request", "true")
                            .multiPart("version", "1")
                            .multiPart("x", text)
                            .post("/models/echo-cube/calls");
            assertThat(complaint(answer)).as(text).startsWith("x: ").hasSizeGreaterThan(15);
        }
    }

    @Test
    void for_a_giant_text_says_how_long_a_text_may_be() {
        register(
                "echo-text",
                dev.atelier.serving.Models.identity(Onnx.STRING, "N", 1),
                "{\"fields\": [{\"name\": \"x\", \"input\": \"x\", \"type\": \"text\"}]}");

        var answer =
                given().header("HX-Request", "true")
                        .multiPart("version", "1")
                        .multiPart("x", "a".repeat(200_000))
                        .post("/models/echo-text/calls");

        assertThat(complaint(answer))
                .isEqualTo("x: The text has 200,000 characters; at most 100,000 are taken.");
    }

    @Test
    void for_a_text_with_odd_characters_is_kept_and_shown() {
        register(
                "echo-text",
                dev.atelier.serving.Models.identity(Onnx.STRING, "N", 1),
                "{\"fields\": [{\"name\": \"x\", \"input\": \"x\", \"type\": \"text\"}]}");

        var answer =
                given().header("HX-Request", "true")
                        .multiPart("version", "1")
                        .multiPart("x", "a\u0000b \u202e <b>")
                        .post("/models/echo-text/calls");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(given().get(answer.header("HX-Push-Url")).statusCode()).isEqualTo(200);
    }

    /** Takes the row of a table of three; other numbers are refused by the operator. */
    @Test
    void half_way_through_an_explanation_is_told_in_the_panel() {
        var model =
                new Onnx()
                        .input("x", Onnx.INT64, "N", 1)
                        .output("y", Onnx.FLOAT, "N", 1)
                        .initializer(Onnx.floats("table", new long[] {3}, 1, 2, 3))
                        .node("Gather", List.of("table", "x"), List.of("y"))
                        .model();
        given().multiPart("file", "model.onnx", model)
                .multiPart(
                        "file",
                        "interface.json",
                        """
                        {"fields": [{"name": "x", "input": "x", "type": "number", "integer": true}],
                         "outputs": [{"name": "y", "kind": "value"}], "background": "background.csv"}"""
                                .getBytes(),
                        "application/json")
                .multiPart("file", "background.csv", "x\n0\n99\n".getBytes(), "text/csv")
                .post("/api/v1/models/table-of-three/versions")
                .then()
                .statusCode(201);
        var call =
                given().header("HX-Request", "true")
                        .multiPart("version", "1")
                        .multiPart("x", "1")
                        .post("/models/table-of-three/calls");

        var panel = why("table-of-three", call);

        assertThat(panel.text()).contains("The model stopped answering: The model failed");
        assertThat(panel.select("a.btn").text()).startsWith("Try again");
    }

    @Test
    void for_a_runner_that_dies_during_an_explanation_ends_in_a_map_or_a_sentence()
            throws Exception {
        // Some ms a picture: 20 matrices of 200 × 200 are multiplied.
        var slow =
                new Onnx()
                        .input("x", Onnx.FLOAT, 1, 3, 16, 16)
                        .output("y", Onnx.FLOAT, 1, 1, 1, 1)
                        .initializer(Onnx.longs("shape", new long[] {3}, 20, 200, 200))
                        .initializer(Onnx.floats("nothing", new long[] {1}, 0))
                        .node("ReduceMean", List.of("x"), List.of("mean"))
                        .node("Expand", List.of("nothing", "shape"), List.of("zeros"))
                        .node("Add", List.of("zeros", "mean"), List.of("filled"))
                        .node("MatMul", List.of("filled", "filled"), List.of("product"))
                        .node("ReduceMean", List.of("product"), List.of("m3"))
                        .node("Mul", List.of("m3", "nothing"), List.of("none"))
                        .node("Add", List.of("mean", "none"), List.of("y"))
                        .model();
        register("slow-picture", slow, PICTURE);
        var call = sent("slow-picture", "photo", png(40));
        assertThat(call.statusCode()).isEqualTo(200);

        var asked = CompletableFuture.supplyAsync(() -> why("slow-picture", call));
        var pid =
                Awaitility.await()
                        .atMost(Duration.ofSeconds(20))
                        .pollInterval(Duration.ofMillis(5))
                        .until(this::busy, Objects::nonNull);
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);

        // The pool repeats a call whose process died, so the map is whole where time is left.
        assertThat(asked.get(30, TimeUnit.SECONDS).text())
                .containsAnyOf(
                        "34 pictures shown to the model",
                        "One run of this model takes",
                        "The model stopped answering");
        assertThat(sent("slow-picture", "photo", png(40)).statusCode()).isEqualTo(200);
    }

    private Long busy() {
        return gateway.runners().stream()
                .filter(r -> r.name().equals("slow-picture") && r.underWay() > 0)
                .map(RunnerStatus::pid)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static Document why(String model, Response call) {
        var link = call.header("HX-Push-Url");
        var id = link.substring(link.indexOf("call=") + 5);
        return Jsoup.parse(
                given().header("HX-Request", "true")
                        .get("/models/" + model + "/calls/" + id + "/why")
                        .asString());
    }
}
