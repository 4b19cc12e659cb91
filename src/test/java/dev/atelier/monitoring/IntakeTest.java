package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("What a model was asked and answered")
class IntakeTest {

    private static final String API = "/api/v1/monitoring/{model}/1/";

    @Inject Sql sql;

    private final String model = "watched-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(7);

    @BeforeEach
    void there_is_a_version() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
    }

    /** A row with a normal number, a category and an output. */
    private Map<String, Object> row(double shift, Instant at) {
        var inputs = new HashMap<String, Object>();
        inputs.put("size", random.nextGaussian() + shift);
        inputs.put("colour", random.nextInt(3) == 0 ? "red" : "blue");
        return Map.of(
                "timestamp",
                at.toString(),
                "inputs",
                inputs,
                "outputs",
                Map.of("score", random.nextDouble()));
    }

    private List<Map<String, Object>> rows(int count, double shift, Instant at) {
        return IntStream.range(0, count).mapToObj(_ -> row(shift, at)).toList();
    }

    private ValidatableResponse send(String batch, List<?> rows) {
        return given().contentType("application/json")
                .body(Map.of("batch", batch, "rows", rows))
                .post(API + "rows", model)
                .then();
    }

    private JsonPath reference(int rows) {
        var csv = new StringBuilder("size,colour,score\n");
        for (int i = 0; i < rows; i++) {
            csv.append(random.nextGaussian())
                    .append(random.nextInt(3) == 0 ? ",red," : ",blue,")
                    .append(random.nextDouble())
                    .append('\n');
        }
        return given().contentType("text/csv")
                .body(csv.toString())
                .put(API + "reference", model)
                .then()
                .statusCode(201)
                .extract()
                .jsonPath();
    }

    private JsonPath report() {
        return given().get(API + "report", model).then().statusCode(200).extract().jsonPath();
    }

    private static Map<String, Object> feature(JsonPath report, String name) {
        return report.getMap("features.find { it.name == '%s' }".formatted(name));
    }

    @Test
    void is_compared_with_a_reference() {
        var reference = reference(5_000);
        assertThat(reference.getString("hash")).matches("[0-9a-f]{64}");
        assertThat(reference.getLong("rows")).isEqualTo(5_000);

        send("one", rows(1_000, 0, Instant.now())).statusCode(202).body("counted", equalTo(1000));
        var same = report();
        assertThat(same.getLong("rows")).isEqualTo(1_000);
        assertThat(same.getDouble("coverage")).isEqualTo(1.0);
        assertThat(same.getString("reference.hash")).isEqualTo(reference.getString("hash"));
        assertThat(same.getList("features.state")).containsOnly("OK");
        assertThat(same.getList("features.name")).containsExactly("colour", "score", "size");
        assertThat(same.getList("features.kind"))
                .containsExactly("categorical", "numeric", "numeric");

        send("two", rows(9_000, 1, Instant.now())).statusCode(202);
        var shifted = feature(report(), "size");
        assertThat(shifted.get("state")).isEqualTo("DRIFT");
        assertThat((Float) shifted.get("psi")).isGreaterThan(0.25f);
        assertThat((Float) shifted.get("meanShift")).isCloseTo(0.9f, within(0.1f));
        assertThat(shifted.get("why").toString()).isNotBlank();
        assertThat(feature(report(), "colour").get("state")).isEqualTo("OK");

        var page =
                given().accept("text/html")
                        .get("/models/{model}/observability", model)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString();
        assertThat(page)
                .contains("1 of 3 columns have moved away from the reference.", "Moved", "Steady")
                .contains("10,000 rows beside the reference of 5,000 rows");
    }

    @Test
    void becomes_the_reference_when_there_is_none() {
        given().get(API + "reference", model).then().statusCode(404);
        send("one", rows(600, 0, Instant.now()))
                .statusCode(202)
                .body("counted", equalTo(0))
                .body("waiting", equalTo(600));
        assertThat(report().getString("note")).startsWith("There is no reference yet.");

        send("two", rows(600, 0, Instant.now())).statusCode(202).body("counted", equalTo(600));

        var report = report();
        assertThat(report.getString("reference.source")).isEqualTo("PRODUCTION");
        assertThat(report.getLong("reference.rows")).isEqualTo(1_200);
        assertThat(report.getString("note")).contains("first 1,200 rows", "not training data");
        assertThat(report.getLong("rows")).isEqualTo(1_200);
        assertThat(feature(report, "score").get("role")).isEqualTo("output");
        assertThat(feature(report, "size").get("role")).isEqualTo("input");
        long kept =
                sql.one(
                        "select count(*) from monitoring_early where model = ?",
                        row -> row.getLong(1),
                        model);
        assertThat(kept).as("rows that were counted are not kept").isZero();
    }

    @Test
    void that_came_early_is_counted_once_a_reference_is_given() {
        send("one", rows(400, 0, Instant.now())).statusCode(202);

        reference(2_000);

        assertThat(report().getLong("rows")).isEqualTo(400);
    }

    @Test
    void is_counted_once_however_often_its_batch_comes() throws Exception {
        reference(1_000);
        var rows = rows(400, 0, Instant.now());

        try (var pool = Executors.newFixedThreadPool(6)) {
            var calls = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 6; i++) {
                calls.add(() -> send("same", rows).statusCode(202).extract().path("counted"));
            }
            int counted = 0;
            for (var answer : pool.invokeAll(calls)) {
                counted += answer.get();
            }
            assertThat(counted).isEqualTo(400);
        }

        send("same", rows).statusCode(202).body("repeated", equalTo(true));
        assertThat(report().getLong("rows")).isEqualTo(400);
    }

    @Test
    void adds_up_when_many_send_at_once() throws Exception {
        reference(1_000);
        var now = Instant.now();
        var batches = new ArrayList<List<Map<String, Object>>>();
        for (int i = 0; i < 24; i++) {
            var mixed = new ArrayList<>(rows(20, 0, now));
            mixed.addAll(rows(20, 0, now.minus(1 + i % 5, ChronoUnit.HOURS)));
            batches.add(mixed);
        }

        try (var pool = Executors.newFixedThreadPool(8)) {
            var calls = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < batches.size(); i++) {
                var name = "batch-" + i;
                var rows = batches.get(i);
                calls.add(() -> send(name, rows).extract().statusCode());
            }
            for (var answer : pool.invokeAll(calls)) {
                assertThat(answer.get()).isEqualTo(202);
            }
        }

        assertThat(report().getLong("rows")).isEqualTo(24 * 40);
        assertThat(((Number) feature(report(), "size").get("n")).longValue()).isEqualTo(24 * 40);
    }

    @Test
    void has_a_place_whatever_is_in_it() {
        reference(2_000);
        var odd = new HashMap<String, Object>();
        odd.put("size", "large");
        odd.put("colour", 7);
        odd.put("unknown", 1);
        var huge = Map.of("size", 1e308, "colour", "x".repeat(5_000));
        var nested = Map.of("size", List.of(1, 2), "colour", Map.of("a", 1));
        var none = new HashMap<String, Object>();
        none.put("size", null);

        send(
                        "odd",
                        List.of(
                                Map.of("inputs", odd),
                                Map.of("inputs", huge),
                                Map.of("inputs", nested),
                                Map.of("inputs", none, "outputs", Map.of("score", -1e-320))))
                .statusCode(202)
                .body("counted", equalTo(4));

        var report = report();
        var size = feature(report, "size");
        assertThat(size.get("wrongType")).isEqualTo(2);
        assertThat(size.get("missing")).isEqualTo(1);
        assertThat(size.get("outOfRange")).isEqualTo(1);
        assertThat(size.get("state")).isEqualTo("INSUFFICIENT");
        var colour = feature(report, "colour");
        assertThat(colour.get("wrongType")).isEqualTo(2);
        assertThat(colour.get("newCategories")).isEqualTo(1);
        assertThat(colour.get("missing")).isEqualTo(1);
        assertThat(report.getList("features.name")).doesNotContain("unknown");
    }

    @Test
    void lowers_the_coverage_where_it_cannot_be_counted() {
        reference(1_000);

        send(
                        "clocks",
                        List.of(
                                row(0, Instant.now()),
                                row(0, Instant.now().plus(2, ChronoUnit.DAYS)),
                                row(0, Instant.now().minus(900, ChronoUnit.DAYS)),
                                Map.of("timestamp", "yesterday", "inputs", Map.of("size", 1)),
                                "nothing"))
                .statusCode(202)
                .body("counted", equalTo(1))
                .body("lost", equalTo(4))
                .body("left.find { it.index == 1 }.reason", startsWith("It is from the future"))
                .body("left.reason", hasItem(containsString("It is older than 400 days.")))
                .body("left.reason", hasItem("It is no JSON object."));

        assertThat(report().getDouble("coverage")).isEqualTo(0.2, within(1e-9));
    }

    @Test
    void is_kept_apart_by_site_and_by_reference() {
        reference(1_000);
        given().contentType("application/json")
                .body(Map.of("batch", "a", "site", "plant", "rows", rows(30, 0, Instant.now())))
                .post(API + "rows", model)
                .then()
                .statusCode(202);
        send("a", rows(20, 0, Instant.now())).statusCode(202).body("counted", equalTo(20));

        given().queryParam("site", "plant")
                .get(API + "report", model)
                .then()
                .body("rows", equalTo(30));
        assertThat(report().getLong("rows")).isEqualTo(50);

        reference(1_500);
        assertThat(report().getLong("rows")).isZero();
        assertThat(report().getLong("otherRows")).isEqualTo(50);
        send("b", rows(10, 0, Instant.now()));
        assertThat(report().getLong("rows")).isEqualTo(10);
    }

    @Test
    void is_sent_by_those_who_may() {
        reference(1_000);
        var viewer = Person.named("looks").with("viewer");

        viewer.asks().get(API + "report", model).then().statusCode(200);
        viewer.asks()
                .contentType("application/json")
                .body(Map.of("batch", "x", "rows", rows(1, 0, Instant.now())))
                .post(API + "rows", model)
                .then()
                .statusCode(403);
        viewer.asks()
                .contentType("text/csv")
                .body("a\n1\n")
                .put(API + "reference", model)
                .then()
                .statusCode(403);
        given().get("/api/v1/monitoring/nothing-here/1/report").then().statusCode(404);
    }

    @Test
    void is_refused_with_a_sentence_when_it_is_no_batch() {
        send("", List.of()).statusCode(400).body("detail", containsString("batch is a text"));
        given().contentType("application/json")
                .body("{\"batch\": \"x\", \"rows\": 3}")
                .post(API + "rows", model)
                .then()
                .statusCode(400)
                .body("detail", containsString("\"rows\""));
        given().contentType("application/json")
                .body("{\"batch\": ")
                .post(API + "rows", model)
                .then()
                .statusCode(400)
                .body("detail", containsString("no JSON"));
        given().contentType("text/csv")
                .body("a,a2\n")
                .put(API + "reference", model)
                .then()
                .statusCode(400)
                .body("detail", containsString("no row"));
        given().queryParam("from", "2026-13-01").get(API + "report", model).then().statusCode(400);
    }
}
