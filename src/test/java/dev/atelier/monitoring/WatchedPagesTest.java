package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Below the Observability tab")
class WatchedPagesTest {

    private static final String API = "/api/v1/monitoring/{model}/1/";
    private static final String TAB = "/models/{model}/observability";
    private static final String ODD = "a/b \"<b>&ü?";

    private final String model = "seen-" + UUID.randomUUID().toString().substring(0, 8);

    @BeforeEach
    void there_is_a_version() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
    }

    private static Map<String, Object> inputs(int doors, int i) {
        return Map.of(
                "doors",
                doors,
                "size",
                i % 997 / 10.0,
                "colour",
                i % 4 == 0 ? "red" : "blue",
                ODD,
                i % 2);
    }

    /** A quarter has 3 doors, the others 5; scores are right as often as they say. */
    private void reference() {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 2000; i++) {
            var row = new HashMap<>(inputs(i % 4 == 0 ? 3 : 5, i));
            row.put("score", i % 2 == 0 ? 0.25 : 0.75);
            row.put("sold", i % 2 == 0 ? i % 8 == 0 ? 1 : 0 : i % 8 == 1 ? 0 : 1);
            rows.add(row);
        }
        given().contentType("application/json")
                .body(Map.of("rows", rows, "outputs", List.of("score"), "label", "sold"))
                .put(API + "reference", model)
                .then()
                .statusCode(201);
    }

    /** Half has 3 doors; labelled in the first half of the rows. */
    private void served(String batch, Instant at, int rows, boolean labelled) {
        var list = new ArrayList<Map<String, Object>>();
        var labels = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < rows; i++) {
            var id = batch + "-" + i;
            list.add(
                    Map.of(
                            "timestamp",
                            at.toString(),
                            "predictionId",
                            id,
                            "segment",
                            i % 5 == 0 ? "south" : "north",
                            "inputs",
                            inputs(i % 2 == 0 ? 3 : 5, i),
                            "outputs",
                            Map.of("score", i % 2 == 0 ? 0.25 : 0.75)));
            if (labelled && i < rows / 2) {
                labels.add(Map.of("predictionId", id, "label", i % 2));
            }
        }
        given().contentType("application/json")
                .body(Map.of("batch", batch, "rows", list))
                .post(API + "rows", model)
                .then()
                .statusCode(202);
        given().contentType("application/json")
                .body(Map.of("labels", labels))
                .post(API + "labels", model)
                .then()
                .statusCode(202);
    }

    private Document page(String path) {
        return Jsoup.parse(
                given().accept("text/html")
                        .get(TAB + path, model)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    private ValidatableResponse data(String data, String... queries) {
        var asked = given().queryParam("data", data);
        for (int i = 0; i < queries.length; i += 2) {
            asked.queryParam(queries[i], queries[i + 1]);
        }
        return asked.get(TAB + "/data.csv", model).then();
    }

    private List<String> lines(String data, String... queries) {
        return data(data, queries).statusCode(200).extract().asString().lines().toList();
    }

    private static double cell(List<String> lines, String row, int column) {
        return lines.stream()
                .filter(line -> line.startsWith("\"" + row + "\""))
                .map(line -> Double.parseDouble(line.split(",")[column]))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_column_is_shown_with_its_figures() {
        reference();
        served("now", Instant.now(), 1000, false);

        var page = page("/columns/doors");
        assertThat(page.select(".note").text()).contains("doors", "input", "Moved");
        assertThat(page.select("svg.plot")).hasSize(3);
        assertThat(page.select("svg.plot rect.hist title").eachText())
                .contains("3: Reference 25.0 %, Now 50.0 %", "5: Reference 75.0 %, Now 50.0 %");
        assertThat(page.select("h2").eachText())
                .contains("Distribution", "Where they lie", "How far from the reference");

        var distances = lines("distances", "column", "doors");
        // Of shares 1/4, 3/4 and 1/2, 1/2.
        assertThat(cell(distances, "Population stability index", 1))
                .isEqualTo(Math.log(2) / 4 + Math.log(1.5) / 4, within(1e-9));
        assertThat(cell(distances, "Kolmogorov-Smirnov", 1)).isEqualTo(0.25, within(1e-9));
        assertThat(cell(distances, "L-infinity", 1)).isEqualTo(0.25, within(1e-9));
        assertThat(cell(distances, "Hellinger", 1))
                .isEqualTo(Math.sqrt(1 - Math.sqrt(0.125) - Math.sqrt(0.375)), within(1e-9));
        // Means 4.5 and 4; the standard deviation is that of the reference.
        assertThat(cell(distances, "Shift of the mean", 1))
                .isEqualTo(-0.5 / (2 * Math.sqrt(3.0 / 16)), within(1e-9));

        var spread = lines("spread", "column", "doors");
        assertThat(cell(spread, "Mean", 1)).isEqualTo(4.5, within(1e-9));
        assertThat(cell(spread, "Mean", 2)).isEqualTo(4.0, within(1e-9));
        assertThat(cell(spread, "Median", 1)).isEqualTo(5.0, within(1e-9));
        var size = lines("spread", "column", "size");
        // 997 numbers, from 0 to 99.6, each about as often: a hundredth is one of them.
        assertThat(cell(size, "Median", 1)).isEqualTo(49.8, within(1.0));
        assertThat(cell(size, "95 % are below", 2)).isEqualTo(94.7, within(1.0));
        assertThat(cell(size, "Largest", 1)).isEqualTo(99.6, within(1e-9));

        var shares = lines("distribution", "column", "colour");
        assertThat(cell(shares, "red", 1)).isEqualTo(25.0, within(1e-9));
        assertThat(cell(shares, "never seen before", 2)).isEqualTo(0.0, within(1e-9));
        double all =
                lines("distribution", "column", "size").stream()
                        .skip(1)
                        .mapToDouble(line -> Double.parseDouble(line.split(",")[1]))
                        .sum();
        assertThat(all).isEqualTo(100, within(1e-6));
        assertThat(lines("time", "column", "doors")).hasSize(2);
        assertThat(lines("time", "column", "doors").getLast()).contains(",1000,\"drift\",0.27465");
    }

    @Test
    void a_column_may_have_any_name() {
        reference();
        served("now", Instant.now(), 400, false);

        var tab = page("");
        var link =
                tab.select("a.mono").stream()
                        .filter(one -> one.text().equals(ODD.replaceAll(" +", " ")))
                        .findFirst()
                        .orElseThrow()
                        .attr("href");
        given().urlEncodingEnabled(false)
                .accept("text/html")
                .get(link)
                .then()
                .statusCode(200)
                .body(containsString("a/b &quot;&lt;b&gt;&amp;ü?"));
        assertThat(lines("distribution", "column", ODD)).hasSize(4);
    }

    @Test
    void two_times_are_compared() {
        reference();
        var now = Instant.now().truncatedTo(ChronoUnit.HOURS);
        served("before", now.minus(30, ChronoUnit.HOURS), 1000, false);
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 1000; i++) {
            rows.add(Map.of("inputs", inputs(i % 4 == 0 ? 3 : 5, i)));
        }
        given().contentType("application/json")
                .body(Map.of("batch", "after", "rows", rows))
                .post(API + "rows", model)
                .then()
                .statusCode(202);

        var page = page("/compare");
        assertThat(page.select("strong").text()).contains("1 of 4 columns differ");
        assertThat(page.select("tr.hot th").text()).startsWith("doors");
        assertThat(page.select("header p").text()).contains("1,000 rows beside 1,000");
        var line =
                lines("compare").stream()
                        .filter(one -> one.startsWith("\"doors\""))
                        .findFirst()
                        .orElseThrow();
        assertThat(Double.parseDouble(line.split(",")[5]))
                .isEqualTo(Math.log(2) / 4 + Math.log(1.5) / 4, within(1e-9));

        assertThat(page("/compare?a-from=2026-01-02T00:00&a-to=2026-01-01T00:00").text())
                .contains("A time ends after it begins");
        assertThat(page("/compare?a-from=yesterday").text()).contains("yesterday is no time");
        assertThat(page("/compare?a-from=2026-01-01T00:00&a-to=2026-01-02T00:00").text())
                .contains("Nothing was counted in the first time.");
    }

    @Test
    void quality_is_shown_by_labels_and_without() {
        reference();
        served("now", Instant.now(), 400, true);

        var both = lines("quality");
        // Each score of 0.75 is right in three of four, and those of 0.25 too.
        assertThat(cell(both, "Accuracy", 2)).isEqualTo(0.75, within(1e-9));
        assertThat(cell(both, "Accuracy", 1)).isEqualTo(1.0, within(1e-9));
        assertThat(cell(both, "Accuracy", 3))
                .isEqualTo(0.75 - 3 * Math.sqrt(400 * 3 / 16.0) / 400, within(1e-9));
        var calibration = lines("calibration");
        assertThat(cell(calibration, "0.2 to 0.3", 1)).isEqualTo(100);
        assertThat(cell(calibration, "0.2 to 0.3", 2)).isEqualTo(0.25, within(1e-9));
        assertThat(cell(calibration, "0.7 to 0.8", 3)).isEqualTo(1.0, within(1e-9));

        var page = page("/quality");
        assertThat(page.text())
                .contains("50 % of 400 predictions with an identifier have a label.")
                .contains("calibrated by 2,000 labelled rows of the reference");
        assertThat(page.select("circle.mkr.c2")).hasSize(1);
        assertThat(page.select("circle.mkr.c1")).hasSize(2);
        assertThat(page("").text()).contains("Quality without labels", "By segment", "south");
        assertThat(lines("quality-time", "figure", "recall")).hasSize(2);
    }

    @Test
    void a_sheet_to_print_has_the_figures_of_the_report() {
        reference();
        served("now", Instant.now(), 1000, true);
        var report = given().get(API + "report", model).jsonPath();

        var page = page("/print");

        assertThat(page.text())
                .contains("1,000", report.getString("reference.hash"))
                .contains("By segment")
                .contains(report.getString("estimated.note"));
        assertThat(page.select("th span.mono").eachText())
                .containsAll(report.getList("features.name", String.class).subList(1, 3));
    }

    @Test
    void a_badge_is_for_those_who_may_see_the_model() {
        given().get(TAB + "/badge.svg", model)
                .then()
                .statusCode(200)
                .contentType("image/svg+xml")
                .body(containsString("monitoring: not known"));
        reference();
        served("now", Instant.now(), 1000, false);

        given().get(TAB + "/badge.svg", model)
                .then()
                .header("Cache-Control", startsWith("private"))
                .body(containsString("inputs moved"));
        Person.named("badge-viewer")
                .with("viewer")
                .asks()
                .get(TAB + "/badge.svg", model)
                .then()
                .statusCode(200);
        given().noFilters().get(TAB + "/badge.svg", model).then().statusCode(401);
    }

    @Test
    void what_is_not_there_is_said() {
        assertThat(page("/columns/doors").text()).contains("No reference yet");
        assertThat(page("/compare").text()).contains("No reference yet");
        assertThat(page("/print").text()).contains("No reference yet");
        assertThat(page("/quality").text())
                .contains("No prediction of this time has an identifier")
                .contains("The reference does not say what the truth was");
        data("columns").statusCode(404).body(containsString("has no reference yet"));
        reference();

        var empty = page("/columns/doors");
        assertThat(empty.select(".note").text()).contains("No data");
        assertThat(empty.text()).contains("Nothing was counted in this time.");
        assertThat(lines("time", "column", "doors")).hasSize(1);
        given().accept("text/html")
                .get(TAB + "/columns/windows", model)
                .then()
                .statusCode(404)
                .body(containsString("has no column windows"));
        data("nonsense").statusCode(404).body(containsString("data is columns"));
        data("spread", "column", "colour").statusCode(404);
        given().accept("text/html").get(TAB + "/quality?version=77", model).then().statusCode(404);
        given().accept("text/html").get(TAB + "/quality?version=x", model).then().statusCode(404);
        page("/columns/doors?range=nonsense");
    }
}
