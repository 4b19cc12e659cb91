package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A model that is renamed")
class RenamingTest {

    @Inject Sql sql;

    private String before;
    private String after;

    @BeforeEach
    void begins_with_a_model() throws IOException, InterruptedException {
        var some = UUID.randomUUID().toString().substring(0, 8);
        before = "Before-" + some;
        after = "after-" + some;
        Bundle.of("model.onnx", Onnx.identity("x")).text("card", "# Card").post(before);
    }

    private static String ref(String model) {
        return "model:default/" + model.toLowerCase(Locale.ROOT);
    }

    private void rename(String from, String to, int status) {
        given().contentType(ContentType.JSON)
                .body(Map.of("name", to))
                .put("/api/v1/models/" + from + "/name")
                .then()
                .statusCode(status);
    }

    private static void give(String model, String alias) {
        given().contentType(ContentType.JSON)
                .body(Map.of("version", 1))
                .put("/api/v1/models/" + model + "/aliases/" + alias)
                .then()
                .statusCode(200);
    }

    private static void served(String model, int status) {
        given().get("/v2/models/" + model).then().statusCode(status);
    }

    @Test
    void has_its_versions_aliases_and_entry_under_the_new_name() {
        give(before, "champion");
        String digest = given().get("/api/v1/models/" + before + "/versions/1").path("digest");

        rename(before, after, 200);

        given().get("/api/v1/models/" + after + "/versions/champion")
                .then()
                .statusCode(200)
                .body("digest", equalTo(digest));
        given().get("/api/v1/models/" + after + "/aliases/history")
                .then()
                .body("alias", hasItem("champion"));
        given().get("/api/v1/models/" + before).then().statusCode(404);
        given().get("/api/catalog/entities/by-name/model/default/" + after).then().statusCode(200);
        // Whoever publishes missing entries just then may have taken the old name for one.
        Awaitility.await()
                .untilAsserted(
                        () ->
                                given().get("/api/catalog/entities/by-name/model/default/" + before)
                                        .then()
                                        .statusCode(404));
        served(after, 200);
        given().accept("text/html").get("/models/" + after).then().statusCode(200);
    }

    @Test
    void takes_stars_traffic_calls_and_grants_with_it() {
        var reader = Person.named("reader");
        sql.update("insert into star (account, ref) values (?, ?)", reader.name(), ref(before));
        sql.update(
                """
                insert into resource_grant (resource, holder, permission, granted_by)
                values (?, 'user:default/somebody', 'model:read', 'test')
                """,
                ref(before));
        sql.update(
                """
                insert into serving_traffic (model, version, minute, outcomes, latency)
                values (?, 1, date_trunc('minute', now()), '{1}', '{1}')
                """,
                before);

        rename(before, after, 200);

        assertThat(
                        sql.list(
                                "select ref from star where account = ?",
                                row -> row.getString(1),
                                reader.name()))
                .containsExactly(ref(after));
        assertThat(
                        sql.list(
                                "select holder from resource_grant where resource = ?",
                                row -> row.getString(1),
                                ref(after)))
                .containsExactly("user:default/somebody");
        assertThat(sql.list("select 1 from serving_traffic where model = ?", row -> 1, after))
                .hasSize(1);
    }

    @Test
    void leads_people_on_from_links_to_its_old_name() {
        rename(before, after, 200);

        given().redirects()
                .follow(false)
                .accept("text/html")
                .get("/models/" + before + "/versions/1?against=1")
                .then()
                .statusCode(303)
                .header("Location", endsWith("/models/" + after + "/versions/1?against=1"));
        given().redirects().follow(false).get("/api/v1/models/" + before).then().statusCode(404);
        served(before, 404);
    }

    @Test
    void gives_its_old_name_to_the_next_model_without_what_it_had()
            throws IOException, InterruptedException {
        String digest = given().get("/api/v1/models/" + before + "/versions/1").path("digest");
        sql.update(
                """
                insert into resource_policy (resource, visibility, changed_by)
                values (?, 'restricted', 'test')
                """,
                ref(before));
        rename(before, after, 200);

        Bundle.of("model.onnx", Onnx.identity("another")).post(before);

        given().get("/api/v1/models/" + before + "/versions/1")
                .then()
                .statusCode(200)
                .body("digest", not(equalTo(digest)));
        given().get("/api/v1/models/" + before + "/aliases").then().body("", equalTo(Map.of()));
        given().redirects()
                .follow(false)
                .accept("text/html")
                .get("/models/" + before)
                .then()
                .statusCode(200);
        assertThat(
                        sql.list(
                                "select resource from resource_policy where resource = ?",
                                row -> row.getString(1),
                                ref(before)))
                .isEmpty();
    }

