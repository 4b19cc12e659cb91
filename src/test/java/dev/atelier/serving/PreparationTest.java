package dev.atelier.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.platform.confinement.SandboxLevel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What a person gives")
class PreparationTest {

    private static final Path CATALOG = Path.of("catalog/models");
    private static final String WORDS =
            """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
             "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
             "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "good": 1, "morning": 2},
                       "unk_token": "[UNK]"}}
            """;

    @TempDir static Path folder;
    private static final Shelf SHELF = new Shelf();
    private static RunnerPool pool;

    @BeforeAll
    static void start() throws Exception {
        pool = Pools.start(folder, SHELF, SandboxLevel.LANDLOCK);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private static Preparation prepare(
            Servable servable, ModelInterface.Field field, byte[] value) {
        return Preparation.of(
                pool.call(
                        servable,
                        Frame.Kind.PREPARE,
                        Preparation.request(field, value),
                        Duration.ofSeconds(10)));
    }

    private static Servable catalogModel(String name) throws IOException {
        var files = new HashMap<String, byte[]>();
        try (var paths = Files.walk(CATALOG.resolve(name))) {
            for (var path : paths.filter(Files::isRegularFile).toList()) {
                files.put(
                        CATALOG.resolve(name).relativize(path).toString(),
                        Files.readAllBytes(path));
            }
        }
        return SHELF.bundle(name, files, true);
    }

    private static ModelInterface described(String name) throws Exception {
        return ModelInterface.parse(Files.readString(CATALOG.resolve(name + "/interface.json")));
    }

    private static ModelInterface.Field field(String json) throws Exception {
        return ModelInterface.parse("{\"fields\": [" + json + "]}").fields().getFirst();
    }

    private static Answer infer(Servable servable, Tensor... inputs) {
        return pool.call(
                servable,
                Frame.Kind.INFER,
                RequestCodec.encode(new InferRequest(List.of(inputs))),
                Duration.ofSeconds(10));
    }

    @Test
    void as_a_picture_of_a_digit_is_read_as_the_card_says() throws Exception {
        var servable = catalogModel("handwritten-digit");
        var described = described("handwritten-digit");
        assertThat(described.examples()).isNotEmpty();

        for (var example : described.examples()) {
            var file = example.values().get("image").path("image").asText();
            if (file.isEmpty()) {
                file = example.values().get("image").asText();
            }
            var prepared =
                    prepare(
                            servable,
                            described.fields().getFirst(),
                            Files.readAllBytes(CATALOG.resolve("handwritten-digit").resolve(file)));
            assertThat(prepared.error()).isEmpty();
            var answer = infer(servable, prepared.tensors().getFirst());
            var scores = answer.response().output("probabilities").numbers();
            int best = 0;
            for (int i = 0; i < scores.length; i++) {
                best = scores[i] > scores[best] ? i : best;
            }
            assertThat(String.valueOf(best)).as(file).isEqualTo(example.expect().asText());
        }
    }

    @Test
    void as_a_recording_is_heard_window_by_window() throws Exception {
        var servable = catalogModel("speech-detector");
        var described = described("speech-detector");
        var file = CATALOG.resolve("speech-detector/examples/announcement.wav");

        var prepared = prepare(servable, described.fields().getFirst(), Files.readAllBytes(file));

        assertThat(prepared.error()).isEmpty();
        var windows = prepared.tensors().getFirst();
        assertThat(windows.shape()[1]).isEqualTo(512);
        assertThat(prepared.info().path("rate").asInt()).isEqualTo(16000);
        assertThat(prepared.info().path("windows").asLong()).isEqualTo(windows.shape()[0]);
        assertThat(Arrays.stream(windows.numbers()).max().orElse(0)).isBetween(0.01, 1.0);
    }

    @Test
    void as_a_recording_at_another_rate_keeps_its_tone() throws Exception {
        var servable = SHELF.model("sound", Models.identity(Onnx.FLOAT, "N", "M"));
        var field =
                field("{\"name\": \"a\", \"input\": \"x\", \"type\": \"audio\", \"rate\": 8000}");
        int source = 44_100;
        var wave = ByteBuffer.allocate(44 + source * 2).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        wave.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + source * 2);
        wave.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
        wave.putShort((short) 1).putShort((short) 1).putInt(source).putInt(source * 2);
        wave.putShort((short) 2).putShort((short) 16);
        wave.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(source * 2);
        for (int i = 0; i < source; i++) {
            wave.putShort((short) (16384 * Math.sin(2 * Math.PI * 440 * i / source)));
        }

        var prepared = prepare(servable, field, wave.array());

        var sound = prepared.tensors().getFirst().numbers();
        assertThat(sound).hasSize(8000);
        for (int i = 1000; i < 7000; i++) {
            assertThat(sound[i])
                    .isCloseTo(0.5 * Math.sin(2 * Math.PI * 440 * i / 8000), within(0.005));
        }
    }

