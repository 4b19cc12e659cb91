package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import dev.atelier.TestDatabase;
import dev.atelier.experiments.Purge;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A version that is deleted")
class DeletionTest {

    @Inject Sql sql;
    @Inject Deletion deletion;

    private String model;

    @BeforeEach
    void begins_with_two_versions() throws IOException, InterruptedException {
        model = "deleted-" + UUID.randomUUID().toString().substring(0, 8);
        for (int i = 1; i <= 2; i++) {
            Bundle.of("model.onnx", Onnx.identity("d" + i))
                    .text("card", "# Card " + model + " " + i)
                    .post(model);
        }
    }

    private String versions(String rest) {
        return "/api/v1/models/" + model + "/versions" + rest;
    }

    private void delete(int version) {
        given().delete(versions("/" + version)).then().statusCode(204);
    }

    @Test
    void is_found_nowhere() {
        delete(2);

        given().get(versions("/2")).then().statusCode(404);
        given().get(versions("")).then().body("version", hasSize(1));
        given().get("/v2/models/" + model + "/versions/2").then().statusCode(404);
        given().get("/api/2.0/mlflow/model-versions/get?name=" + model + "&version=2")
                .then()
                .statusCode(404)
                .body("error_code", equalTo("RESOURCE_DOES_NOT_EXIST"));
        assertThat(given().accept("text/html").get("/models/" + model + "/versions").asString())
                .contains("Restore");
    }

    @Test
    void comes_back_as_it_was() {
        String digest = given().get(versions("/2")).path("digest");
        delete(2);

        given().post(versions("/2/restoration")).then().statusCode(200);

        given().get(versions("/2"))
                .then()
                .statusCode(200)
                .body("digest", equalTo(digest))
                .body("state", equalTo("READY"));
        given().post(versions("/2/restoration")).then().statusCode(404);
    }

    @Test
    void never_gives_its_number_away() throws IOException, InterruptedException {
        delete(2);

        Bundle.of("model.onnx", Onnx.identity("d3")).text("card", "# Third").post(model);

        given().get(versions("/3")).then().statusCode(200);
        given().get(versions("/2")).then().statusCode(404);
    }

    @Test
    void must_not_be_what_an_alias_names() {
        given().contentType("application/json")
                .body(Map.of("version", 1))
                .put("/api/v1/models/" + model + "/aliases/champion")
                .then()
                .statusCode(200);

        given().delete(versions("/1"))
                .then()
                .statusCode(409)
                .body("detail", containsString("champion"));
    }

    @Test
    void is_gone_with_its_files_when_its_time_is_over() {
        delete(2);
        deletion.purge(new Purge.Due(Instant.now().minusSeconds(3_600)));
        assertThat(rows("model_version_file")).isPositive();

        deletion.purge(new Purge.Due(Instant.now().plusSeconds(1)));

        assertThat(rows("model_version_file")).isZero();
        assertThat(rows("model_version_manifest")).isZero();
        given().get(versions("")).then().statusCode(200).body("version", hasSize(1));
        assertThat(given().accept("text/html").get("/models/" + model + "/versions").asString())
                .contains("1 version<")
                .doesNotContain("Restore");
        given().post(versions("/2/restoration")).then().statusCode(404);
        given().get(versions("/1")).then().statusCode(200);
    }

    private int rows(String table) {
        return sql.one(
                "select count(*) from " + table + " where model = ? and number = 2",
                row -> row.getInt(1),
                model);
    }
}