    @Test
    void keeps_a_name_that_no_address_can_have_as_its_title() {
        rename(before, "Ünser Modell " + after, 200);

        given().get("/api/2.0/mlflow/registered-models/get?name=Ünser Modell " + after)
                .then()
                .statusCode(200)
                .body("registered_model.name", equalTo("Ünser Modell " + after));
        given().get("/api/v1/models/unser-modell-" + after).then().statusCode(200);
    }

    @Test
    void may_change_nothing_but_its_case() {
        give(before, "champion");
        sql.update(
                """
                insert into resource_grant (resource, holder, permission, granted_by)
                values (?, 'user:default/somebody', 'model:read', 'test')
                """,
                ref(before));

        rename(before, before.toLowerCase(Locale.ROOT), 200);

        given().get("/api/v1/models/" + before)
                .then()
                .statusCode(200)
                .body("name", equalTo(before.toLowerCase(Locale.ROOT)))
                .body("aliases", hasKey("champion"));
        given().get("/api/catalog/entities/by-name/model/default/" + before)
                .then()
                .statusCode(200)
                .body("metadata.name", equalTo(before.toLowerCase(Locale.ROOT)));
        assertThat(
                        sql.list(
                                "select 1 from resource_grant where resource = ?",
                                row -> 1,
                                ref(before)))
                .hasSize(1);
    }

    @Test
    void cannot_take_the_name_of_another() throws IOException, InterruptedException {
        Bundle.of("model.onnx", Onnx.identity("y")).post(after);

        rename(before, after.toUpperCase(Locale.ROOT), 409);

        given().get("/api/v1/models/" + before).then().statusCode(200);
        given().contentType(ContentType.JSON)
                .body(Map.of("name", before, "new_name", after))
                .post("/api/2.0/mlflow/registered-models/rename")
                .then()
                .statusCode(400)
                .body("error_code", equalTo("RESOURCE_ALREADY_EXISTS"));
    }

    @Test
    void needs_a_name() {
        rename(before, " ", 400);
        rename(before, "x".repeat(257), 400);
        given().contentType(ContentType.JSON)
                .body("{}")
                .put("/api/v1/models/" + before + "/name")
                .then()
                .statusCode(400);
    }

    @Test
    void never_gets_the_address_of_the_form() {
        rename(before, "new", 200);

        given().get("/api/2.0/mlflow/registered-models/get?name=new")
                .then()
                .statusCode(200)
                .body("registered_model.name", equalTo("new"));
        given().get("/api/v1/models/new").then().statusCode(404);
        given().delete("/api/2.0/mlflow/registered-models/delete?name=new").then().statusCode(200);
    }

    @Test
    void is_told_in_the_audit_log_of_both_names() {
        rename(before, after, 200);

        for (var name : new String[] {before.toLowerCase(Locale.ROOT), after}) {
            assertThat(
                            sql.list(
                                    "select action from audit_event where resource = ?",
                                    row -> row.getString(1),
                                    ref(name)))
                    .contains("model.rename");
        }
    }

    @Test
    void needs_somebody_who_may_register_its_versions_and_move_its_aliases()
            throws IOException, InterruptedException {
        var scientist = Person.named("scientist").with("data-scientist");
        var own = "own-" + after;
        Bundle.of("model.onnx", Onnx.identity("own"))
                .text("parameters", "{\"owner\": \"%s\"}".formatted(scientist.ref()))
                .post(own);

        renameAs(scientist, before, 403);
        give(own, "champion");
        renameAs(scientist, own, 403);
        given().delete("/api/v1/models/" + own + "/aliases/champion").then().statusCode(200);
        renameAs(scientist, own, 200);
        given().noFilters()
                .contentType(ContentType.JSON)
                .body(Map.of("name", after))
                .put("/api/v1/models/" + before + "/name")
                .then()
                .statusCode(401);
    }

    private void renameAs(Person somebody, String model, int status) {
        somebody.asks()
                .contentType(ContentType.JSON)
                .body(Map.of("name", after))
                .put("/api/v1/models/" + model + "/name")
                .then()
                .statusCode(status);
    }
}
