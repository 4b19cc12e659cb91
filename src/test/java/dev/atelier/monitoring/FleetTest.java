package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The overview of all models")
class FleetTest {

    @Inject Watchman watchman;
    @Inject Sql sql;

    private final String model = "overseen-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(2);

    @BeforeEach
    void there_is_a_version_with_a_reference() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        given().contentType("application/json")
                .body(Map.of("rows", rows(1_000, 0, 0)))
                .put("/api/v1/monitoring/{model}/1/reference", model)
                .then()
                .statusCode(201);
    }

    private List<Map<String, Object>> rows(int count, double shift, int hoursAgo) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < count; i++) {
            Map<String, Object> values =
                    Map.of("size", random.nextGaussian() + shift, "age", random.nextDouble());
            rows.add(
                    hoursAgo == 0
                            ? values
                            : Map.of(
                                    "timestamp",
                                    Instant.now().minus(Duration.ofHours(hoursAgo)).toString(),
                                    "predictionId",
                                    "p" + hoursAgo + "-" + i,
                                    "inputs",
                                    values));
        }
        return rows;
    }

    private void came(double shift, int hoursAgo) {
        given().contentType("application/json")
                .body(
                        Map.of(
                                "batch",
                                "h" + hoursAgo,
                                "site",
                                "plant",
                                "rows",
                                rows(400, shift, hoursAgo)))
                .post("/api/v1/monitoring/{model}/1/rows", model)
                .then()
                .statusCode(202);
        watchman.round();
    }

    private Element row(String show) {
        return Jsoup.parse(given().queryParam("show", show).get("/monitoring").body().asString())
                .select("tbody tr")
                .stream()
                .filter(one -> one.select("th a").text().equals(model))
                .findFirst()
                .orElse(null);
    }

    @Test
    void says_unknown_and_not_healthy_of_what_nothing_is_known() {
        var row = row("all");

        assertThat(row.select(".status").attr("data-s")).isNotEqualTo("ok");
        assertThat(row.text()).contains("– – –");
        assertThat(row("unwatched")).isNotNull();
        assertThat(row("stale")).isNull();
    }

    @Test
    void shows_what_drifts_and_leads_to_the_incident() {
        came(0, 5);
        came(3, 4);

        var row = row("needs");

        assertThat(row.select(".status").text()).isEqualTo("size has drifted");
        assertThat(row.select(".sub").text()).contains("nobody looks after it yet");
        assertThat(row.text()).contains("1 of 2");
        var incident = row.select("a.btn").attr("href");
        assertThat(incident).matches("/incidents/\\d+");
        var csv = given().get("/monitoring/models.csv").body().asString();
        assertThat(csv.lines().filter(line -> line.startsWith('"' + model + '"')))
                .singleElement()
                .asString()
                .contains("\"size has drifted\"", ",1,2,0.0,0,0,", '"' + incident + '"');
    }

    @Test
    void shows_how_much_is_labelled() {
        came(0, 5);
        given().contentType("application/json")
                .body(
                        Map.of(
                                "labels",
                                rows(100, 0, 5).stream()
                                        .map(
                                                one ->
                                                        Map.of(
                                                                "predictionId",
                                                                one.get("predictionId"),
                                                                "label",
                                                                1))
                                        .toList()))
                .post("/api/v1/monitoring/{model}/1/labels", model)
                .then()
                .statusCode(202);

        assertThat(row("all").text()).contains("25 %");
    }

    @Test
    void shows_old_versions() {
        came(0, 5);
        sql.update(
                "update model_version set created_at = now() - interval '400 days' where model = ?",
                model);
        // Versions are remembered; those of a model of another time are others.
        sql.update(
                "update model set created_at = now() - interval '400 days' where name = ?", model);

        assertThat(row("stale").select(".status").text()).isEqualTo("Old");
        assertThat(row("stale").text()).contains("registered 13 months ago");
    }

    @ParameterizedTest
    @ValueSource(strings = {"team", "restricted"})
    void shows_nobody_what_is_not_for_them(String visibility) {
        var outsider = Person.named("outsider").with("viewer");
        came(0, 5);
        came(3, 4);
        assertThat(outsider.asks().get("/monitoring").body().asString()).contains(model);
        assertThat(outsider.asks().get("/incidents").body().asString()).contains(model);

        given().contentType("application/json")
                .body(Map.of("visibility", visibility))
                .put("/api/v1/models/{name}/access/visibility", model)
                .then()
                .statusCode(204);

        assertThat(outsider.asks().get("/monitoring").body().asString()).doesNotContain(model);
        assertThat(outsider.asks().get("/incidents").body().asString()).doesNotContain(model);
        assertThat(outsider.asks().get("/api/v1/monitoring/incidents").body().asString())
                .doesNotContain(model);
        long incident =
                given().queryParam("model", model)
                        .get("/api/v1/monitoring/incidents")
                        .jsonPath()
                        .getLong("incidents[0].id");
        assertThat(outsider.asks().get("/incidents/{id}", incident).statusCode()).isIn(403, 404);
    }
}
