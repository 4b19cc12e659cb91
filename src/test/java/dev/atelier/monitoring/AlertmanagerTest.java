package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = AlertReceiver.class, restrictToAnnotatedClass = true)
@DisplayName("An Alertmanager")
class AlertmanagerTest {

    private static final String INCIDENTS = "/api/v1/monitoring/incidents";

    @Inject Watchman watchman;
    @Inject Alertmanager alertmanager;

    private final String model = "alarmed-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(5);
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private long incident;

    @BeforeEach
    void there_is_an_incident() {
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
        incident =
                given().queryParam("model", model)
                        .get(INCIDENTS)
                        .jsonPath()
                        .getLong("incidents[0].id");
    }

    private List<Map<String, Object>> rows(int count, double shift, boolean asked) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < count; i++) {
            Map<String, Object> row = Map.of("size", random.nextGaussian() + shift);
            rows.add(
                    asked
                            ? Map.of(
                                    "timestamp",
                                    now.minus(Duration.ofHours(3)).toString(),
                                    "inputs",
                                    row)
                            : row);
        }
        return rows;
    }

    /** What it was sent of the incident in one round; null when nothing. */
    private Map<String, Object> sent() {
        AlertReceiver.BODIES.clear();
        alertmanager.send();
        return AlertReceiver.BODIES.stream()
                .flatMap(body -> JsonPath.from(body).<Map<String, Object>>getList("").stream())
                .filter(alert -> labels(alert).get("model").equals(model))
                .findFirst()
                .orElse(null);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> labels(Map<String, Object> alert) {
        return (Map<String, String>) alert.get("labels");
    }

    @Test
    void is_told_of_open_incidents_again_and_again_and_of_their_end() {
        var alert = sent();
        assertThat(labels(alert))
                .isEqualTo(
                        Map.of(
                                "alertname", "ModelDrift",
                                "severity", "warning",
                                "model", model,
                                "version", "1",
                                "incident", Long.toString(incident)));
        assertThat(alert.get("startsAt")).isEqualTo(now.minus(Duration.ofHours(3)).toString());
        assertThat(Instant.parse((String) alert.get("endsAt"))).isAfter(Instant.now());
        assertThat(alert.get("generatorURL")).isEqualTo("http://localhost/incidents/" + incident);

        given().contentType("application/json")
                .body(Map.of("reason", "seen"))
                .post(INCIDENTS + "/{id}/closure", incident)
                .then()
                .statusCode(200);

        await().until(
                        () -> sent(),
                        one -> !Instant.parse((String) one.get("endsAt")).isAfter(Instant.now()));
    }

    @Test
    void hears_nothing_of_muted_ones() {
        given().contentType("application/json")
                .body(Map.of("until", Instant.now().plus(Duration.ofHours(2)).toString()))
                .put(INCIDENTS + "/{id}/mute", incident)
                .then()
                .statusCode(200);

        await().until(() -> sent() == null);
    }
}
