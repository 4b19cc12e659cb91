package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.TestDatabase;
import dev.atelier.inference.DataType;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.Timings;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Unavailable;
import dev.atelier.serving.Answer;
import dev.atelier.serving.Outcome;
import dev.atelier.serving.Servable;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.config.EncoderConfig;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Calls that are served here")
class ServedCallsTest {

    private static final String API = "/api/v1/monitoring/{model}/1/";
    private static final Path CATALOG = Path.of("catalog/models");

    @Inject ServedCalls served;
    @Inject CountStore store;
    @Inject Sql sql;

    @AfterEach
    void room_as_usual() {
        served.buffer(new CallBuffer(1 << 13, 32 << 20));
    }

    private static String register(String from) throws IOException {
        var name = from + "-" + UUID.randomUUID().toString().substring(0, 8);
        var folder = CATALOG.resolve(from);
        given().multiPart("file", "model.onnx", Files.readAllBytes(folder.resolve("model.onnx")))
                .multiPart(
                        "file",
                        "interface.json",
                        Files.readAllBytes(folder.resolve("interface.json")))
                .post("/api/v1/models/{name}/versions", name)
                .then()
                .statusCode(201);
        // Scanned beside other work, it may take a while.
        await().atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                "READY"
                                        .equals(
                                                given().get(
                                                                "/api/v1/models/{name}/versions/1",
                                                                name)
                                                        .path("state")));
        return name;
    }

    /** Rows of a model's held-out data, by column. */
    private static List<Map<String, String>> rows(String from) throws IOException {
        var lines = Files.readAllLines(CATALOG.resolve(from).resolve("heldout.csv"));
        var names = lines.getFirst().split(",", -1);
        var rows = new ArrayList<Map<String, String>>();
        for (var line : lines.subList(1, lines.size())) {
            var row = new LinkedHashMap<String, String>();
            var cells = line.split(",", -1);
            for (int i = 0; i < names.length; i++) {
                row.put(names[i], cells[i]);
            }
            rows.add(row);
        }
        return rows;
    }

    private static JsonPath reference(String model, String from) throws IOException {
        return given().contentType("text/csv")
                .body(Files.readAllBytes(CATALOG.resolve(from).resolve("heldout.csv")))
                .put(API + "reference", model)
                .then()
                .statusCode(201)
                .extract()
                .jsonPath();
    }

    /** A tensor for each column of the graph, each {@code [rows, 1]}. */
    private static List<Tensor> tensors(String model, List<Map<String, String>> rows) {
        var inputs = given().get("/v2/models/{model}", model).jsonPath();
        var tensors = new ArrayList<Tensor>();
        for (int i = 0; i < inputs.getList("inputs").size(); i++) {
            var name = inputs.getString("inputs[%d].name".formatted(i));
            var type = DataType.valueOf(inputs.getString("inputs[%d].datatype".formatted(i)));
            var shape =
                    inputs.getList("inputs[%d].shape".formatted(i)).size() == 1
                            ? new long[] {rows.size()}
                            : new long[] {rows.size(), 1};
            var cells = rows.stream().map(row -> row.getOrDefault(name, "")).toList();
            tensors.add(
                    type == DataType.BYTES
                            ? Tensor.strings(name, shape, cells.toArray(String[]::new))
                            : Tensor.numbers(
                                    name,
                                    type,
                                    shape,
                                    cells.stream().mapToDouble(Double::parseDouble).toArray()));
        }
        return tensors;
    }

    /** One tensor of all columns but the last, {@code [rows, columns]}. */
    private static Tensor features(List<Map<String, String>> rows) {
        int width = rows.getFirst().size() - 1;
        var values =
                rows.stream()
                        .flatMap(row -> row.values().stream().limit(width))
                        .mapToDouble(Double::parseDouble)
                        .toArray();
        return Tensor.numbers("features", DataType.FP32, new long[] {rows.size(), width}, values);
    }

    private static Message infer(String model, InferRequest request) {
        var sent = RequestCodec.encode(request);
        var answer =
                given().config(
                                RestAssured.config()
                                        .encoderConfig(
                                                EncoderConfig.encoderConfig()
                                                        .appendDefaultContentCharsetToContentTypeIfUndefined(
                                                                false)))
                        .contentType("application/octet-stream")
                        .header("Inference-Header-Content-Length", sent.headerLength())
                        .body(sent.body())
                        .post("/v2/models/{model}/infer", model)
                        .then()
                        .statusCode(200)
                        .extract();
        var header = answer.header("Inference-Header-Content-Length");
        return new Message(answer.asByteArray(), header == null ? -1 : Integer.parseInt(header));
    }

    private static JsonPath report(String model) {
        return given().get(API + "report", model).then().statusCode(200).extract().jsonPath();
    }

    private JsonPath counted(String model, long rows) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> {
                            served.flush();
                            assertThat(report(model).getLong("rows")).isEqualTo(rows);
                        });
        return report(model);
    }

    private Window window(String model) {
        return sql
                .list(
                        "select counts from monitoring_window where model = ? and rows > 0",
                        row -> Window.of(row.getBytes(1)),
                        model)
                .stream()
                .reduce(Window::plus)
                .orElseThrow();
    }

    @Test
    void are_counted_as_the_same_rows_are_that_somebody_sends() throws Exception {
        var here = register("diamond-price");
        var elsewhere = register("diamond-price");
        var hash = reference(here, "diamond-price").getString("hash");
        assertThat(reference(elsewhere, "diamond-price").getString("hash")).isEqualTo(hash);

        var rows = rows("diamond-price").subList(0, 60);
        var sent = new ArrayList<Map<String, Object>>();
        for (var row : rows) {
            var inputs = new HashMap<String, Object>();
            row.forEach(
                    (name, value) -> {
                        if (!name.equals("price")) {
                            inputs.put(
                                    name,
                                    Cell.parse(value) instanceof Cell.Number(var number)
                                            ? (Object) number
                                            : value);
                        }
                    });
            var json = new StringBuilder();
            for (var tensor : tensors(here, List.of(row))) {
                json.append(json.isEmpty() ? "" : ",")
                        .append(
                                "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[%s],\"data\":[%s]}"
                                        .formatted(
                                                tensor.name(),
                                                tensor.datatype(),
                                                tensor.shape().length == 1 ? "1" : "1,1",
                                                tensor.datatype() == DataType.BYTES
                                                        ? "\"" + row.get(tensor.name()) + "\""
                                                        : row.get(tensor.name())));
            }
            var answer =
                    given().contentType("application/json")
                            .body("{\"inputs\":[" + json + "]}")
                            .post("/v2/models/{model}/infer", here)
                            .then()
                            .statusCode(200)
                            .extract()
                            .jsonPath();
            sent.add(
                    Map.of(
                            "inputs",
                            inputs,
                            "outputs",
                            Map.of("price", answer.getList("outputs[0].data").getFirst())));
        }
        given().contentType("application/json")
                .body(Map.of("batch", "one", "rows", sent))
                .post(API + "rows", elsewhere)
                .then()
                .statusCode(202)
                .body("counted", equalTo(60));

        var report = counted(here, 60);
        assertThat(report.getDouble("coverage")).isEqualTo(1.0);
        assertThat(report.getList("features.name"))
                .containsExactlyElementsOf(report(elsewhere).getList("features.name"));
        var mine = window(here).columns();
        var theirs = window(elsewhere).columns();
        for (int i = 0; i < mine.size(); i++) {
            assertThat(mine.get(i).cells()).isEqualTo(theirs.get(i).cells());
            assertThat(mine.get(i).missing()).isEqualTo(theirs.get(i).missing()).isZero();
            assertThat(mine.get(i).wrongType()).isEqualTo(theirs.get(i).wrongType()).isZero();
            assertThat(mine.get(i).moments().mean())
                    .isCloseTo(
                            theirs.get(i).moments().mean(),
                            within(1e-6 * (1 + theirs.get(i).moments().mean())));
        }
    }

    @Test
    void of_one_tensor_are_columns_by_the_names_of_the_interface() throws Exception {
        var model = register("breast-mass-diagnosis");
        reference(model, "breast-mass-diagnosis");
        var rows = rows("breast-mass-diagnosis").subList(0, 100);

        infer(model, new InferRequest("visit", List.of(features(rows)), null, true));
        infer(model, new InferRequest("single", List.of(features(rows.subList(0, 1))), null, true));

        var report = counted(model, 101);
        assertThat(report.getList("features.findAll { it.n != 101 }.name"))
                .containsExactly("diagnosis");
        var labels =
                IntStream.range(0, 100)
                        .mapToObj(
                                i ->
                                        Map.of(
                                                "predictionId",
                                                "visit/" + i,
                                                "label",
                                                rows.get(i).get("diagnosis")))
                        .toList();
        given().contentType("application/json")
                .body(Map.of("labels", labels))
                .post(API + "labels", model)
                .then()
                .statusCode(202)
                .body("early", equalTo(0));
        var quality = report(model);
        assertThat(quality.getString("quality.kind")).isEqualTo("classification");
        assertThat(quality.getLong("quality.predictions")).isEqualTo(101);
        assertThat(quality.getLong("quality.labelled")).isEqualTo(100);
        assertThat(quality.getDouble("quality.accuracy")).isGreaterThan(0.9);
        assertThat(quality.getDouble("quality.logLoss")).isBetween(0.0, 0.3);
    }

    @Test
    void become_the_reference_where_there_is_none() throws Exception {
        var model = register("penguin-species");
        var rows = rows("penguin-species");
        var many = new ArrayList<Map<String, String>>();
        for (int i = 0; i < 4; i++) {
            many.addAll(rows.subList(0, 99));
        }
        infer(model, new InferRequest(tensors(model, many)));
        await().untilAsserted(
                        () -> {
                            served.flush();
                            assertThat(
                                            sql.list(
                                                    "select count from monitoring_early where model = ?",
                                                    row -> row.getInt(1),
                                                    model))
                                    .containsExactly(396);
                        });
        assertThat(report(model).getString("note")).startsWith("There is no reference yet.");

        infer(model, new InferRequest(tensors(model, many)));
        infer(model, new InferRequest(tensors(model, many)));
        var report = counted(model, 1188);

        assertThat(report.getString("reference.source")).isEqualTo("PRODUCTION");
        assertThat(report.getList("features.name"))
                .containsExactly(
                        "Adelie",
                        "Chinstrap",
                        "Gentoo",
                        "bill_depth_mm",
                        "bill_length_mm",
                        "body_mass_g",
                        "flipper_length_mm",
                        "island",
                        "label",
                        "sex");
        assertThat(report.getList("features.findAll { it.role == 'output' }.name"))
                .containsExactly("Adelie", "Chinstrap", "Gentoo", "label");
        assertThat(report.getList("features.findAll { it.kind == 'categorical' }.name"))
                .containsExactly("island", "label", "sex");
        infer(model, new InferRequest(tensors(model, rows.subList(0, 1))));
        assertThat(counted(model, 1189).getList("features.findAll { it.psi == null }")).isEmpty();
    }

    @Test
    void that_there_is_no_room_for_lower_the_coverage() throws Exception {
        var model = register("breast-mass-diagnosis");
        reference(model, "breast-mass-diagnosis");
        var rows = rows("breast-mass-diagnosis");
        infer(model, new InferRequest(List.of(features(rows.subList(0, 30)))));
        counted(model, 30);

        served.buffer(new CallBuffer(4, 100));
        infer(model, new InferRequest(List.of(features(rows.subList(0, 10)))));
        served.flush();

        var report = report(model);
        assertThat(report.getLong("rows")).isEqualTo(30);
        // Nobody reads what is dropped: it counts as the calls before it did, 30 rows each.
        assertThat(report.getLong("lost")).isEqualTo(30);
        assertThat(report.getDouble("coverage")).isEqualTo(0.5);
    }

    @Test
    void that_fail_are_no_rows() throws Exception {
        var model = register("breast-mass-diagnosis");
        reference(model, "breast-mass-diagnosis");
        given().body(
                        """
                        {"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}
                        """)
                .post("/v2/models/{model}/infer", model)
                .then()
                .statusCode(400);
        infer(
                model,
                new InferRequest(List.of(features(rows("breast-mass-diagnosis").subList(0, 1)))));

        var report = counted(model, 1);
        assertThat(report.getLong("lost")).isZero();
        assertThat(report.getDouble("coverage")).isEqualTo(1.0);
    }

    @Test
    void go_to_the_reference_that_was_in_use() throws Exception {
        var model = register("breast-mass-diagnosis");
        reference(model, "breast-mass-diagnosis");
        var rows = rows("breast-mass-diagnosis");
        infer(model, new InferRequest(List.of(features(rows.subList(0, 20)))));
        counted(model, 20);

        given().contentType("text/csv")
                .body("mean_radius,malignant\n" + "10,0.1\n12,0.2\n20,0.9\n".repeat(100))
                .put(API + "reference", model)
                .then()
                .statusCode(201);
        infer(model, new InferRequest(List.of(features(rows.subList(0, 7)))));
        await().untilAsserted(
                        () -> {
                            served.flush();
                            assertThat(report(model).getLong("otherRows")).isEqualTo(27);
                        });
        infer(model, new InferRequest(List.of(features(rows.subList(0, 5)))));

        var report = counted(model, 5);
        assertThat(report.getList("features.name")).containsExactly("malignant", "mean_radius");
        assertThat(report.getLong("otherRows")).isEqualTo(27);
        assertThat(report.getDouble("coverage")).isEqualTo(1.0);
    }

    @Test
    void of_an_image_model_are_left_out_and_the_report_says_why() throws Exception {
        var model = register("handwritten-digit");
        var spec = given().get("/v2/models/{model}", model).jsonPath();
        var shape =
                spec.getList("inputs[0].shape", Long.class).stream()
                        .mapToLong(size -> Math.max(1, size))
                        .toArray();
        long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        for (int i = 0; i < 3; i++) {
            infer(
                    model,
                    new InferRequest(
                            List.of(
                                    Tensor.numbers(
                                            spec.getString("inputs[0].name"),
                                            DataType.valueOf(spec.getString("inputs[0].datatype")),
                                            shape,
                                            new double[(int) size]))));
        }
        served.flush();

        assertThat(report(model).getString("note"))
                .startsWith("There is no reference yet.")
                .endsWith(
                        "Calls that are served here are not counted: Its input image is an image. Only rows of a table are counted by column.");
        assertThat(
                        sql.list(
                                "select 1 from monitoring_early where model = ?",
                                row -> row.getInt(1),
                                model))
                .isEmpty();
    }

    @Test
    void go_with_a_model_that_is_renamed_and_end_with_one_that_is_deleted() throws Exception {
        var model = register("breast-mass-diagnosis");
        var renamed = model + "-renamed";
        reference(model, "breast-mass-diagnosis");
        var rows = rows("breast-mass-diagnosis");
        infer(model, new InferRequest(List.of(features(rows.subList(0, 3)))));
        given().contentType("application/json")
                .body(Map.of("name", renamed))
                .put("/api/v1/models/{name}/name", model)
                .then()
                .statusCode(200);
        infer(renamed, new InferRequest(List.of(features(rows.subList(0, 2)))));
        assertThat(counted(renamed, 5).getLong("lost")).isZero();

        infer(renamed, new InferRequest(List.of(features(rows.subList(0, 2)))));
        given().delete("/api/v1/models/{name}", renamed).then().statusCode(204);
        served.flush();
        served.flush();
        assertThat(
                        sql.list(
                                "select 1 from monitoring_window where model = ?",
                                row -> row.getInt(1),
                                renamed))
                .isEmpty();
    }

    /** A call of one row, as the gateway hands it over. */
    private static void answered(ServedCalls counts, String model) throws IOException {
        var row = features(rows("breast-mass-diagnosis").subList(0, 1));
        var request = new InferRequest(List.of(row));
        var outputs =
                List.of(
                        Tensor.floats("probabilities", new long[] {1, 2}, 0.3f, 0.7f),
                        Tensor.longs("label", new long[] {1}, 1));
        counts.answered(
                new Servable(
                        model,
                        "1",
                        "digest",
                        Map.of("model.onnx", new Servable.File("00", 1)),
                        "model.onnx",
                        true,
                        null),
                RequestCodec.encode(request),
                new Answer(
                        200,
                        ResponseCodec.encode(model, "1", request, outputs, 1 << 16),
                        Outcome.OK,
                        Timings.NONE,
                        1,
                        0));
    }

    @Test
    void are_written_when_the_portal_stops() throws Exception {
        var model = register("breast-mass-diagnosis");
        reference(model, "breast-mass-diagnosis");
        var counts = new ServedCalls(store);
        answered(counts, model);
        answered(counts, model);

        counts.stopping(new ShutdownEvent());

        assertThat(report(model).getLong("rows")).isEqualTo(2);
    }

    /** A database that can be away. */
    private final class Lost implements CountStore {
        private volatile boolean away;

        @Override
        public Optional<Known> find(String model, int version) {
            return store.find(model, version);
        }

        @Override
        public Optional<Now> write(
                String model,
                int version,
                ServedVersion.Taken taken,
                @Nullable StoredReference known) {
            if (away) {
                throw new Unavailable("The database does not answer.");
            }
            return store.write(model, version, taken, known);
        }
    }

    @Test
    void wait_for_a_database_that_is_away() throws Exception {
        var model = register("breast-mass-diagnosis");
        reference(model, "breast-mass-diagnosis");
        var lost = new Lost();
        lost.away = true;
        var counts = new ServedCalls(lost);
        for (int i = 0; i < 3; i++) {
            answered(counts, model);
            counts.flush();
        }
        assertThat(report(model).getLong("rows")).isZero();

        lost.away = false;
        counts.stopping(new ShutdownEvent());

        assertThat(report(model).getLong("rows")).isEqualTo(3);
        assertThat(report(model).getLong("lost")).isZero();
    }
}
