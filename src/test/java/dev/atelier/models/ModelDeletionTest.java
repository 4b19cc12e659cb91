package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.experiments.Purge;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A model that is deleted")
class ModelDeletionTest {

    @Inject Sql sql;
    @Inject Event<Purge.Due> due;

    private Person owner;
    private String model;
    private String digest;

    @BeforeEach
    void begins_with_two_versions() throws IOException, InterruptedException {
        owner = Person.named("owner").with("ml-engineer");
        model = "gone-" + UUID.randomUUID().toString().substring(0, 8);
        for (int i = 1; i <= 2; i++) {
            Bundle.of("model.onnx", Onnx.identity(model + i))
                    .text("parameters", "{\"owner\": \"%s\"}".formatted(owner.ref()))
                    .post(model);
        }
        digest = given().get("/api/v1/models/" + model + "/versions/2").path("digest");
        given().contentType(ContentType.JSON)
                .body(Map.of("version", 2))
                .put("/api/v1/models/" + model + "/aliases/champion")
                .then()
                .statusCode(200);
    }

    private void delete() {
        owner.asks().delete("/api/v1/models/" + model).then().statusCode(204);
    }

    private String id() {
        return owner.asks()
                .get("/api/v1/deleted-models")
                .then()
                .statusCode(200)
                .body("", hasSize(1))
                .extract()
                .path("[0].id");
    }

    @Test
    void is_found_nowhere() {
        given().get("/v2/models/" + model).then().statusCode(200);

        delete();

        for (var address :
                new String[] {
                    "/api/v1/models/" + model,
                    "/api/v1/models/" + model + "/versions/2",
                    "/api/v1/models/" + model + "/versions/champion",
                    "/models/" + model,
                    "/models/" + model + "/versions",
                    "/v2/models/" + model + "/versions/2",
                    "/api/2.0/mlflow/registered-models/get?name=" + model,
                    "/api/2.0/mlflow/model-versions/get?version=2&name=" + model,
                    "/api/catalog/entities/by-name/model/default/" + model,
                    // What its row is called while it can be restored.
                    "/api/v1/models/" + id(),
                    "/api/v1/models/" + id() + "/versions/2",
                    "/api/v1/models/" + id() + "/versions/champion",
                }) {
            given().get(address).then().statusCode(404);
        }
        given().get("/api/v1/models").then().body("name", not(hasItem(model)));
        given().get("/api/2.0/mlflow/registered-models/search")
                .then()
                .body("registered_models.name", not(hasItem(model)));
        given().get("/api/2.0/mlflow/model-versions/search?filter=name='" + model + "'")
                .then()
                .body("model_versions", hasSize(0));
    }

    @Test
    void comes_back_as_it_was() {
        owner.asks().delete("/api/v1/models/" + model + "/versions/1").then().statusCode(204);
        delete();

        owner.asks()
                .post("/api/v1/deleted-models/" + id() + "/restoration")
                .then()
                .statusCode(200)
                .body("name", equalTo(model))
                .body("aliases.champion", equalTo(2));

        given().get("/api/v1/models/" + model + "/versions/champion")
                .then()
                .statusCode(200)
                .body("digest", equalTo(digest));
        // Deleted before, by itself: it stays so.
        given().get("/api/v1/models/" + model + "/versions/1").then().statusCode(404);
        owner.asks()
                .post("/api/v1/models/" + model + "/versions/1/restoration")
                .then()
                .statusCode(200);
        given().get("/api/catalog/entities/by-name/model/default/" + model).then().statusCode(200);
        owner.asks().get("/api/v1/deleted-models").then().body("", hasSize(0));
    }

