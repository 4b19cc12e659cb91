package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Quality without labels")
class EstimatedTest {

    private static final String API = "/api/v1/monitoring/{model}/1/";
    private static final double TOLERANCE = 1e-6;

    private final String model = "estimated-" + UUID.randomUUID().toString().substring(0, 8);

    @BeforeEach
    void there_is_a_version() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
    }

    /** Of 100 rows scored 0.2, 25 were so; of 100 scored 0.8, 64 were. */
    private static String labelledRows() {
        var csv = new StringBuilder("x,score,truth\n");
        for (int i = 0; i < 200; i++) {
            csv.append(i)
                    .append(i < 100 ? ",0.2," : ",0.8,")
                    .append(i < 25 || i >= 136 ? 1 : 0)
                    .append('\n');
        }
        return csv.toString();
    }

    private JsonPath reference(String csv) {
        return given().contentType("text/csv")
                .queryParam("output", "score")
                .queryParam("label", "truth")
                .body(csv)
                .put(API + "reference", model)
                .then()
                .statusCode(201)
                .extract()
                .jsonPath();
    }

    private List<String> predicted(int count, @Nullable Object score, Instant at) {
        var ids = new ArrayList<String>();
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < count; i++) {
            var outputs = new HashMap<String, @Nullable Object>();
            outputs.put("score", score);
            ids.add(UUID.randomUUID().toString());
            rows.add(
                    Map.of(
                            "timestamp", at.toString(),
                            "predictionId", ids.getLast(),
                            "inputs", Map.of("x", i),
                            "outputs", outputs));
        }
        given().contentType("application/json")
                .body(Map.of("batch", UUID.randomUUID().toString(), "rows", rows))
                .post(API + "rows", model)
                .then()
                .statusCode(202)
                .body("counted", equalTo(count));
        return ids;
    }

    private void labelled(List<String> ids, int positives) {
        var labels = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < ids.size(); i++) {
            labels.add(Map.of("predictionId", ids.get(i), "label", i < positives ? 1 : 0));
        }
        given().contentType("application/json")
                .body(Map.of("labels", labels))
                .post(API + "labels", model)
                .then()
                .statusCode(202);
    }

    private JsonPath report() {
        return given().get(API + "report", model).then().statusCode(200).extract().jsonPath();
    }

    /**
     * 30 rows of 0.64 that are predicted positive, 10 of 0.25 that are not: 19.2 + 7.5 are right.
     */
    private static void isOfBothScores(JsonPath report) {
        assertThat(report.getString("estimated.method")).isEqualTo("CBPE");
        assertThat(report.getInt("estimated.n")).isEqualTo(40);
        assertThat(report.getDouble("estimated.accuracy")).isEqualTo(26.7 / 40, within(TOLERANCE));
        assertThat(report.getDouble("estimated.figures.precision.value"))
                .isEqualTo(0.64, within(TOLERANCE));
        assertThat(report.getDouble("estimated.recall")).isEqualTo(19.2 / 21.7, within(TOLERANCE));
        assertThat(report.getDouble("estimated.f1"))
                .isEqualTo(38.4 / (38.4 + 10.8 + 2.5), within(TOLERANCE));
        // Of 21.7 positives 19.2 lie above 7.5 of the 18.3 negatives, the others tie.
        assertThat(report.getDouble("estimated.auroc"))
                .isEqualTo(
                        (19.2 * 7.5 + 19.2 * 10.8 / 2 + 2.5 * 7.5 / 2) / (21.7 * 18.3),
                        within(TOLERANCE));
        double error = Math.sqrt(30 * 0.64 * 0.36 + 10 * 0.25 * 0.75) / 40;
        assertThat(report.getDouble("estimated.figures.accuracy.low"))
                .isEqualTo(26.7 / 40 - 3 * error, within(TOLERANCE));
        assertThat(report.getDouble("estimated.figures.accuracy.high"))
                .isEqualTo(26.7 / 40 + 3 * error, within(TOLERANCE));
    }

    @Test
    void follows_from_labels_of_the_reference() {
        var reference = reference(labelledRows());
        assertThat(reference.getString("label")).isEqualTo("truth");
        assertThat(reference.getString("calibration")).isEqualTo("Learned from 200 labelled rows.");
        assertThat(reference.getList("profile.columns.name")).containsExactly("score", "x");
        assertThat(report().getString("estimated.note")).startsWith("No prediction of this time");

        predicted(30, 0.8, Instant.now());
        predicted(10, 0.2, Instant.now());

        var report = report();
        isOfBothScores(report);
        assertThat(report.getString("estimated.calibration.source")).isEqualTo("REFERENCE");
        assertThat(report.getInt("estimated.calibration.rows")).isEqualTo(200);
        assertThat(report.getString("quality.kind")).isEqualTo("unknown");
    }

    @Test
    void follows_from_labels_of_predictions_before() {
        given().contentType("text/csv").body("x\n1\n2\n").put(API + "reference", model);
        var before = Instant.now().minus(3, ChronoUnit.DAYS);
        labelled(predicted(100, 0.2, before), 25);
        labelled(predicted(100, 0.8, before), 64);
        predicted(30, 0.8, Instant.now());
        predicted(10, 0.2, Instant.now());

        var report = report();

        isOfBothScores(report);
        assertThat(report.getString("estimated.calibration.source")).isEqualTo("LABELS");
    }

    @Test
    void is_beside_that_by_labels_and_leaves_out_what_is_no_probability() {
        reference(labelledRows());
        labelled(predicted(30, 0.8, Instant.now()), 15);
        predicted(10, 0.2, Instant.now());
        predicted(2, null, Instant.now());
        predicted(1, 1.5, Instant.now());

        var report = report();

        isOfBothScores(report);
        assertThat(report.getInt("estimated.left")).isEqualTo(3);
        assertThat(report.getString("estimated.note")).contains("3 answers are no probabilities");
        assertThat(report.getDouble("quality.accuracy")).isEqualTo(0.5, within(TOLERANCE));
    }

    @Test
    void of_named_classes_is_how_often_they_are_right() {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 200; i++) {
            // Named with 0.9, right in 7 of 10.
            rows.add(
                    Map.of(
                            "cat", 0.9,
                            "dog", 0.05,
                            "eel", 0.05,
                            "is", i % 10 < 7 ? "cat" : i % 2 == 0 ? "dog" : "eel"));
        }
        given().contentType("application/json")
                .body(Map.of("rows", rows, "outputs", List.of("cat", "dog", "eel"), "label", "is"))
                .put(API + "reference", model)
                .then()
                .statusCode(201);
        given().contentType("application/json")
                .body(
                        Map.of(
                                "batch",
                                "b",
                                "rows",
                                List.of(
                                        Map.of(
                                                "predictionId",
                                                "a",
                                                "outputs",
                                                Map.of("cat", 0.03, "dog", 0.9, "eel", 0.07)))))
                .post(API + "rows", model)
                .then()
                .statusCode(202);

        var report = report();

        assertThat(report.getDouble("estimated.accuracy")).isEqualTo(0.7, within(TOLERANCE));
        assertThat(report.getMap("estimated.figures")).containsOnlyKeys("accuracy");
    }

    @Test
    void is_not_told_where_it_cannot_be() {
        assertThat(report().getString("estimated.note"))
                .startsWith("The reference does not say what the truth was");

        reference("x,score,truth\n1,0.5,1\n");
        assertThat(report().getString("estimated.note"))
                .contains("There are 1 labelled rows; a calibration needs 100.");

        var oneClass = new StringBuilder("score,truth\n");
        var numbers = new StringBuilder("score,truth\n");
        var beyond = new StringBuilder("score,truth\n");
        for (int i = 0; i < 120; i++) {
            oneClass.append("0.5,0\n");
            numbers.append("17.5,").append(i).append(".5\n");
            beyond.append("3.5,").append(i % 2).append('\n');
        }
        reference(oneClass.toString());
        assertThat(report().getString("estimated.note"))
                .contains("Of 120 labelled rows, 0 are 1; a calibration needs 10 of each class.");
        reference(numbers.toString());
        assertThat(report().getString("estimated.note")).contains("The labels are numbers.");
        reference(beyond.toString());
        assertThat(report().getString("estimated.note")).contains("goes beyond 0 to 1");
        assertThat(report().getMap("estimated")).doesNotContainKeys("method", "accuracy");
    }

    @Test
    void needs_a_column_of_labels_that_is_there() {
        given().contentType("text/csv")
                .queryParam("label", "truth")
                .body("x,score\n1,0.5\n")
                .put(API + "reference", model)
                .then()
                .statusCode(400)
                .body("detail", equalTo("No row has the column truth that label names."));
    }

    @Test
    void is_told_by_segment() {
        reference(labelledRows());
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 40; i++) {
            rows.add(
                    Map.of(
                            "predictionId",
                            "p" + i,
                            "segment",
                            i < 30 ? "north" : "south",
                            "inputs",
                            Map.of("x", i),
                            "outputs",
                            Map.of("score", i < 30 ? 0.8 : 0.2)));
        }
        given().contentType("application/json")
                .body(Map.of("batch", "b", "rows", rows))
                .post(API + "rows", model)
                .then()
                .statusCode(202);
        labelled(List.of("p0", "p1", "p30"), 2);

        isOfBothScores(report());
        var south =
                given().queryParam("segment", "south")
                        .get(API + "report", model)
                        .then()
                        .statusCode(200)
                        .body("segment", equalTo("south"))
                        .body("rows", equalTo(10))
                        .body("segments.name", equalTo(List.of("north", "south")))
                        .body("segments.rows", equalTo(List.of(30, 10)))
                        .body("segments.state", hasItem("INSUFFICIENT"))
                        .body("segments[0].quality.labelled", equalTo(2))
                        .body("quality.labelled", equalTo(1))
                        .body("coverage", equalTo(1.0f))
                        .extract()
                        .jsonPath();
        assertThat(south.getDouble("estimated.accuracy")).isEqualTo(0.75, within(TOLERANCE));
        given().queryParam("segment", "west")
                .get(API + "report", model)
                .then()
                .body("rows", equalTo(0))
                .body("features[0].state", equalTo("NO_DATA"));
    }

    @Test
    void has_few_segments_however_many_are_sent() {
        given().contentType("text/csv").body("x\n1\n2\n").put(API + "reference", model);
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 70; i++) {
            rows.add(Map.of("segment", "s%02d".formatted(i), "inputs", Map.of("x", 1)));
        }
        rows.add(Map.of("inputs", Map.of("x", 1)));
        rows.add(Map.of("segment", "x".repeat(201), "inputs", Map.of("x", 1)));
        given().contentType("application/json")
                .body(Map.of("batch", "b", "segment", "mine", "rows", rows))
                .post(API + "rows", model)
                .then()
                .statusCode(202)
                .body("counted", equalTo(71))
                .body("left[0].reason", startsWith("segment is a text"));

        given().get(API + "report", model)
                .then()
                .body("rows", equalTo(71))
                .body("segments.size()", equalTo(51))
                .body("segments.name", hasItem("mine"))
                .body("segments.find { it.name == 'OTHER' }.rows", equalTo(21))
                .body("segments.name", not(hasItem("s69")));
        given().contentType("application/json")
                .body(Map.of("batch", "c", "segment", 3, "rows", List.of()))
                .post(API + "rows", model)
                .then()
                .statusCode(400)
                .body("detail", containsString("segment is a text"));
    }
}
