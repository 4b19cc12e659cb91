package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The dashboard for Grafana")
class GrafanaTest {

    private static final Path DASHBOARD = Path.of("docker/grafana/atelier-models.json");
    private static final Pattern METRIC = Pattern.compile("atelier_[a-z_]+");

    @Inject Watchman watchman;
    @Inject WatchMeters meters;

    private final String model = "metered-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(9);

    private List<Map<String, Object>> rows(int count, double shift, boolean asked) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < count; i++) {
            Map<String, Object> values =
                    Map.of("size", random.nextGaussian() + shift, "age", random.nextDouble());
            rows.add(
                    asked
                            ? Map.of(
                                    "timestamp",
                                    Instant.now().minus(Duration.ofHours(3)).toString(),
                                    "inputs",
                                    values)
                            : values);
        }
        return rows;
    }

    private void drifts() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        given().contentType("application/json")
                .body(Map.of("rows", rows(1_000, 0, false)))
                .put("/api/v1/monitoring/{model}/1/reference", model)
                .then()
                .statusCode(201);
        given().contentType("application/json")
                .body(Map.of("batch", "a", "rows", rows(400, 3, true)))
                .post("/api/v1/monitoring/{model}/1/rows", model)
                .then()
                .statusCode(202);
        watchman.round();
        meters.measure();
    }

    @Test
    void asks_for_metrics_that_are_there() {
        drifts();
        var metrics = given().get("/q/metrics").body().asString();
        var named = new TreeSet<String>();
        var dashboard = JsonPath.from(DASHBOARD.toFile());
        for (var expression : dashboard.getList("panels.targets.flatten().expr", String.class)) {
            METRIC.matcher(expression).results().forEach(found -> named.add(found.group()));
        }

        assertThat(named).hasSizeGreaterThanOrEqualTo(4);
        // Of calls there are series once there was one; their name is that of the timer.
        assertThat(named)
                .filteredOn(name -> !name.startsWith("atelier_inference_requests_seconds"))
                .allSatisfy(name -> assertThat(metrics).contains("\n" + name));
        assertThat(metrics)
                .contains(
                        "atelier_monitoring_columns_drifting{model=\"%s\",version=\"1\"} 1.0"
                                .formatted(model))
                .contains(
                        "atelier_monitoring_columns{model=\"%s\",version=\"1\"} 2.0"
                                .formatted(model))
                .containsPattern(
                        "atelier_monitoring_incidents_open\\{kind=\"drift\",severity=\"warning\"\\} [1-9]");
    }
}
