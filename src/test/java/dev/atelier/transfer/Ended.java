package dev.atelier.transfer;

import static io.restassured.RestAssured.given;

import io.restassured.path.json.JsonPath;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** An import that has come to its end. */
final class Ended {

    private Ended() {}

    static JsonPath await(Object id) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () ->
                                List.of("done", "failed", "cancelled")
                                        .contains(get(id).getString("state")));
        return get(id);
    }

    static JsonPath get(Object id) {
        return given().get("/api/v1/imports/" + id)
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath();
    }

    /** Lines of what was left out. */
    static List<Map<String, Object>> left(Object id) {
        return given().get("/api/v1/imports/" + id + "/report?outcome=left")
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath()
                .getList("lines");
    }
}