    @Test
    void as_text_becomes_tokens_for_the_inputs_that_the_graph_has() throws Exception {
        var onnx =
                new Onnx()
                        .input("input_ids", Onnx.INT64, 1, "n")
                        .input("attention_mask", Onnx.INT64, 1, "n")
                        .output("y", Onnx.INT64, 1, "n")
                        .node("Mul", List.of("input_ids", "attention_mask"), List.of("y"))
                        .model();
        var servable =
                SHELF.bundle(
                        "words",
                        Map.of(
                                "model.onnx",
                                onnx,
                                "tokenizer.json",
                                WORDS.getBytes(StandardCharsets.UTF_8)),
                        false);
        var field =
                field(
                        "{\"name\": \"t\", \"type\": \"text\", \"tokenizer\": \"tokenizer.json\", \"maxTokens\": 3}");

        var prepared = prepare(servable, field, "Good morning".getBytes(StandardCharsets.UTF_8));
        var cut =
                prepare(servable, field, "good good good morning".getBytes(StandardCharsets.UTF_8));

        assertThat(prepared.error()).isEmpty();
        assertThat(prepared.tensors()).hasSize(2);
        assertThat(prepared.tensors().getFirst().numbers()).containsExactly(1, 2);
        assertThat(prepared.info().path("truncated").asBoolean()).isFalse();
        assertThat(cut.tensors().getFirst().numbers()).containsExactly(1, 1, 1);
        assertThat(cut.info().path("truncated").asBoolean()).isTrue();
        assertThat(
                        infer(servable, prepared.tensors().toArray(Tensor[]::new))
                                .response()
                                .output("y")
                                .numbers())
                .containsExactly(1, 2);
    }

    @Test
    void is_refused_with_the_reason_when_it_is_no_such_thing() throws Exception {
        var servable = SHELF.model("picture", Models.identity(Onnx.FLOAT, 1, 3, 4, 4));
        var image =
                "{\"name\": \"i\", \"input\": \"x\", \"type\": \"image\", \"width\": 4, \"height\": 4}";

        assertThat(
                        prepare(
                                        servable,
                                        field(image),
                                        "no picture".getBytes(StandardCharsets.UTF_8))
                                .error())
                .contains("no picture");
        assertThat(prepare(servable, field(image), bomb()).error())
                .contains("50000 × 50000 pixels");
        assertThat(
                        prepare(
                                        servable,
                                        field(
                                                "{\"name\": \"t\", \"type\": \"text\", \"tokenizer\": \"../../secret.json\"}"),
                                        new byte[0])
                                .error())
                .contains("no file");
        assertThat(
                        prepare(
                                        servable,
                                        field(
                                                "{\"name\": \"a\", \"input\": \"x\", \"type\": \"audio\"}"),
                                        "RIFF".getBytes(StandardCharsets.UTF_8))
                                .error())
                .contains("WAV");
        assertThat(pool.status().stream().filter(s -> s.name().equals("picture")).toList())
                .allMatch(status -> status.state().equals("loaded"));
    }

    @Test
    void as_a_picture_may_be_webp() throws Exception {
        for (var name : List.of("lossless.webp", "lossy.webp")) {
            assertThat(quarters(name)).as(name).containsExactly("red", "red", "green", "blue");
        }
    }

