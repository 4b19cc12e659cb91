package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An incident")
class IncidentsTest {

    private static final String API = "/api/v1/monitoring/{model}/1/";
    private static final String INCIDENTS = "/api/v1/monitoring/incidents";
    private static final int HOURLY = 400;

    @Inject Watchman watchman;
    @Inject Sql sql;

    private final String model = "troubled-" + UUID.randomUUID().toString().substring(0, 8);
    private final Random random = new Random(11);
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.HOURS);

    @BeforeEach
    void there_is_a_version_with_a_reference() {
        given().multiPart("file", "weights.txt", ("of " + model).getBytes())
                .multiPart("card", "# Served elsewhere")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 3_000; i++) {
            rows.add(inputs(0, 0));
        }
        rows.forEach(row -> row.put("score", random.nextDouble()));
        given().contentType("application/json")
                .body(Map.of("rows", rows, "outputs", List.of("score")))
                .put(API + "reference", model)
                .then()
                .statusCode(201);
    }

    private Map<String, Object> inputs(double shift, double missing) {
        var inputs = new HashMap<String, Object>();
        inputs.put("size", 10 + 2 * random.nextGaussian() + shift);
        inputs.put("weight", random.nextDouble() < missing ? null : random.nextGaussian());
        inputs.put("colour", random.nextInt(3) == 0 ? "red" : "blue");
        return inputs;
    }

    /** An hour of a site, so many hours ago. */
    private void hour(String site, int ago, double shift, double missing) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < HOURLY; i++) {
            rows.add(
                    Map.of(
                            "timestamp",
                            now.minus(ago, ChronoUnit.HOURS).plusSeconds(i).toString(),
                            "inputs",
                            inputs(shift, missing),
                            "outputs",
                            Map.of("score", random.nextDouble())));
        }
        given().contentType("application/json")
                .body(Map.of("batch", UUID.randomUUID().toString(), "site", site, "rows", rows))
                .post(API + "rows", model)
                .then()
                .statusCode(202);
        watchman.round();
    }

    private void calm(String site, int ago) {
        hour(site, ago, 0, 0);
    }

    private void shifted(String site, int ago) {
        hour(site, ago, 3, 0);
    }

    private JsonPath list(String state) {
        return given().queryParam("model", model)
                .queryParam("state", state)
                .get(INCIDENTS)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private long only() {
        var open = list("open");
        assertThat(open.getList("incidents")).hasSize(1);
        return open.getLong("incidents[0].id");
    }

    private void act(String what, Map<String, ?> body, int status) {
        var request = given().contentType("application/json").body(body);
        (what.equals("mute") || what.equals("assignee")
                        ? request.put(INCIDENTS + "/{id}/" + what, only())
                        : request.post(INCIDENTS + "/{id}/" + what, only()))
                .then()
                .statusCode(status);
    }

    @Test
    void is_not_there_while_nothing_has_changed() {
        for (int ago = 9; ago > 0; ago--) {
            calm("hub", ago);
        }

        assertThat(list("").getList("incidents")).isEmpty();
    }

    @Test
    void opens_with_the_first_window_that_has_drifted_and_says_why() {
        calm("hub", 5);
        shifted("hub", 4);

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("model", equalTo(model))
                .body("kind", equalTo("drift"))
                .body("severity", equalTo("warning"))
                .body("state", equalTo("open"))
                .body("title", equalTo("size has drifted"))
                .body("cause", containsString("size is higher: its mean is 13"))
                .body("cause", containsString("One input alone"))
                .body("since", equalTo(now.minus(4, ChronoUnit.HOURS).toString()))
                .body("sites.site", equalTo(List.of("hub")))
                .body("sites[0].columns", equalTo(List.of("size")));
    }

    @Test
    void stays_one_while_it_lasts_and_ends_after_three_quiet_windows() {
        calm("hub", 9);
        for (int ago = 8; ago > 5; ago--) {
            shifted("hub", ago);
        }
        calm("hub", 5);
        calm("hub", 4);
        assertThat(only()).isPositive();
        calm("hub", 3);

        assertThat(list("open").getList("incidents")).isEmpty();
        var closed = list("closed");
        assertThat(closed.getList("incidents")).hasSize(1);
        assertThat(closed.getString("incidents[0].closedAt")).isNotNull();
    }

    @Test
    void is_the_same_whatever_order_the_hours_came_in() {
        for (int ago : new int[] {3, 8, 5, 9, 4, 7, 6}) {
            if (ago <= 6) {
                shifted("hub", ago);
            } else {
                calm("hub", ago);
            }
        }

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("sites[0].columns", equalTo(List.of("size")));
        var starts =
                sql.list(
                        "select drift from monitoring_score where model = ? order by start",
                        row -> row.getString(1),
                        model);
        assertThat(starts).hasSize(7);
        assertThat(starts.subList(0, 2)).allMatch(one -> !one.contains("D"));
        assertThat(starts.subList(3, 7)).allMatch(one -> one.contains("D"));
    }

    @Test
    void is_another_one_for_what_is_missing() {
        calm("hub", 5);
        hour("hub", 4, 0, 0.6);

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("kind", equalTo("data"))
                .body("severity", equalTo("critical"))
                .body("title", equalTo("weight comes unusable or strange"))
                .body("cause", containsString("values are missing, 0.0 % in the reference"));
    }

    @Test
    void says_which_sites_it_is_about_and_grows_with_them() {
        for (var site : List.of("hub", "north", "south", "west", "east")) {
            calm(site, 6);
        }
        shifted("north", 5);
        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("severity", equalTo("warning"))
                .body("title", equalTo("size has drifted at north"))
                .body("cause", containsString("Likely a change at north: the other 4 sites send"));

        shifted("south", 5);
        shifted("west", 5);

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("severity", equalTo("critical"))
                .body("title", equalTo("size has drifted at 3 of 5 sites"))
                .body("sites", hasSize(3));
    }

    @Test
    void is_named_on_the_models_page_where_sites_can_be_looked_at_by_themselves() {
        for (var site : List.of("hub", "north")) {
            calm(site, 6);
        }
        shifted("north", 5);
        var path = "/models/" + model + "/observability";

        var page = Jsoup.parse(given().get(path).body().asString());
        assertThat(page.select(".note a").text()).contains("size has drifted at north");
        assertThat(page.select("select[name=site] option").eachText())
                .containsExactly("all", "hub", "north");
        assertThat(page.select("#dr").parents().select("p").text()).contains("1,200 rows");
        var north = Jsoup.parse(given().queryParam("site", "north").get(path).body().asString());
        assertThat(north.select("#dr").parents().select("p").text()).contains("north, 800 rows");
        assertThat(north.select("#panels").attr("hx-get")).endsWith("&site=north");
        given().queryParam("site", "no such & site").get(path).then().statusCode(200);
    }

    @Test
    void that_was_closed_opens_again_with_a_later_bad_window_only() {
        calm("hub", 9);
        shifted("hub", 8);
        act("closure", Map.of("reason", "A test of the sensor"), 200);
        assertThat(list("open").getList("incidents")).isEmpty();
        calm("hub", 10);
        assertThat(list("open").getList("incidents")).as("judged again").isEmpty();

        shifted("hub", 6);

        assertThat(list("open").getList("incidents")).hasSize(1);
        assertThat(list("closed").getList("incidents")).hasSize(1);
    }

    @Test
    void that_was_accepted_is_the_new_normal_of_that_column() {
        calm("hub", 9);
        shifted("hub", 8);
        act("acceptance", Map.of("reason", ""), 400);
        act("acceptance", Map.of("reason", "We sell larger ones now"), 200);
        for (int ago = 7; ago > 3; ago--) {
            shifted("hub", ago);
        }
        assertThat(list("open").getList("incidents")).isEmpty();

        calm("hub", 2);

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("cause", containsString("size is lower"));
    }

    @Test
    void is_acknowledged_assigned_muted_and_noted() {
        var ines = Person.named("ines").with("ml-engineer");
        calm("hub", 9);
        shifted("hub", 8);

        act("acknowledgement", Map.of(), 200);
        act("assignee", Map.of("assignee", ines.name()), 200);
        act("assignee", Map.of("assignee", "nobody-of-that-name"), 400);
        act("mute", Map.of("until", now.minus(Duration.ofDays(1)).toString()), 400);
        act("mute", Map.of("until", now.plus(Duration.ofDays(1)).toString()), 200);
        act("notes", Map.of("text", "Asked the <b>site</b>"), 200);

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("assignee", equalTo("user:default/" + ines.name()));
        var page = Jsoup.parse(given().get("/incidents/{id}", only()).body().asString());
        assertThat(page.select(".timeline").text())
                .contains("acknowledged it", "Asked the <b>site</b>", "opened it");
        assertThat(page.select("h1").text()).isEqualTo("size has drifted");
        var told =
                sql.list(
                        "select text from notification where account = ? and topic = 'incident'",
                        row -> row.getString(1),
                        ines.name());
        assertThat(told)
                .containsExactly(
                        "You are asked to look after: size has drifted of %s version 1"
                                .formatted(model));
    }

    @Test
    void is_looked_at_by_viewers_and_handled_by_owners_only() {
        var viewer = Person.named("looks").with("viewer");
        calm("hub", 9);
        shifted("hub", 8);
        long id = only();

        viewer.asks().get(INCIDENTS + "/{id}", id).then().statusCode(200);
        viewer.asks()
                .contentType("application/json")
                .body(Map.of())
                .post(INCIDENTS + "/{id}/closure", id)
                .then()
                .statusCode(403);
        given().get(INCIDENTS + "/{id}", 999_999_999).then().statusCode(404);
        given().get("/incidents/{id}", 999_999_999).then().statusCode(404);
        given().queryParam("state", "sometimes").get(INCIDENTS).then().statusCode(400);
        given().queryParam("model", "no-such-model")
                .get(INCIDENTS)
                .then()
                .body("incidents", empty());
    }

    @Test
    void is_about_enough_rows_however_few_came_at_once() {
        calm("hub", 30);
        for (int ago = 20; ago > 1; ago--) {
            var rows = new ArrayList<Map<String, Object>>();
            for (int i = 0; i < 40; i++) {
                rows.add(
                        Map.of(
                                "timestamp",
                                now.minus(ago, ChronoUnit.HOURS).plusSeconds(i).toString(),
                                "inputs",
                                inputs(3, 0),
                                "outputs",
                                Map.of("score", random.nextDouble())));
            }
            given().contentType("application/json")
                    .body(Map.of("batch", "few-" + ago, "rows", rows))
                    .post(API + "rows", model)
                    .then()
                    .statusCode(202);
        }
        watchman.round();

        given().get(INCIDENTS + "/{id}", only())
                .then()
                .body("since", equalTo(now.minus(20, ChronoUnit.HOURS).toString()));
        var rows =
                sql.list(
                        "select rows from monitoring_score where model = ? order by start",
                        row -> row.getLong(1),
                        model);
        assertThat(rows).startsWith((long) HOURLY, 320L, 320L);
    }
}
