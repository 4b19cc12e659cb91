package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A rule for incidents")
class RulesTest {

    private static final String API = "/api/v1/monitoring/rules/{model}";

    @Inject Watchman watchman;

    private final String model = "ruled-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(6);
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.HOURS);

    @BeforeEach
    void there_is_a_version_with_a_reference() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        given().contentType("application/json")
                .body(Map.of("rows", rows(1_000, 0, null)))
                .put("/api/v1/monitoring/{model}/1/reference", model)
                .then()
                .statusCode(201);
    }

    private List<Map<String, Object>> rows(int count, double shift, Instant at) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < count; i++) {
            Map<String, Object> values =
                    Map.of("size", random.nextGaussian() + shift, "age", random.nextDouble());
            rows.add(at == null ? values : Map.of("timestamp", at.toString(), "inputs", values));
        }
        return rows;
    }

    /**
     * An hour for each letter, the last one so many hours ago: {@code .} is calm, {@code x} is not.
     */
    private void came(String hours) {
        came(hours, 2);
    }

    private void came(String hours, int ago) {
        for (int i = 0; i < hours.length(); i++) {
            var at = now.minus(Duration.ofHours(hours.length() - 1L + ago - i));
            given().contentType("application/json")
                    .body(
                            Map.of(
                                    "batch",
                                    at.toString(),
                                    "rows",
                                    rows(320, hours.charAt(i) == 'x' ? 3 : 0, at)))
                    .post("/api/v1/monitoring/{model}/1/rows", model)
                    .then()
                    .statusCode(202);
        }
        watchman.round();
    }

    private ValidatableResponse put(Map<String, ?> rules, boolean dry) {
        return given().contentType("application/json")
                .body(rules)
                .queryParam("dry", dry)
                .put(API, model)
                .then();
    }

    private int incidents() {
        return given().queryParam("model", model)
                .get("/api/v1/monitoring/incidents")
                .jsonPath()
                .getList("incidents")
                .size();
    }

    @Test
    void is_tried_on_the_windows_of_the_past_before_it_is_saved() {
        came("..x...xx...x.x...");

        put(Map.of(), true)
                .statusCode(200)
                .body("tested.times", equalTo(3))
                .body("tested.windows", equalTo(17))
                .body("tested.byKind.DRIFT", equalTo(3))
                .body(
                        "tested.finding",
                        equalTo(
                                "Would have fired 3 times in 30 days, in 17 windows: 3 of input drift."))
                .body("saved", equalTo(false));
        put(Map.of("inARow", 2), true).body("tested.times", equalTo(1));
        put(Map.of("quiet", 1), true).body("tested.times", equalTo(4));
        put(Map.of("columns", 2), true)
                .body("tested.finding", containsString("Would have fired never"));
        put(Map.of("ignored", List.of("size")), true).body("tested.times", equalTo(0));
        put(Map.of("off", List.of("drift")), true).body("tested.times", equalTo(0));
        given().get(API, model).then().body("rules.inARow", equalTo(1));
    }

    @Test
    void holds_from_the_next_window_on() {
        put(Map.of("inARow", 2), false).statusCode(200).body("saved", equalTo(true));

        came("..x.", 8);
        assertThat(incidents()).isZero();
        came("..xx", 2);

        assertThat(incidents()).isOne();
    }

    @Test
    void is_refused_when_it_cannot_be() {
        put(Map.of("columns", 0), false)
                .statusCode(400)
                .body("detail", containsString("cannot be"));
        put(Map.of("quiet", 1_000), false).statusCode(400);
        put(Map.of("off", List.of("everything")), false).statusCode(400);
        given().contentType("application/json")
                .body("{\"quiet\":")
                .put(API, model)
                .then()
                .statusCode(400);
        given().get(API, "no-such-model").then().statusCode(404);
    }

    @Test
    void is_changed_in_the_page_by_those_who_may() {
        var viewer = Person.named("looks").with("viewer");
        var path = "/models/" + model + "/observability/rules";

        var tried =
                given().formParam("kind", "drift")
                        .formParam("columns", 2)
                        .formParam("inARow", 1)
                        .formParam("quiet", 3)
                        .formParam("ignored", "age\n\n")
                        .post(path);
        assertThat(tried.statusCode()).isEqualTo(200);
        assertThat(page(tried.body().asString()).select("[role=status]").text())
                .contains("Nothing is saved yet");
        assertThat(value(given().get(path).body().asString(), "columns")).isEqualTo("1");

        given().formParam("kind", "drift")
                .formParam("columns", 2)
                .formParam("inARow", 1)
                .formParam("quiet", 3)
                .formParam("ignored", "age\n\n")
                .formParam("act", "save")
                .post(path)
                .then()
                .statusCode(200);

        assertThat(value(given().get(path).body().asString(), "columns")).isEqualTo("2");
        var seen = page(viewer.asks().get(path).body().asString());
        assertThat(seen.select("textarea").text()).isEqualTo("age");
        assertThat(seen.select("input[name=kind][checked]")).hasSize(1);
        assertThat(seen.select("button[name=act]")).isEmpty();
        viewer.asks().formParam("columns", 1).post(path).then().statusCode(403);
    }

    private static Document page(String html) {
        return Jsoup.parse(html);
    }

    private static String value(String html, String name) {
        return page(html).select("input[name=" + name + "]").attr("value");
    }
}