    @Test
    void as_a_picture_is_turned_upright_as_its_camera_says() throws Exception {
        for (var name : List.of("on-its-side.jpg", "on-its-side.webp")) {
            assertThat(quarters(name)).as(name).containsExactly("red", "red", "green", "blue");
        }
        assertThat(quarters("upright-tag-missing.jpg"))
                .containsExactly("red", "blue", "red", "green");
    }

    /** The colours of the four quarters of a picture, row by row, as the model sees them. */
    private static List<String> quarters(String name) throws Exception {
        var servable = SHELF.model("picture", Models.identity(Onnx.FLOAT, 1, 3, 4, 4));
        var prepared =
                prepare(
                        servable,
                        field(
                                """
                                {"name": "i", "input": "x", "type": "image", "width": 2, "height": 2}"""),
                        Files.readAllBytes(Path.of("src/test/resources/pictures", name)));
        assertThat(prepared.error()).isEmpty();
        var values = prepared.tensors().getFirst().numbers();
        var colours = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            var red = values[i];
            var green = values[4 + i];
            var blue = values[8 + i];
            colours.add(
                    red > 150 && green < 90 && blue < 90
                            ? "red"
                            : green > 150 && red < 90 && blue < 90
                                    ? "green"
                                    : blue > 150 && red < 90 && green < 90
                                            ? "blue"
                                            : "%.0f %.0f %.0f".formatted(red, green, blue));
        }
        return colours;
    }

    @Test
    void as_a_picture_that_unpacks_to_more_than_it_says_or_is_cut_off_is_refused()
            throws Exception {
        var servable = SHELF.model("picture", Models.identity(Onnx.FLOAT, 1, 3, 4, 4));
        var image =
                field(
                        "{\"name\": \"i\", \"input\": \"x\", \"type\": \"image\", \"width\": 4, \"height\": 4}");
        var whole = Files.readAllBytes(Path.of("src/test/resources/pictures/lossless.webp"));

        for (int length = 12; length < whole.length; length += 7) {
            var cut = prepare(servable, image, Arrays.copyOf(whole, length));
            assertThat(cut.ok() || cut.error().contains("picture")).as(cut.error()).isTrue();
        }
        assertThat(prepare(servable, image, bloated()).error()).matches("|.*picture.*");
        assertThat(prepare(servable, image, whole).ok()).isTrue();
    }

    /** A small PNG with a text chunk that unpacks to 256 MB. */
    private static byte[] bloated() throws IOException {
        var small = new ByteArrayOutputStream();
        javax.imageio.ImageIO.write(
                new java.awt.image.BufferedImage(4, 4, java.awt.image.BufferedImage.TYPE_INT_RGB),
                "png",
                small);
        var packed = new ByteArrayOutputStream();
        packed.writeBytes("zTXtbomb\0\0".getBytes(StandardCharsets.US_ASCII));
        try (var out = new DeflaterOutputStream(packed)) {
            for (int i = 0; i < 256; i++) {
                out.write(new byte[1 << 20]);
            }
        }
        var chunk = packed.toByteArray();
        var crc = new CRC32();
        crc.update(chunk);
        var bytes = small.toByteArray();
        var png = new ByteArrayOutputStream();
        png.write(bytes, 0, 33);
        png.writeBytes(ByteBuffer.allocate(4).putInt(chunk.length - 4).array());
        png.writeBytes(chunk);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
        png.write(bytes, 33, bytes.length - 33);
        return png.toByteArray();
    }

    /** A PNG of some bytes that says it has 2.5 billion pixels. */
    private static byte[] bomb() {
        var header = ByteBuffer.allocate(17);
        header.put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(50_000).putInt(50_000);
        header.put(new byte[] {8, 2, 0, 0, 0});
        var crc = new CRC32();
        crc.update(header.array());
        var png = new ByteArrayOutputStream();
        png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        png.writeBytes(ByteBuffer.allocate(4).putInt(13).array());
        png.writeBytes(header.array());
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
        png.writeBytes(
                ByteBuffer.allocate(12)
                        .putInt(0)
                        .put("IDAT".getBytes(StandardCharsets.US_ASCII))
                        .array());
        return png.toByteArray();
    }
}
