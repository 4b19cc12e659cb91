package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A label")
class LabelsTest {

    private static final String API = "/api/v1/monitoring/{model}/1/";

    private final String model = "labelled-" + UUID.randomUUID().toString().substring(0, 8);

    @BeforeEach
    void there_is_a_version_with_a_reference() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        given().contentType("text/csv")
                .body("x\n1\n2\n3\n")
                .put(API + "reference", model)
                .then()
                .statusCode(201);
    }

    private void predicted(String id, Object output) {
        predicted(Map.of(id, Map.of("y", output)));
    }

    private void predicted(Map<String, ?> outputs) {
        var rows = new ArrayList<Map<String, Object>>();
        outputs.forEach(
                (id, output) ->
                        rows.add(
                                Map.of(
                                        "predictionId", id,
                                        "inputs", Map.of("x", 1),
                                        "outputs", output)));
        given().contentType("application/json")
                .body(Map.of("batch", UUID.randomUUID().toString(), "rows", rows))
                .post(API + "rows", model)
                .then()
                .statusCode(202)
                .body("counted", equalTo(rows.size()));
    }

    private ValidatableResponse labelled(Map<String, ?> labels) {
        var list = new ArrayList<Map<String, Object>>();
        labels.forEach((id, label) -> list.add(Map.of("predictionId", id, "label", label)));
        return given().contentType("application/json")
                .body(Map.of("labels", list))
                .post(API + "labels", model)
                .then();
    }

    private JsonPath report() {
        return given().get(API + "report", model).then().statusCode(200).extract().jsonPath();
    }

    @Test
    void says_how_often_a_class_was_right() {
        predicted("a", "cat");
        predicted("b", "cat");
        predicted("c", "dog");
        predicted("d", "dog");

        assertThat(report().getString("quality.note")).startsWith("No label has come");
        labelled(Map.of("a", "cat", "b", "dog", "c", "dog")).statusCode(202);

        var report = report();
        assertThat(report.getString("quality.kind")).isEqualTo("classification");
        assertThat(report.getInt("quality.labelled")).isEqualTo(3);
        assertThat(report.getDouble("quality.coverage")).isEqualTo(0.75);
        assertThat(report.getDouble("quality.accuracy")).isEqualTo(2 / 3.0, within(1e-6));
        // cat: 1 of 2 that were said, 1 of 1 that were; dog: 1 of 1, 1 of 2.
        assertThat(report.getDouble("quality.precision")).isEqualTo(0.75, within(1e-6));
        assertThat(report.getDouble("quality.recall")).isEqualTo(0.75, within(1e-6));
        assertThat(
                        given().accept("text/html")
                                .get("/models/{model}/observability", model)
                                .asString())
                .contains("Quality by labels", "75 %", "0.667");
    }

    @Test
    void says_how_far_numbers_were_off() {
        predicted("a", 10);
        predicted("b", 20);
        predicted("c", 40);

        labelled(Map.of("a", 12, "b", 20, "c", "36")).statusCode(202);

        var report = report();
        assertThat(report.getString("quality.kind")).isEqualTo("regression");
        assertThat(report.getDouble("quality.mae")).isEqualTo(2.0, within(1e-6));
        assertThat(report.getDouble("quality.rmse"))
                .isEqualTo(Math.sqrt((4 + 16) / 3.0), within(1e-6));
        assertThat(report.getDouble("quality.bias")).isEqualTo(2 / 3.0, within(1e-6));
    }

    @Test
    void of_0_or_1_judges_a_score() {
        predicted("a", 0.9);
        predicted("b", 0.8);
        predicted("c", 0.3);
        predicted("d", 0.6);

        labelled(Map.of("a", 1, "b", true, "c", 0, "d", false)).statusCode(202);

        var report = report();
        assertThat(report.getString("quality.kind")).isEqualTo("score");
        assertThat(report.getDouble("quality.accuracy")).isEqualTo(0.75);
        assertThat(report.getDouble("quality.auroc")).isEqualTo(1.0, within(1e-9));
        assertThat(report.getDouble("quality.brier"))
                .isEqualTo((0.01 + 0.04 + 0.09 + 0.36) / 4, within(1e-6));
    }

    @Test
    void judges_the_likeliest_of_named_probabilities() {
        predicted(Map.of("a", Map.of("cat", 0.7, "dog", 0.3), "b", Map.of("cat", 0.6, "dog", 0.4)));

        labelled(Map.of("a", "cat", "b", "dog")).statusCode(202);

        var report = report();
        assertThat(report.getString("quality.kind")).isEqualTo("classification");
        assertThat(report.getDouble("quality.accuracy")).isEqualTo(0.5);
        assertThat(report.getDouble("quality.logLoss"))
                .isEqualTo(-(Math.log(0.7) + Math.log(0.4)) / 2, within(1e-6));
    }

    @Test
    void may_come_before_its_prediction_and_may_change() {
        labelled(Map.of("a", "cat"))
                .statusCode(202)
                .body("taken", equalTo(1))
                .body("early", equalTo(1))
                .body("changed", equalTo(0));
        predicted("a", "cat");
        assertThat(report().getDouble("quality.accuracy")).isEqualTo(1.0);

        labelled(Map.of("a", "dog")).statusCode(202).body("changed", equalTo(1));

        assertThat(report().getDouble("quality.accuracy")).isEqualTo(0.0);
        assertThat(report().getInt("quality.labelled")).isEqualTo(1);
    }

    @Test
    void that_does_not_fit_is_said_to() {
        predicted("a", 3.5);
        labelled(Map.of("a", "cat")).statusCode(202);

        assertThat(report().getString("quality.note")).startsWith("The labels do not fit");
    }

    @Test
    void is_left_with_a_reason_when_it_is_none() {
        given().contentType("application/json")
                .body(
                        Map.of(
                                "labels",
                                List.of(
                                        Map.of("predictionId", "a", "label", Map.of()),
                                        Map.of("predictionId", "", "label", 1),
                                        Map.of("predictionId", "b", "label", "x".repeat(900)),
                                        Map.of("predictionId", "c", "label", 1))))
                .post(API + "labels", model)
                .then()
                .statusCode(202)
                .body("taken", equalTo(1))
                .body("lost", equalTo(3))
                .body("left.reason", hasItem(containsString("label is a text, a number")))
                .body("left.reason", hasItem(containsString("predictionId is a text")));
        given().contentType("application/json")
                .body("{\"labels\": {}}")
                .post(API + "labels", model)
                .then()
                .statusCode(400);
    }
}
