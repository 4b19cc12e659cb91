package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.models.VersionPurged;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import jakarta.enterprise.event.Event;
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
@DisplayName("What was counted long ago")
class RetentionTest {

    @Inject Retention retention;
    @Inject Watchman watchman;
    @Inject Sql sql;
    @Inject Event<VersionPurged> purged;

    private final String model = "kept-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(4);
    private final Instant day =
            Instant.now().minus(Duration.ofDays(10)).truncatedTo(ChronoUnit.DAYS);

    @BeforeEach
    void there_is_a_version_with_a_reference() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 1_000; i++) {
            rows.add(Map.of("size", random.nextGaussian()));
        }
        given().contentType("application/json")
                .body(Map.of("rows", rows))
                .put("/api/v1/monitoring/{model}/1/reference", model)
                .then()
                .statusCode(201);
    }

    private void came(String batch, int hour, int count) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < count; i++) {
            rows.add(
                    Map.of(
                            "timestamp",
                            day.plus(Duration.ofHours(hour)).plusSeconds(i).toString(),
                            "predictionId",
                            batch + i,
                            "inputs",
                            Map.of("size", random.nextGaussian() + 0.2)));
        }
        given().contentType("application/json")
                .body(Map.of("batch", batch, "rows", rows))
                .post("/api/v1/monitoring/{model}/1/rows", model)
                .then()
                .statusCode(202);
        watchman.round();
    }

    private JsonPath report() {
        return given().queryParam("from", day.toString())
                .queryParam("to", day.plus(Duration.ofDays(1)).toString())
                .get("/api/v1/monitoring/{model}/1/report", model)
                .jsonPath();
    }

    private List<Instant> of(String table) {
        return sql.list(
                "select start from %s where model = ? order by start".formatted(table),
                row -> Sql.instant(row, 1),
                model);
    }

    private long left(String table) {
        return sql.one(
                "select count(*) from %s where model = ?".formatted(table),
                row -> row.getLong(1),
                model);
    }

    @Test
    void is_put_together_by_days_and_comes_to_the_same() {
        came("a", 3, 400);
        came("b", 9, 350);
        came("c", 23, 300);
        var before = report();

        retention.sweep();

        assertThat(of("monitoring_window")).containsExactly(day);
        assertThat(of("monitoring_score")).as("what they came to is kept").hasSize(3);
        assertThat(report().getLong("rows")).isEqualTo(1_050);
        assertThat(report().getDouble("features[0].psi"))
                .isEqualTo(before.getDouble("features[0].psi"));
    }

    @Test
    void takes_late_rows_and_leaves_what_was_judged() {
        came("a", 3, 400);
        retention.sweep();
        var judged = of("monitoring_score");

        came("late", 2, 400);
        retention.sweep();

        assertThat(of("monitoring_window")).containsExactly(day);
        assertThat(report().getLong("rows")).isEqualTo(800);
        assertThat(of("monitoring_score")).isEqualTo(judged);
    }

    @Test
    void stays_by_the_hour_for_a_week() {
        var rows =
                List.of(
                        Map.of(
                                "timestamp",
                                Instant.now().minus(Duration.ofDays(5)).toString(),
                                "inputs",
                                Map.of("size", 1)));
        given().contentType("application/json")
                .body(Map.of("batch", "x", "rows", rows))
                .post("/api/v1/monitoring/{model}/1/rows", model)
                .then()
                .statusCode(202);

        retention.sweep();

        assertThat(of("monitoring_window"))
                .containsExactly(
                        Instant.now().minus(Duration.ofDays(5)).truncatedTo(ChronoUnit.HOURS));
    }

    @Test
    void is_forgotten_when_it_is_too_old() {
        came("a", 3, 400);
        sql.update(
                "update monitoring_window set start = start - interval '395 days' where model = ?",
                model);
        sql.update(
                "update monitoring_prediction set at = at - interval '395 days' where model = ?",
                model);
        sql.update(
                "update monitoring_batch set received_at = now() - interval '31 days' where model = ?",
                model);

        retention.sweep();

        assertThat(left("monitoring_window")).isZero();
        assertThat(left("monitoring_prediction")).isZero();
        assertThat(left("monitoring_batch")).isZero();
        assertThat(left("monitoring_score")).isOne();
    }

    @Test
    void goes_with_its_version() {
        came("a", 3, 400);

        purged.fire(new VersionPurged(model, 1));

        for (var table :
                sql.list(
                        """
                        select c.table_name from information_schema.columns c
                        join information_schema.columns v using (table_schema, table_name)
                        where c.table_name like 'monitoring\\_%' and c.column_name = 'model'
                          and v.column_name = 'version'
                        """,
                        row -> row.getString(1))) {
            assertThat(left(table)).as(table).isZero();
        }
    }
}