    @Test
    void frees_its_name_for_another_that_has_nothing_of_it()
            throws IOException, InterruptedException {
        owner.asks()
                .contentType(ContentType.JSON)
                .get("/api/v1/models/" + model + "/versions/2")
                .then()
                .statusCode(200);
        sql.update(
                """
                insert into resource_grant (resource, holder, permission, granted_by)
                values (?, 'user:default/somebody', 'model:alias', 'test')
                """,
                "model:default/" + model);
        delete();

        Bundle.of("model.onnx", Onnx.identity("another")).post(model);

        given().get("/api/v1/models/" + model + "/versions/1")
                .then()
                .statusCode(200)
                .body("digest", not(equalTo(digest)));
        given().get("/api/v1/models/" + model + "/versions/2").then().statusCode(404);
        given().get("/api/v1/models/" + model + "/aliases").then().body("", equalTo(Map.of()));
        assertThat(
                        sql.list(
                                "select 1 from resource_grant where resource = ?",
                                row -> 1,
                                "model:default/" + model))
                .isEmpty();
        owner.asks()
                .post("/api/v1/deleted-models/" + id() + "/restoration")
                .then()
                .statusCode(409)
                .body("detail", containsString("another model"));
    }

    @Test
    void can_be_registered_deleted_and_registered_again() throws IOException, InterruptedException {
        for (int i = 0; i < 3; i++) {
            delete();
            Bundle.of("model.onnx", Onnx.identity("again" + i))
                    .text("parameters", "{\"owner\": \"%s\"}".formatted(owner.ref()))
                    .post(model);
            given().get("/api/v1/models/" + model + "/versions")
                    .then()
                    .body("version", equalTo(List.of(1)));
        }
        owner.asks().get("/api/v1/deleted-models").then().body("", hasSize(3));
    }

    @Test
    void is_deleted_and_restored_by_whoever_may_register_its_versions() {
        var stranger = Person.named("stranger").with("ml-engineer");
        stranger.asks().delete("/api/v1/models/" + model).then().statusCode(403);
        given().noFilters().delete("/api/v1/models/" + model).then().statusCode(401);
        var scientist = Person.named("scientist").with("data-scientist");
        scientist.asks().delete("/api/v1/models/" + model).then().statusCode(403);

        delete();

        stranger.asks().get("/api/v1/deleted-models").then().body("", hasSize(0));
        stranger.asks()
                .post("/api/v1/deleted-models/" + id() + "/restoration")
                .then()
                .statusCode(404);
    }

    @Test
    void is_gone_for_good_once_its_time_is_over() throws IOException, InterruptedException {
        delete();
        var id = id();
        sql.update(
                """
                insert into serving_traffic (model, version, minute, outcomes, latency)
                values (?, 1, date_trunc('minute', now()), '{1}', '{1}')
                """,
                id);

        due.fire(new Purge.Due(Instant.now().plusSeconds(60)));

        owner.asks().post("/api/v1/deleted-models/" + id + "/restoration").then().statusCode(404);
        for (var table :
                new String[] {
                    "model_version", "model_version_file", "model_alias", "serving_traffic"
                }) {
            assertThat(sql.list("select 1 from %s where model = ?".formatted(table), row -> 1, id))
                    .as(table)
                    .isEmpty();
        }
        assertThat(
                        sql.list(
                                "select action from audit_event where resource = ?",
                                row -> row.getString(1),
                                "model:default/" + model))
                .contains("model.delete", "model.purge");
    }

    @Test
    void asks_for_its_name_on_the_page() {
        var page = owner.asks().accept("text/html").get("/models/" + model + "/settings");
        assertThat(page.asString()).contains("Its 2 versions go with it").contains("champion");

        owner.asks()
                .header("Sec-Fetch-Site", "same-origin")
                .formParam("typed", "another")
                .post("/models/" + model + "/deletion")
                .then()
                .statusCode(422);
        given().get("/api/v1/models/" + model).then().statusCode(200);
        owner.asks()
                .header("Sec-Fetch-Site", "same-origin")
                .formParam("typed", model)
                .post("/models/" + model + "/deletion")
                .then()
                .statusCode(303);
        assertThat(owner.asks().accept("text/html").get("/deleted-models").asString())
                .contains(model)
                .contains("Restore");
    }
}
